# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The rulebook by ansible-rulebook itself, with alerts as Alertmanager sends them; and the playbook that it runs."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from installer import BY_HAND, Installer
from milvus_lab.client import wait_for
from playbook_runner import follow, run_playbook
from playbooks import fast
from release_states import NAME

RULEBOOK = os.environ.get("ANSIBLE_RULEBOOK", "")
STEP = "milvus.cluster.scale_step"
TOKEN = "correct-horse-battery"
OLDEST_JAVA = 17


def find_lack() -> str:
    """Why the rulebook cannot be run here, "" if it can."""
    if not RULEBOOK:
        return "ANSIBLE_RULEBOOK is not set: nox makes that environment"
    if not shutil.which("java"):
        return "there is no Java on this machine"
    said = subprocess.run(
        ["java", "-XshowSettings:properties", "-version"], capture_output=True, text=True, check=False
    )
    version = said.stderr.partition("java.specification.version = ")[2].split("\n")[0].strip()
    return "" if version.isdigit() and int(version) >= OLDEST_JAVA else f"Java {version} is too old"


class Rulebook(t.NamedTuple):
    """ansible-rulebook at work."""

    port: int
    log: Path
    namespace: str

    def send(self, worker: str, *, token: str = TOKEN, status: str = "firing", release: str = NAME) -> int:
        """Send an alert, and return the status of the answer."""
        labels = {"milvus_namespace": self.namespace, "milvus_release": release, "milvus_worker_type": worker}
        alert = {"status": status, "labels": labels, "annotations": {}, "fingerprint": "1"}
        body = {"version": "4", "status": status, "receiver": "milvus", "commonLabels": labels, "alerts": [alert]}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
            connection.request("POST", "/endpoint", json.dumps(body), headers)
            return connection.getresponse().status

    def count(self, words: str) -> int:
        """How often it has said so."""
        return self.log.read_text(encoding="utf-8").count(words)

    def is_up(self) -> bool:
        """Whether it listens; an alert that nobody shall act on is the question."""
        with contextlib.suppress(OSError):
            return self.send("none", status="resolved") == http.client.OK
        return False


@pytest.fixture
def rulebook(installer: Installer, tmp_path: Path) -> t.Iterator[Rulebook]:
    cluster = installer.cluster
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {
        "milvus_alerts_port": port,
        "milvus_alerts_token": TOKEN,
        "milvus_alerts_ceilings": {"query_node": 3, "data_node": 3},
        "milvus_kubeconfig": str(cluster.lab.kubeconfig),
        "milvus_chart_repo_url": cluster.lab.chart_repo_url,
        "milvus_helm_binary": str(installer.helm.binary),
    }
    files = {"vars.yml": variables, "inventory.yml": {"all": {"hosts": {"localhost": None}, "vars": fast("scale")}}}
    for name, content in files.items():
        (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    words = ["--rulebook", "milvus.cluster.milvus_scale_on_alert", "--inventory", str(tmp_path / "inventory.yml")]
    log = tmp_path / "rulebook.log"
    words += ["--vars", str(tmp_path / "vars.yml")]
    command = ["sh", "-c", 'exec "$@" > "$0" 2>&1', str(log), RULEBOOK, *words]
    path = f"{Path(RULEBOOK).parent}{os.pathsep}{os.environ['PATH']}"
    with follow(*command, environ={"PATH": path}):
        running = Rulebook(port, log, cluster.namespace)
        try:
            wait_for("the rulebook to listen", running.is_up, seconds=300)
            yield running
        finally:
            print(log.read_text(encoding="utf-8"))


def count_nodes(installer: Installer, part: str) -> int:
    name = f"{NAME}-milvus-{part}"
    return int(installer.cluster.lab.get("deployment", name, namespace=installer.cluster.namespace)["spec"]["replicas"])


@pytest.mark.skipif(bool(find_lack()), reason=find_lack() or "-")
@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_an_alert_scales_once(installer: Installer, rulebook: Rulebook) -> None:
    installer.cluster.install(BY_HAND)
    assert rulebook.send("query_node", token="wrong") in (http.client.FORBIDDEN, http.client.UNAUTHORIZED)
    assert rulebook.send("query_node", status="resolved") == http.client.OK
    assert rulebook.send("query_node", release="{{ 'a' }}") == http.client.OK
    assert rulebook.send("query_node") == http.client.OK
    wait_for("one query node more", lambda: count_nodes(installer, "querynode") == 2, seconds=300)
    assert rulebook.send("query_node") == http.client.OK
    # Events are worked off in turn: with this one done, the repeated one has been looked at, too.
    assert rulebook.send("data_node") == http.client.OK
    wait_for("one data node more", lambda: count_nodes(installer, "datanode") == 2, seconds=300)
    assert count_nodes(installer, "querynode") == 2
    # A playbook under way would go on without the rulebook.
    wait_for("both playbooks to end", lambda: rulebook.count("PLAY RECAP") == 2, seconds=300)
    assert rulebook.count("TASK [Say what the step is]") == 2


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_steps_up_to_the_ceiling(installer: Installer) -> None:
    cluster = installer.cluster
    cluster.install(BY_HAND)
    variables = {
        "milvus_release": NAME,
        "milvus_namespace": cluster.namespace,
        "milvus_chart_repo_url": cluster.lab.chart_repo_url,
        "milvus_helm_binary": str(installer.helm.binary),
        "milvus_step_type": "query_node",
        "milvus_step_by": "2",
        **fast("scale"),
    }
    refused = run_playbook(cluster.lab, STEP, variables=variables)
    assert refused.failed
    assert "milvus_step_ceiling to the most pods" in refused.output
    missing = run_playbook(
        cluster.lab, STEP, variables={**variables, "milvus_step_type": "index_node", "milvus_step_ceiling": 2}
    )
    assert missing.failed
    assert "Index nodes are merged into data nodes" in missing.output
    foretold = run_playbook(cluster.lab, STEP, "--check", variables={**variables, "milvus_step_ceiling": 2})
    assert (foretold.failed, installer.query_nodes) == (False, 1), foretold.output
    for ceiling, after in ((2, 2), ("2", 2)):
        run = run_playbook(cluster.lab, STEP, variables={**variables, "milvus_step_ceiling": ceiling})
        assert (run.failed, installer.query_nodes) == (False, after), run.output
    assert run.changed == 0
    assert any("has 2, and milvus_step_ceiling is 2: nothing is done" in row for row in run.rows)
