# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from milvus_lab.client import Client
from release_states import NAME, SMALL, Cluster

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
# AWX shows that many bytes of an event.
EVENT = 1024


def run_playbook(lab: Client, *words: str) -> str:
    """Run the playbook against the lab and return its output."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("K8S_AUTH_")}
    argv = [str(PLAYBOOK), "milvus.cluster.status", "-e", f"milvus_kubeconfig={lab.kubeconfig}", *words]
    environ = {**clean, "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_NOCOLOR": "true"}
    return subprocess.run(argv, env=environ, check=True, capture_output=True, text=True).stdout


def test_rows(lab: Client, namespace: str) -> None:
    Cluster(lab, namespace, "helm4").install(SMALL, "--set", "queryNode.replicas=2")
    output = run_playbook(lab, "-e", f"milvus_namespace={namespace}", "-e", f"milvus_release={NAME}")
    assert f"TASK [Read the release {namespace}/{NAME}]" in output
    assert f'"msg": "{namespace}/{NAME}: revision 1 deployed, chart milvus 5.0.19 (Milvus 2.6.15), cluster"' in output
    assert '"msg": "query_node: ' in output
    assert "/2 ready, count owned by helm" in output
    events = output.split("ok: [localhost]")
    assert len(events) > 8
    assert max(map(len, events)) < EVENT


def test_an_absent_release(lab: Client, namespace: str) -> None:
    output = run_playbook(lab, "-e", f"milvus_namespace={namespace}", "-e", "milvus_context=")
    assert f'"msg": "{namespace}/milvus: absent"' in output
    assert "failed=0" in output


def test_check_mode(lab: Client, namespace: str) -> None:
    output = run_playbook(lab, "-e", f"milvus_namespace={namespace}", "--check", "--diff")
    assert f'"msg": "{namespace}/milvus: absent"' in output
