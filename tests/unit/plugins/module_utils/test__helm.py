# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._chart_source import ChartArguments
from ansible_collections.milvus.cluster.plugins.module_utils._connection import connect
from ansible_collections.milvus.cluster.plugins.module_utils._errors import (
    CancelledError,
    HelmError,
    HelmMissingError,
    OvertakenError,
)
from ansible_collections.milvus.cluster.plugins.module_utils._helm import Helm, Operation, open_helm
from ansible_collections.milvus.cluster.plugins.module_utils._helm_process import Command, Finished

CONNECTION = connect({"host": "https://api.example", "api_key": "a-token"}, {})
OPERATION = Operation("my-release", "milvus", ChartArguments("milvus", ("--repo", "https://a")), {"a": {"b": None}})
RENDERED = {
    "manifest": "kind: Service",
    "hooks": [{"name": "init", "kind": "Job", "events": ["post-install"], "manifest": "kind: Job", "weight": 0}],
    "chart": {"metadata": {"name": "milvus", "version": "5.0.19", "appVersion": "2.6.15"}, "values": {"a": 1}},
}


class Script:
    """A helm that answers `version` and then as it is told, and keeps what it was asked."""

    def __init__(self, *answers: Finished, version: str = "v4.3.1") -> None:
        self.commands: list[Command] = []
        self._answers = [Finished(0, version, ""), *answers]

    def __call__(self, command: Command) -> Finished:
        self.commands.append(command)
        return self._answers.pop(0) if self._answers else Finished(0, json.dumps(RENDERED), "")

    @property
    def words(self) -> list[tuple[str, ...]]:
        """The command lines without the program and the question for the version."""
        return [command.argv[1:] for command in self.commands[1:]]


def make(script: Script) -> Helm:
    return Helm("/bin/helm", {"PATH": "/bin"}, connection=CONNECTION, runner=script)


CHANGE = ("upgrade", "my-release", "milvus", "--repo", "https://a", "--namespace=milvus")
FROM_STDIN = ("--values=-", "--reset-values", "--output=json")


def test_the_defaults_that_the_release_has_can_be_kept() -> None:
    script = Script(version="v4.3.1")
    make(script).render(dataclasses.replace(OPERATION, reuse=True))
    assert script.words == [(*CHANGE, "--values=-", "--reuse-values", "--output=json", "--dry-run=server")]


def test_objects_can_be_left_to_the_api_server_to_validate() -> None:
    script = Script(version="v4.3.1")
    make(script).render(dataclasses.replace(OPERATION, validates=False))
    *reset, output = FROM_STDIN
    assert script.words == [(*CHANGE, *reset, "--disable-openapi-validation", output, "--dry-run=server")]


@pytest.mark.parametrize(("version", "patience"), [("v4.3.1", ("--wait=hookOnly",)), ("v3.22.0+g1", ())])
def test_command_lines(version: str, patience: tuple[str, ...]) -> None:
    script = Script(version=version)
    helm = make(script)
    helm.render(OPERATION)
    helm.upgrade(dataclasses.replace(OPERATION, timeout=90))
    labels = {"milvus.cluster/operation": "1.2.me", "b": "c"}
    new = dataclasses.replace(OPERATION, new=True, create_namespace=True, labels=labels, description="by us")
    helm.upgrade(new)
    helm.uninstall("my-release", "milvus", timeout=60)
    helm.rollback("my-release", "milvus", revision=4, timeout=60)
    limits = ("--timeout=300s", "--history-max=10")
    assert script.words == [
        (*CHANGE, *FROM_STDIN, "--dry-run=server"),
        (*CHANGE, *FROM_STDIN, "--timeout=90s", "--history-max=10", *patience),
        (
            *CHANGE,
            *FROM_STDIN,
            *("--install", "--create-namespace"),
            *limits,
            *("--labels=milvus.cluster/operation=1.2.me,b=c", "--description=by us"),
            *patience,
        ),
        ("uninstall", "my-release", "--namespace=milvus", "--timeout=60s", *patience),
        ("rollback", "my-release", "4", "--namespace=milvus", "--timeout=60s", *patience),
    ]
    assert script.commands[0].argv == ("/bin/helm", "version", "--template", "{{.Version}}")
    assert [command.stops for command in script.commands] == [False, True, True, True, False, False]
    assert all(command.seconds > 60 for command in script.commands[1:])


def test_values_and_kubeconfig_are_beside_the_command_line() -> None:
    script = Script()
    make(script).upgrade(OPERATION)
    command = script.commands[-1]
    assert json.loads(command.stdin) == {"a": {"b": None}}
    assert json.loads(command.files["KUBECONFIG"])["users"][0]["user"] == {"token": "a-token"}
    assert script.commands[0].files == {}


def test_rendered_without_a_cluster() -> None:
    script = Script(Finished(0, "kind: Service", ""), version="v3.14.0")
    helm = make(script)
    assert helm.major == 3
    assert helm.template(OPERATION) == "kind: Service"
    helm.template(dataclasses.replace(OPERATION, new=True))
    (change, install) = script.words
    assert change[:6] == ("template", *CHANGE[1:])
    assert ("--is-upgrade" in change, "--is-upgrade" in install) == (True, False)
    assert not any("KUBECONFIG" in command.files for command in script.commands)
    assert json.loads(script.commands[-1].stdin) == {"a": {"b": None}}


def test_rendered() -> None:
    rendered = make(Script(Finished(0, "Pulled: reg.example/milvus:5.0.19\n" + json.dumps(RENDERED), ""))).render(
        OPERATION
    )
    assert rendered[:3] == ("kind: Service", "milvus", "5.0.19")
    assert (rendered.app_version, rendered.defaults) == ("2.6.15", {"a": 1})
    assert rendered.hooks == (("Job", "init", ("post-install",), "kind: Job"),)


@pytest.mark.parametrize("output", ["", "{}", "{broken", '{"chart": null}'])
def test_rendered_something_else(output: str) -> None:
    with pytest.raises(HelmError, match="something else than a release"):
        make(Script(Finished(0, output, ""))).render(OPERATION)


def test_index_is_fetched_once() -> None:
    files = {"HELM_REPOSITORY_CONFIG": "a password"}
    operation = dataclasses.replace(OPERATION, chart=ChartArguments("mine/milvus", (), files, "mine"))
    script = Script()
    helm = make(script)
    helm.render(operation)
    helm.upgrade(operation)
    assert [command.argv[1] for command in script.commands] == ["version", "repo", "upgrade", "upgrade"]
    assert script.commands[1].argv[1:] == ("repo", "update", "mine")
    assert script.commands[1].files == files
    assert {*script.commands[2].files} == {"HELM_REPOSITORY_CONFIG", "KUBECONFIG"}


UNFETCHED = '...Unable to get an update from the "mine" chart repository (https://a):\n\tit said 401\n'


@pytest.mark.parametrize("exit_code", [0, 1])  # of Helm 3 and 4
def test_index_that_cannot_be_fetched(exit_code: int) -> None:
    operation = dataclasses.replace(OPERATION, chart=ChartArguments("mine/milvus", (), {}, "mine"))
    script = Script(Finished(exit_code, UNFETCHED, "Error: failed to update"))
    with pytest.raises(HelmError, match=r"index of the chart repository failed: it said 401\. Set chart_repo_username"):
        make(script).render(operation)


def test_failure() -> None:
    said = "level=WARN msg=x\nError: bad-password: exceeded quota\n"
    operation = dataclasses.replace(OPERATION, secrets=["bad-password"])
    with pytest.raises(HelmError) as caught:
        make(Script(Finished(1, "", said))).upgrade(operation)
    assert str(caught.value).startswith(
        "Upgrading release my-release in namespace milvus failed: ********: exceeded quota. Follow what"
    )
    assert caught.value.facts["exit_code"] == 1
    assert caught.value.facts["command"].startswith("/bin/helm upgrade my-release milvus --repo https://a ")


def test_another_operation_came_first() -> None:
    said = "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress\n"
    with pytest.raises(OvertakenError, match=r"is blocked: .* is in progress\. Wait until"):
        make(Script(Finished(1, "", said))).upgrade(OPERATION)


def test_failure_without_words() -> None:
    with pytest.raises(HelmError, match=r"failed: it ended with exit code -9. "):
        make(Script(Finished(-9, "", ""))).uninstall("a", "b", timeout=1)


def test_cancelled() -> None:
    finished = Finished(1, "", "Error: UPGRADE FAILED: context canceled", "SIGHUP")
    with pytest.raises(CancelledError, match=r"was cancelled: SIGHUP came; .*context canceled") as caught:
        make(Script(finished)).upgrade(OPERATION)
    assert (caught.value.facts["signal"], caught.value.facts["exit_code"]) == ("SIGHUP", 1)


def test_too_long() -> None:
    with pytest.raises(HelmError, match=r"helm took longer than 90 s; helm then ended .*saying: nothing"):
        make(Script(Finished(-9, "", "", timed_out=True))).uninstall("a", "b", timeout=60)


@pytest.mark.parametrize("version", ["v3.13.3", "v2.17.0", "3.9.1", "something"])
def test_too_old(version: str) -> None:
    script = Script(version=version)
    with pytest.raises(HelmMissingError, match=f"'{version}'.* Helm 3.14 or later is needed"):
        make(script).upgrade(OPERATION)
    assert len(script.commands) == 1


@pytest.mark.parametrize(("version", "expected"), [("v3.14.0", (3, 14, 0)), ("v4.3.1+g05fa379\n", (4, 3, 1))])
def test_version(version: str, expected: tuple[int, ...]) -> None:
    script = Script(version=version)
    helm = make(script)
    assert (helm.version, helm.major, helm.version) == (expected, expected[0], expected)
    assert len(script.commands) == 1


def test_cannot_be_started() -> None:
    helm = Helm("/no/such/helm", {}, connection=CONNECTION)
    with pytest.raises(HelmMissingError, match="/no/such/helm cannot be started"):
        helm.upgrade(OPERATION)


def write_program(path: Path) -> Path:
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o700)
    return path


def test_found_in_path(tmp_path: Path) -> None:
    binary = write_program(tmp_path / "helm")
    assert open_helm({}, CONNECTION, environ={"PATH": f"/no/such:{tmp_path}"}).binary == str(binary)


def test_named_by_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = write_program(tmp_path / "helm-4")
    monkeypatch.chdir(tmp_path)
    assert open_helm({"helm_binary": "./helm-4"}, CONNECTION, environ={}).binary == str(binary)


@pytest.mark.parametrize(
    ("options", "words"), [({}, "there is none in PATH"), ({"helm_binary": "/no/helm"}, "/no/helm is no program")]
)
def test_not_found(options: dict[str, t.Any], words: str) -> None:
    with pytest.raises(HelmMissingError, match=f"{words}.* Helm 3.14 or later is needed"):
        open_helm(options, CONNECTION, environ={"PATH": "/no/such"})


def test_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_program(tmp_path / "helm")
    environ = {
        "PATH": str(tmp_path),
        "HTTPS_PROXY": "http://proxy",
        "HELM_NAMESPACE": "other",
        "HELM_DEBUG": "true",
        "HELM_CACHE_HOME": "/cache",
        "KUBECONFIG": "/other",
    }
    connection = connect({"host": "https://a", "api_key": "b", "no_proxy": "a"}, {})
    script = Script()
    helm = open_helm({}, connection, environ=environ, driver="configmap")
    monkeypatch.setattr(helm, "_runner", script)
    assert helm.major == 4
    assert script.commands[0].environment == {
        "PATH": str(tmp_path),
        "HTTPS_PROXY": "http://proxy",
        "HELM_CACHE_HOME": "/cache",
        "HELM_DRIVER": "configmap",
        "HELM_DEBUG": "false",
        "HELM_NO_PLUGINS": "1",
        "NO_COLOR": "1",
        "LC_ALL": "C",
        "NO_PROXY": "a",
        "no_proxy": "a",
    }
