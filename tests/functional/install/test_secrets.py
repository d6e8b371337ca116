# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Secrets show up nowhere but in the cluster and in helm's own memory."""

from __future__ import annotations

import base64
import json
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from chart_server import PASSWORD, USERNAME, serve
from installer import BARE, Installer
from milvus_lab.client import Client
from playbook_runner import Run, run_playbook
from release_states import NAME

Json = dict[str, t.Any]

LONG, OLD, LINES = "correct-horse-battery", "older-than-the-horse", 'first-secret\nsecond"secret'
SHORT, NUMBER = "pw-7chr", 3  # too short to be searched for in all that is printed, as is a number
FORBIDDEN = (LONG, OLD, "first-secret", 'second"secret', 'second\\"secret')
SENSITIVE = {
    "minio": {"secretKey": LONG, "accessKey": SHORT},
    "externalS3": {"secretKey": LINES},
    "extra": {"pin": NUMBER, "list": [LONG, {"deep": LINES}]},
}
PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Change a release
      milvus.cluster.milvus_install: "{{ options }}"
      register: outcome
      ignore_errors: true
    - name: Show all that came of it
      ansible.builtin.debug:
        var: outcome
"""


def assert_hidden(text: str, *secrets: str) -> None:
    """No secret is in a text, as it is or in base64."""
    for secret in secrets:
        assert secret not in text
        assert base64.b64encode(secret.encode()).decode() not in text


def play(installer: Installer, folder: Path, **options: t.Any) -> Run:
    """Run the module in a playbook, as talkative as it gets, with folders for its temporary files alone."""
    given = {
        "release_name": NAME,
        "release_namespace": installer.cluster.namespace,
        "helm_binary": str(installer.helm.binary),
        "stable_seconds": 0,
        "wait_timeout": 60,
        **options,
    }
    playbook, variables = folder / "play.yml", folder / "variables.yml"
    playbook.write_text(PLAY, encoding="utf-8")
    variables.write_text(yaml.safe_dump({"options": given}), encoding="utf-8")
    # Ansible has a socket in there, whose path must be short.
    with tempfile.TemporaryDirectory(prefix="milvus-") as temporary:
        return play_with(installer, playbook, variables=variables, temporary=temporary)


def play_with(installer: Installer, playbook: Path, *, variables: Path, temporary: str) -> Run:
    environ = dict.fromkeys(("TMPDIR", "ANSIBLE_REMOTE_TEMP", "ANSIBLE_LOCAL_TEMP"), temporary)
    environ["ANSIBLE_INJECT_INVOCATION"] = "true"  # the options are part of the output, as in older releases of Ansible
    environ["ANSIBLE_PIPELINING"] = "true"  # else Ansible itself puts a module's options into a file
    words = ("-vvv", "--diff", "--extra-vars", f"@{variables}")
    return run_playbook(installer.cluster.lab, playbook, *words, environ=environ)


def traces(installer: Installer) -> str:
    """What could be seen of helm while it ran: command lines, environments, temporary files."""
    starts = installer.helm.starts
    assert "upgrade" in {start.words[0] for start in starts}
    return "\n".join(start.traces for start in starts)


@pytest.fixture
def stored(installer: Installer) -> Installer:
    """A release that has an old secret in it."""
    installer.cluster.install("--set=pulsarv3.enabled=false", f"--set=minio.secretKey={OLD},etcd.replicaCount=1")
    return installer


def access(installer: Installer) -> Json:
    lab = installer.cluster.lab
    return {"kubeconfig": str(lab.kubeconfig), "chart_repo_url": lab.chart_repo_url}


def test_sensitive_values(stored: Installer, tmp_path: Path) -> None:
    values = {"queryNode": {"replicas": NUMBER}}
    run = play(stored, tmp_path, release_values=values, sensitive_values=SENSITIVE, **access(stored))
    assert_hidden(run.output, *FORBIDDEN, SHORT)
    assert "secretKey: '********'" in run.output
    assert f'"desired": {NUMBER}' in run.output
    assert f"replicas: {NUMBER}" in run.output
    assert_hidden(traces(stored), *FORBIDDEN, SHORT)
    assert stored.record["description"].startswith("By milvus.cluster")
    assert stored.values["minio"] == SENSITIVE["minio"]
    assert stored.values["extra"] == SENSITIVE["extra"]


@dataclass(frozen=True)
class Failure:
    """Sensitive values that helm fails on, quoting them in what it says."""

    name: str
    values: Json
    words: str


FAILURES = (
    Failure("type", {"service": {"type": LONG}}, "Unsupported value"),
    Failure("label", {"labels": {"secret": LINES}}, "a valid label must be"),
    Failure("template", {"etcd": {"extraEnvVars": LONG}}, "The chart cannot be rendered"),
)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_messages_that_quote_sensitive_values(failure: Failure, stored: Installer, tmp_path: Path) -> None:
    run = play(stored, tmp_path, sensitive_values={**SENSITIVE, **failure.values}, **access(stored))
    assert failure.words in run.output
    assert_hidden(run.output, *FORBIDDEN)
    assert_hidden(traces(stored), *FORBIDDEN)


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_description_of_a_failed_revision(stored: Installer) -> None:
    stored.fail("HelmError", sensitive_values=FAILURES[0].values)
    assert stored.record["status"] == "failed"
    assert "********" in stored.record["description"]
    assert_hidden(stored.record["description"], *FORBIDDEN)


def test_credentials(lab: Client, installer: Installer, tmp_path: Path) -> None:
    namespace = installer.cluster.namespace
    lab.kubectl("create", "serviceaccount", "installer", "--namespace", namespace)
    bind = ("create", "rolebinding", "installer", "--clusterrole=admin", f"--serviceaccount={namespace}:installer")
    lab.kubectl(*bind, "--namespace", namespace)
    token = lab.kubectl("create", "token", "installer", "--namespace", namespace).strip()
    cluster = yaml.safe_load(lab.kubeconfig.read_text(encoding="utf-8"))["clusters"][0]["cluster"]
    ca_cert = tmp_path / "ca.crt"
    ca_cert.write_bytes(base64.b64decode(cluster["certificate-authority-data"]))
    metadata = {"name": "milvus", "version": "5.0.19", "appVersion": "2.6.15"}
    (tmp_path / "server").mkdir()
    with serve(lab.charts / "milvus-5.0.19.tgz", metadata, tmp_path / "server") as server:
        options = {
            "host": lab.layout.api_url,
            "api_key": token,
            "ca_cert": str(ca_cert),
            "chart_repo_url": f"https://{server.address}/charts",
            "chart_repo_ca_cert": str(server.ca_cert),
            "chart_repo_username": USERNAME,
            "chart_repo_password": PASSWORD,
        }
        run = play(installer, tmp_path, release_values=BARE, **options)
    installer.check_all_ready()
    assert_hidden(run.output, token, PASSWORD)
    assert_hidden(traces(installer), token, PASSWORD)
    assert json.dumps(options["chart_repo_url"]) in run.output
