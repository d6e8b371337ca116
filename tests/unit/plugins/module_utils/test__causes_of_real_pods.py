# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Faults of a real Milvus 2.3.5 on a real kubelet 1.37.2, as tests/real/test_faults.py has recorded them."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._causes import Cause, find_node_cause, find_pod_cause

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/real_faults"

Json = dict[str, t.Any]


def read(name: str) -> Json:
    found: Json = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def judge(recorded: Json, component: str) -> Cause:
    """Find the cause of the pod of a component as the module does, its node last."""
    (pod,) = (each for each in recorded["pods"] if f"-milvus-{component}-" in each["metadata"]["name"])
    name = pod["metadata"]["name"]
    events = [event for event in recorded["events"] if event["involvedObject"]["name"] == name]
    return find_pod_cause(pod, f"Deployment/my-release-milvus-{component}", events=events)


@pytest.mark.parametrize(
    ("name", "component", "kind", "words", "code"),
    [
        ("image-missing", "datacoord", "image-unreachable", "no such host", None),
        ("image-missing", "rootcoord", "image-unreachable", "no such host", None),
        ("crash-loop", "querynode", "crash-loop", "Error, exit code 127", 127),
        ("out-of-memory", "querynode", "out-of-memory", "OOMKilled, exit code 137", 137),
        ("configuration-wrong", "datacoord", "crash-loop", "Error, exit code 2", 2),
        ("configuration-wrong", "querynode", "crash-loop", "Error, exit code 2", 2),
        ("configuration-wrong", "proxy", "not-ready", "HTTP probe failed with statuscode: 500", None),
        ("secret-missing", "querynode", "configuration-missing", 'secret "nowhere" not found', None),
        ("too-big", "querynode", "unschedulable", "The pod requests 4Ti of memory.", None),
    ],
)
def test_a_pod_tells_why(name: str, component: str, kind: str, words: str, code: int | None) -> None:
    recorded = read(name)
    cause = judge(recorded, component)
    assert (cause.kind, cause.exit_code) == (kind, code)
    assert words in cause.message
    (node,) = recorded["nodes"]
    assert find_node_cause(node, cause) == cause


def test_a_pod_whose_kubelet_stands_still_tells_nothing_and_its_node_does() -> None:
    recorded = read("kubelet-stopped")
    (node,) = recorded["nodes"]
    cause = judge(recorded, "querynode")
    assert cause.kind == "starting"
    told = find_node_cause(node, cause)
    assert told.kind == "node-not-ready"
    assert told.message.startswith("node node-1 since 20")
    assert told.message.endswith("Z: Kubelet stopped posting node status.")
