# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The job templates as AWX runs them: by ansible-runner, with answers of surveys, and a token in the environment."""

from __future__ import annotations

import json
import os
import sys
import typing as t
from pathlib import Path

import ansible_runner
import pytest
import yaml

from accounts import Account
from disturbed_helm import disturb
from installer import BARE, Installer
from playbook_runner import environment, follow
from release_states import NAME

Json = dict[str, t.Any]

COLLECTION = Path(__file__).resolve().parents[3]
PATTERN = "extensions/patterns/milvus_cluster"
RUNNER = Path(sys.executable).with_name("ansible-runner")
SHOWN = 1024  # bytes of an event that AWX shows in the output of a job
SECRET = "correct-horse-battery"
SLOW = {"annotations": {"sim.milvus.cluster/ready-after": "3s"}}


class Job(t.NamedTuple):
    """The events of a job, when each arrived, and whether it has failed."""

    events: list[Json]
    failed: bool

    @property
    def output(self) -> str:
        return "\n".join(event["stdout"] for event in self.events)

    @property
    def artifacts(self) -> Json:
        """What AWX hands on to the next job of a workflow."""
        stats = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        return t.cast(Json, stats[0]["artifact_data"])

    def check(self, *secrets: str, whole: t.Collection[str] = ()) -> None:
        """Check that AWX can show each line, and that no event has a secret in any of its data.

        *whole*: events that are one piece, whatever their length
        """
        long = {event["event"] for event in self.events if len(event["stdout"].encode()) > SHOWN}
        assert long <= {*whole}
        assert all(secret not in json.dumps(self.events) for secret in secrets)


class Awx(t.NamedTuple):
    """Runs job templates with the credential of an account."""

    installer: Installer
    account: Account
    folder: Path

    def launch(self, template: str, answers: Json | None = None, *, check: bool = False) -> Job:
        """Run a job template with *answers* to its survey; questions without one are left blank."""
        playbook, variables = self.prepare(template, answers or {})
        return self.run(playbook, *(["--check", "--diff"] if check else []), variables=variables)

    def prepare(self, template: str, answers: Json) -> tuple[str, Json]:
        """The playbook of a job template, and the variables that it gets."""
        (found,) = (each for each in self.templates if each["name"] == template)
        variables = {
            "milvus_chart_repo_url": self.installer.cluster.lab.chart_repo_url,
            **self.fill(found, answers),
        }
        return f"{PATTERN}/playbooks/{found['playbook']}", variables

    def launch_and_cancel(self, template: str, answers: Json, *, when: t.Callable[[], bool]) -> str:
        """Run a job template, cancel it as AWX does as soon as that is true, and return the status of the job."""
        playbook, variables = self.prepare(template, answers)
        job = ansible_runner.run(
            private_data_dir=str(self.folder),
            playbook=playbook,
            extravars=variables,
            envvars=environment(self.environ),
            settings={"pexpect_timeout": 0.2},  # how often it looks for the wish to cancel, in seconds
            cancel_callback=when,
            quiet=True,
        )
        return str(job.status)

    @property
    def templates(self) -> list[Json]:
        pattern = json.loads((COLLECTION / PATTERN / "meta/pattern.json").read_text(encoding="utf-8"))
        return t.cast(list[Json], pattern["aap_resources"]["controller_job_templates"])

    def fill(self, template: Json, answers: Json) -> Json:
        """The variables that come of a survey: AWX leaves out blank numbers, and sends blank texts."""
        release = {"milvus_namespace": self.installer.cluster.namespace, "milvus_release": NAME}
        variables: Json = {}
        given = {**release, **answers}
        for question in template["survey"]["spec"]:
            if question["variable"] in given:
                variables[question["variable"]] = given.pop(question["variable"])
            elif question["type"] != "integer":
                variables[question["variable"]] = question.get("default", "")
        assert not given, "answers to questions that nobody asks"
        return variables

    def run(self, playbook: str, *words: str, variables: Json) -> Job:
        """Run a playbook of the project, and note what is told of it."""
        given = self.folder / "answers.json"
        given.write_text(json.dumps(variables), encoding="utf-8")
        line = " ".join([*words, f"--extra-vars=@{given}"])
        command = [str(RUNNER), "run", str(self.folder), "--json", "--playbook", playbook, f"--cmdline={line}"]
        with follow(*command, environ=self.environ) as process:
            assert process.stdout
            events = [json.loads(text) for text in process.stdout]
        return Job(events, process.returncode != 0)

    @property
    def environ(self) -> dict[str, str]:
        """What the credential type for bearer tokens sets, an image that has helm, and what AWX asks of Ansible."""
        certificate = self.folder / "ca.crt"
        certificate.write_bytes(self.account.ca)
        binaries = self.folder / "bin"
        return {
            "K8S_AUTH_HOST": self.account.host,
            "K8S_AUTH_API_KEY": self.account.token,
            "K8S_AUTH_VERIFY_SSL": "True",
            "K8S_AUTH_SSL_CA_CERT": str(certificate),
            "K8S_AUTH_CONTEXT": "",
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_SHOW_CUSTOM_STATS": "false",
        }


@pytest.fixture
def awx(installer: Installer, tmp_path: Path) -> Awx:
    """The project, the inventory, and the account that installs."""
    (tmp_path / "project").symlink_to(COLLECTION)
    host = f"localhost ansible_connection=local ansible_python_interpreter={sys.executable}\n"
    (tmp_path / "inventory").write_text(host, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/helm").symlink_to(installer.helm.binary)
    cluster = installer.cluster
    return Awx(installer, Account(cluster.lab, cluster.namespace, stem="installer"), tmp_path)


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_the_job_templates(awx: Awx) -> None:
    installer, prefix = awx.installer, f"{awx.installer.cluster.namespace}/{NAME}: "
    secret = json.dumps({"minio": {"secretKey": SECRET}})
    values = yaml.safe_dump({**BARE, "queryNode": SLOW})
    answers = {"milvus_install_release_values": values, "milvus_install_sensitive_values": secret}
    hidden = (SECRET, awx.account.token)

    foretold = awx.launch("Milvus Install", answers, check=True)
    assert not foretold.failed, foretold.output
    foretold.check(*hidden, whole=["runner_on_file_diff"])  # Ansible makes one event of a diff
    assert any(row in foretold.output for row in ("+    replicas: 1", "+chart: milvus 5.0.19"))
    assert not installer.find_uids("pods")

    installed = awx.launch("Milvus Install", answers)
    assert not installed.failed, installed.output
    installed.check(*hidden)
    assert set(installed.artifacts) == {"milvus_result"}

    wanted = {"milvus_scale_query_node": 2, "milvus_scale_proxy": 2}
    planned = awx.launch("Milvus Scale", wanted, check=True)
    assert not planned.failed, planned.output
    planned.check(*hidden)
    assert planned.artifacts["milvus_result"]["changed"]
    assert installer.query_nodes == 1

    scaled = awx.launch("Milvus Scale", wanted)
    assert not scaled.failed, scaled.output
    scaled.check(*hidden)
    check_story(scaled, prefix)
    counts = {row["type"]: (row["before"], row["after"]) for row in scaled.artifacts["milvus_result"]["counts"]}
    assert (counts["query_node"], counts["proxy"], counts["data_node"]) == ((1, 2), (1, 2), (1, 1))
    installer.check_all_ready()

    shown = awx.launch("Milvus Status")
    assert not shown.failed, shown.output
    shown.check(*hidden)
    assert "query_node: 2/2 ready" in shown.output


def check_story(job: Job, prefix: str) -> None:
    """Check that the lines of a task come before it has ended, one event for each."""
    kinds = [event["event"] for event in job.events]
    lines = [number for number, event in enumerate(job.events) if event["stdout"].startswith(prefix)]
    assert {kinds[number] for number in lines} == {"verbose"}
    ready = next(number for number in lines if "querynode: 2 of 2 pods are ready" in job.events[number]["stdout"])
    late = next(number for number in lines if "querynode: 1 of 2 pods are ready" in job.events[number]["stdout"])
    end = next(number for number in range(late, len(kinds)) if kinds[number] == "runner_on_ok")
    assert late < ready < end
    times = [job.events[number]["created"] for number in (late, ready, end)]
    assert times == sorted(set(times))


# Once, helm is held up while the release is locked by it.
HOLD = (
    'once hold && start pending-upgrade "$@" && touch "$0.held" && sleep 3 && kill -CONT $pid && wait $pid; '
    'test "$pid" && exit 0'
)


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_a_job_that_is_cancelled(awx: Awx) -> None:
    """While helm is at work: the next job repairs what is left, or waits for what lives on."""
    installer, helm = awx.installer, awx.folder / "bin/helm"
    installer.run(release_values=BARE)
    helm.unlink()
    disturb(helm, installer.cluster, upgrade=HOLD)
    wanted = {"milvus_scale_query_node": 2}
    status = awx.launch_and_cancel("Milvus Scale", wanted, when=helm.with_name("helm.held").exists)
    assert status == "canceled"
    again = awx.launch("Milvus Scale", wanted)
    assert not again.failed, again.output
    assert (installer.query_nodes, installer.record["status"]) == (2, "deployed")
    installer.check_all_ready()
