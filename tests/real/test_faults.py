# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Upgrades that cannot succeed, of a Milvus that is searched: each ends with its cause, and the next one mends it.

What hits query nodes alone, no search notices.
"""

from __future__ import annotations

import json
import signal
import time
import typing as t
from pathlib import Path

import pytest

import evidence
from milvus_cluster import NAMESPACE, MilvusCluster, Searches, read_settings
from milvus_lab import real_faults
from milvus_lab.client import is_ready, wait_for

pytestmark = [pytest.mark.real, pytest.mark.soak]

Json = dict[str, t.Any]

LIMIT = "24Mi"


class Fault(t.NamedTuple):
    """Values that break an upgrade, and what the task says then, in this order.

    *hits_all*: every Milvus pod is made anew for it, and the chart has each coordinator end before the next one begins.
    """

    values: Json
    words: tuple[str, ...]
    hits_all: bool = False


def of_query_node(**values: t.Any) -> Json:
    return {"queryNode": values}


FAULTS = {
    "image-missing": Fault(
        {"image": {"all": {"tag": "v0"}}},
        ("the image cannot be pulled", "lab.invalid/milvus:v0", "no such host", "Check from a node that the registry"),
        hits_all=True,
    ),
    "crash-loop": Fault(
        of_query_node(extraEnv=[{"name": "LD_LIBRARY_PATH", "value": "/nowhere"}]),
        (
            "the container exits again and again",
            "exit code 127",
            "Last lines of its log:",
            "error while loading shared libraries",
        ),
    ),
    "out-of-memory": Fault(
        of_query_node(resources={"requests": {"memory": LIMIT}, "limits": {"memory": LIMIT}}),
        ("needs more memory than its limit", "OOMKilled, exit code 137", "Raise resources.limits.memory"),
    ),
    "configuration-wrong": Fault(
        {"extraConfigFiles": {"user.yaml": f"{read_settings()}mq: {{type: rocksmq}}\n"}},
        ("the container exits again and again", "exit code", "Last lines of its log:", "panic:", "standalone mode"),
        hits_all=True,
    ),
    "secret-missing": Fault(
        of_query_node(extraEnv=[{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "nowhere", "key": "t"}}}]),
        ("a ConfigMap, Secret or key is missing", 'secret "nowhere" not found', "Create what the message names"),
    ),
    "too-big": Fault(
        of_query_node(resources={"requests": {"memory": "4Ti"}}),
        ("no node can take the pods", "Insufficient memory", "requests 4Ti of memory", "Add nodes that fit"),
    ),
}


@pytest.fixture(scope="module")
def searches(cluster: MilvusCluster, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Searches]:
    """One worker of each type, and searches all the while."""
    cluster.reset()
    with cluster.searched(tmp_path_factory.mktemp("searches")) as searches:
        yield searches


def check_order(said: str, words: t.Iterable[str]) -> None:
    """Check that the words are in what is said, one after the other."""
    place = 0
    for each in words:
        assert each in said[place:], said
        place = said.index(each, place)


@pytest.mark.parametrize("name", FAULTS)
def test_an_upgrade_that_cannot_succeed_says_why_and_the_next_one_mends_it(
    cluster: MilvusCluster, searches: Searches, name: str, tmp_path: Path
) -> None:
    fault, known, began = FAULTS[name], cluster.find_pods(), time.time()
    values = tmp_path / "values.yaml"
    values.write_text(json.dumps(fault.values), encoding="utf-8")
    with evidence.recorded(cluster.lab, name, namespace=NAMESPACE):
        run = cluster.attempt_install(
            values_file=str(values), milvus_install_wait_timeout="60", milvus_install_unschedulable_timeout="5"
        )
    mended = cluster.attempt_install()
    assert run.failed, run.output
    check_order(evidence.find_message(run.output), fault.words)
    assert not mended.failed, mended.output
    if fault.hits_all:
        searches.wait_until_right()
    else:
        assert cluster.find_pods() == known, "a pod that served was restarted, or one that is broken has stayed"
        faults = searches.count(begin=began, end=time.time()).faults
        assert not any(faults[kind] for kind in ("failed", "empty", "wrong"))


def test_a_scale_while_the_kubelet_stands_still_says_so_and_the_next_one_succeeds(
    cluster: MilvusCluster, searches: Searches
) -> None:
    """Nobody starts the pod; once its node has not been heard of for 50 s, all pods there count as not ready."""
    known, lab = cluster.find_pods(), cluster.lab
    kubelet = wait_for("the kubelet is there", lambda: real_faults.find_part(lab.layout, "kubelet"))
    assert kubelet is not None
    kubelet.send_signal(signal.SIGSTOP)
    try:
        with evidence.recorded(lab, "kubelet-stopped", namespace=NAMESPACE):
            run = cluster.attempt("scale", milvus_scale_query_node="2", milvus_scale_wait_timeout="80")
    finally:
        kubelet.send_signal(signal.SIGCONT)
    assert run.failed, run.output
    said = evidence.find_message(run.output)
    assert "its node is not ready" in said or "their node is not ready" in said, said
    wait_for("the node is ready again", lambda: all(map(is_ready, lab.list("nodes", namespace=""))))
    cluster.scale(query_node=2)
    assert cluster.find_pods().items() >= known.items()
    cluster.scale(query_node=1)
    searches.wait_until_right()
