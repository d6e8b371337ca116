# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

from milvus_lab.client import Client
from playbook_runner import run_playbook
from release_states import NAME, SMALL, Cluster

PLAYBOOK = "milvus.cluster.status"
# AWX shows that many bytes of an event.
EVENT = 1024


def test_rows(lab: Client, namespace: str) -> None:
    Cluster(lab, namespace, "helm4").install(SMALL, "--set", "queryNode.replicas=2")
    run = run_playbook(lab, PLAYBOOK, variables={"milvus_namespace": namespace, "milvus_release": NAME})
    assert f"TASK [Read the release {namespace}/{NAME}]" in run.output
    assert run.rows[0] == f"{namespace}/{NAME}: revision 1 deployed, chart milvus 5.0.19 (Milvus 2.6.15), cluster"
    assert any(row.startswith("query_node: ") and "/2 ready, count owned by helm" in row for row in run.rows)
    events = run.output.split("ok: [localhost]")
    assert len(events) > 8
    assert max(map(len, events)) < EVENT


def test_an_absent_release(lab: Client, namespace: str) -> None:
    run = run_playbook(lab, PLAYBOOK, variables={"milvus_namespace": namespace, "milvus_context": ""})
    assert f"{namespace}/milvus: absent" in run.rows
    assert not run.failed


def test_check_mode(lab: Client, namespace: str) -> None:
    run = run_playbook(lab, PLAYBOOK, "--check", "--diff", variables={"milvus_namespace": namespace})
    assert f"{namespace}/milvus: absent" in run.rows
