# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What milvus_install says while it works is shown while it works; with it or without, the result is the same."""

from __future__ import annotations

import json
import re
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._progress_file import VARIABLE
from installer import BARE, Installer
from playbook_runner import PROGRAM, Run, follow, run_playbook
from release_states import NAME

Json = dict[str, t.Any]

PLUGINS = Path(__file__).parents[1] / "connection_plugins"
SECRET = "a-tag-that-nobody-may-see"
NO_IMAGE = {"queryNode": {"annotations": {"sim.milvus.cluster/fault": "image-not-found"}}}
SLOW = {"dataNode": {"annotations": {"sim.milvus.cluster/ready-after": "3s"}}}
LABEL = "progress"  # of the node that the query node waits for
# What differs between two runs that do the same: times, and the names of pods, with their hashes.
_PASSING = re.compile(r"-[0-9a-f]{8,10}-[a-z0-9]{5}\b|\b\d+(\.\d+)? ?s\b")

pytestmark = pytest.mark.parametrize("installer", ["helm4"], indirect=True)


class Plays(t.NamedTuple):
    """Runs plays of one task, milvus_install, in a folder of their own."""

    installer: Installer
    folder: Path

    def run(self, *words: str, connection: str = "local", play: Json | None = None, **task: t.Any) -> Run:
        """Run a play to its end; *task* are the options of the module, or a whole task with its keywords."""
        path = self.write(connection=connection, play=play, **task)
        return run_playbook(self.installer.cluster.lab, path, *words, environ=self.environ)

    def write(self, *, connection: str = "local", play: Json | None = None, **task: t.Any) -> Path:
        """Write the playbook."""
        keywords = {"name": "Install Milvus", "register": "installed", **task.pop("keywords", {})}
        module = {"milvus.cluster.milvus_install": {**self.options, **task}}
        keep = {"content": "{{ installed }}", "dest": str(self.folder / "result.json"), "mode": "0600"}
        whatever = {"ignore_errors": True, **keywords}
        tasks = [
            {**module, **whatever},
            {"ansible.builtin.copy": keep, "delegate_to": "localhost", "changed_when": False},
        ]
        path = self.folder / "play.yml"
        rest = {"hosts": "localhost", "connection": connection, "gather_facts": False}
        path.write_text(json.dumps([{**rest, **(play or {}), "tasks": tasks}]), encoding="utf-8")
        return path

    @property
    def options(self) -> Json:
        """The options that each task has."""
        cluster = self.installer.cluster
        return {
            "release_name": NAME,
            "release_namespace": cluster.namespace,
            "kubeconfig": str(cluster.lab.kubeconfig),
            "helm_binary": str(self.installer.helm.binary),
            "chart_repo_url": cluster.lab.chart_repo_url,
            "stable_seconds": 0,
            "wait_timeout": 60,
            "release_values": BARE,
        }

    @property
    def environ(self) -> dict[str, str]:
        """With a connection that is not local by name."""
        return {"ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS), "ANSIBLE_INJECT_INVOCATION": "true"}

    @property
    def result(self) -> Json:
        """The result of the task that has run last."""
        return t.cast(Json, json.loads((self.folder / "result.json").read_text(encoding="utf-8")))

    @property
    def prefix(self) -> str:
        """What each line begins with."""
        return f"{self.installer.cluster.namespace}/{NAME}: "

    def pick(self, output: str) -> list[str]:
        """The lines that the module has said, without the prefix."""
        return [line.removeprefix(self.prefix) for line in output.splitlines() if line.startswith(self.prefix)]

    def await_node(self) -> Json:
        """Values with a slow data node and a query node that no node takes until let_go()."""
        return {**BARE, **SLOW, "queryNode": {"nodeSelector": {LABEL: self.installer.cluster.namespace}}}

    def let_go(self) -> None:
        """Let the query node be scheduled."""
        lab = self.installer.cluster.lab
        node = lab.list("nodes", namespace="")[0]["metadata"]["name"]
        lab.kubectl("label", "node", node, f"{LABEL}={self.installer.cluster.namespace}", "--overwrite")


@pytest.fixture
def plays(installer: Installer, tmp_path: Path) -> Plays:
    folder = tmp_path / "plays"
    folder.mkdir()
    return Plays(installer, folder)


def check_story(lines: t.Sequence[str]) -> None:
    """The lines tell what happened, in its order."""
    order = [
        "helm: Rendering release",
        "helm: Installing release",
        "helm is done",
        "StatefulSet my-release-etcd: 1 of 1 pods are ready",
        "Deployment my-release-milvus-querynode: 0 of 1 pods are ready (no node can take the pods: 0/",
        "Deployment my-release-milvus-querynode: 1 of 1 pods are ready",
    ]
    places = [next((place for place, line in enumerate(lines) if line.startswith(each)), -1) for each in order]
    assert places == sorted(places), lines
    assert places[0] >= 0, lines
    assert "Deployment my-release-milvus-datanode: 1 of 1 pods are ready" in lines
    assert all(len(line) < 1000 for line in lines)


@pytest.mark.one_will_do
@pytest.mark.parametrize(
    ("connection", "pipelining"), [("local", False), ("local", True), ("elsewhere", False), ("elsewhere", True)]
)
def test_lines_come_while_it_works(plays: Plays, connection: str, pipelining: bool) -> None:
    """The pod it waits for is let go when the line says so: a line that came at the end would come never."""
    path = plays.write(connection=connection, release_values=plays.await_node(), keywords={"ignore_errors": False})
    environ = {**plays.environ, "ANSIBLE_PIPELINING": str(pipelining)}
    output = []
    with follow(PROGRAM, path, environ=environ) as process:
        assert process.stdout
        for line in process.stdout:
            output.append(line)
            if "no node can take the pods" in line and line.startswith(plays.prefix):
                plays.let_go()
    assert process.returncode == 0, "".join(output)
    check_story(plays.pick("".join(output)))
    plays.installer.check_all_ready()


def test_runner_gets_each_line_as_an_event_at_once(plays: Plays) -> None:
    project = plays.folder / "project"
    project.mkdir()
    host = f"localhost ansible_python_interpreter={sys.executable}\n"
    (plays.folder / "inventory").write_text(host, encoding="utf-8")
    plays.write(release_values=plays.await_node()).rename(project / "play.yml")
    runner = Path(sys.executable).with_name("ansible-runner")
    events: list[Json] = []
    with follow(runner, "run", plays.folder, "--json", "--playbook", "play.yml", environ=plays.environ) as process:
        assert process.stdout
        for line in process.stdout:
            events.append(json.loads(line))
            if "no node can take the pods" in events[-1]["stdout"] and events[-1]["event"] == "verbose":
                plays.let_go()
    assert process.returncode == 0, [event["stdout"] for event in events]
    ours = [event for event in events if event["stdout"].startswith(plays.prefix)]
    check_story([event["stdout"].removeprefix(plays.prefix) for event in ours])
    assert {event["event"] for event in ours} == {"verbose"}
    assert max(len(event["stdout"].encode()) for event in ours) < 1000  # AWX shows 1024 bytes of it


@pytest.mark.parametrize("level", ["task", "play"])
def test_no_log_is_silent(plays: Plays, level: str) -> None:
    hidden = {"no_log": True}
    run = plays.run(play=hidden) if level == "play" else plays.run(keywords=hidden)
    assert not run.failed, run.output
    assert plays.prefix not in run.output
    assert plays.installer.record["status"] == "deployed"


@pytest.mark.parametrize("connection", ["local", "elsewhere"])
def test_no_line_has_a_secret(plays: Plays, connection: str) -> None:
    """The cluster quotes the image in the cause."""
    sensitive = {"image": {"all": {"tag": SECRET}}}
    run = plays.run(connection=connection, release_values={**BARE, **NO_IMAGE}, sensitive_values=sensitive)
    assert any("the image does not exist: " in line and "********" in line for line in plays.pick(run.output))
    assert SECRET not in run.output


def test_a_loop_over_two_releases(plays: Plays) -> None:
    names = ["first", "second"]
    run = plays.run(release_name="{{ item }}", keywords={"loop": names, "environment": {"WHICH": "{{ item }}"}})
    assert not run.failed, run.output
    said = re.findall(rf"^{plays.installer.cluster.namespace}/(\w+): ", run.output, re.MULTILINE)
    assert list(dict.fromkeys(said)) == names
    assert sorted(said) == said


def test_a_delegated_task(plays: Plays) -> None:
    host = {"name": "far", "ansible_connection": "elsewhere", "ansible_python_interpreter": sys.executable}
    play = {"pre_tasks": [{"ansible.builtin.add_host": host}]}
    run = plays.run("-vvv", play=play, keywords={"delegate_to": "far"})
    assert not run.failed, run.output
    assert "helm is done" in plays.pick(run.output)
    assert "tail -c +1 " in run.output  # it was read there


@pytest.mark.parametrize("words", [["--check"], ["--check", "--diff"]])
def test_check_mode(plays: Plays, words: list[str]) -> None:
    run = plays.run(*words, keywords={"ignore_errors": False})
    assert (run.failed, run.changed) == (False, 1)
    assert plays.pick(run.output) == []


def test_async_is_one_plain_run(plays: Plays) -> None:
    run = plays.run(keywords={"async": 100, "poll": 1})
    assert not run.failed, run.output
    assert plays.pick(run.output) == []
    assert (plays.result["changed"], plays.result["release"]["status"]) == (True, "deployed")


def test_defaults_of_the_action_group(plays: Plays) -> None:
    path = plays.write(play={"module_defaults": {"group/milvus.cluster.milvus": plays.options}})
    content = json.loads(path.read_text(encoding="utf-8"))
    content[0]["tasks"][0]["milvus.cluster.milvus_install"] = {}
    path.write_text(json.dumps(content), encoding="utf-8")
    run = run_playbook(plays.installer.cluster.lab, path, environ=plays.environ)
    assert "helm is done" in plays.pick(run.output)
    assert plays.result["release"]["status"] == "deployed"


@pytest.mark.one_will_do
@pytest.mark.parametrize("node", [{}, {"nodeSelector": {"no": "where"}}], ids=["success", "failure"])
@pytest.mark.parametrize("connection", ["local", "elsewhere"])
def test_the_module_alone_has_the_same_result(plays: Plays, connection: str, node: Json) -> None:
    options: Json = {"release_values": {**BARE, "queryNode": node}, "unschedulable_timeout": 10}
    alone = plays.installer.attempt(**options)
    assert alone.get("failed", False) == bool(node)
    plays.installer.run(state="absent")
    plays.run(connection=connection, **options)
    assert settle(plays.result) == settle(alone)


def test_neither_helm_nor_the_result_gets_to_know_of_it(plays: Plays) -> None:
    run = plays.run("-vvv")
    assert '"invocation": {' in run.output
    assert VARIABLE in run.output.partition('"invocation": {')[0]  # the module's command has it
    assert VARIABLE not in run.output.partition('"invocation": {')[2].partition("TASK [")[0]
    starts = plays.installer.helm.starts
    assert starts
    assert not [start for start in starts if VARIABLE in start.traces]


def settle(result: Json) -> Json:
    """A result without what passes, and without what Ansible adds to each or takes from it when it is registered."""
    left_out = ("waited", "started_at", "ended_at", "failed", "exception", "warnings", "invocation")
    kept = {key: value for key, value in result.items() if key not in left_out}
    if kept["error"]:
        kept["error"].pop("waited_seconds")
    return t.cast(Json, json.loads(_PASSING.sub("", json.dumps(kept, sort_keys=True))))
