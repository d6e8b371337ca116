# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import contextlib
import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils import basic

from ansible_collections.milvus.cluster.plugins.module_utils import _kube, _libraries
from ansible_collections.milvus.cluster.plugins.modules import milvus_info
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils import conversations

Json = dict[str, t.Any]
TOKEN = "a-secret-token"
TARGET = {"release_name": "my-release", "release_namespace": "new-chart"}
HERE = {"host": "https://replay.invalid", "api_key": TOKEN}


@contextlib.contextmanager
def arguments(given: Json) -> t.Iterator[None]:
    """Hand arguments to a module in this process."""
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core before 2.19
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode())
            yield
    else:
        with patch_module_args(given), pytest.MonkeyPatch.context() as patch:
            # Other tests load parts of the controller, which would take the warnings.
            patch.setattr("ansible.module_utils._internal.is_controller", False, raising=False)
            yield


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> t.Callable[[Json], tuple[int, Json]]:
    """Run the module and return its status and result."""

    def run_module(given: Json) -> tuple[int, Json]:
        with arguments(given), pytest.raises(SystemExit) as left:
            milvus_info.main()
        code = left.value.code
        return (code if isinstance(code, int) else 0), json.loads(capfd.readouterr().out)

    return run_module


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[str], None]:
    """Let the module talk to a recorded API server."""

    def use(name: str) -> None:
        pool = conversations.ReplayPool(conversations.read(name))
        monkeypatch.setattr(_kube.KubeClient, "_connect", lambda _self: pool)

    return use


def read_warnings(result: Json) -> list[str]:
    """The texts; since ansible-core 2.19 a warning is an object on its way to the controller."""
    return [one if isinstance(one, str) else one["event"]["msg"] for one in result.get("warnings", [])]


def test_reports_a_release(run: t.Any, replay: t.Any) -> None:
    replay("new-chart")
    code, result = run({**TARGET, **HERE})
    assert (code, result["changed"], result["exists"], result["error"]) == (0, False, True, None)
    assert read_warnings(result) == []


def test_check_mode_reports_the_same(run: t.Any, replay: t.Any) -> None:
    results = []
    for mode in ({}, {"_ansible_check_mode": True}):
        replay("new-chart")
        result = run({**TARGET, **HERE, **mode})[1]
        assert result.pop("started_at") <= result.pop("ended_at")
        results.append(result)
    assert results[0] == results[1]


def test_an_absent_release_is_no_failure(run: t.Any, replay: t.Any) -> None:
    replay("absent")
    code, result = run({**TARGET, **HERE, "release_namespace": "absent"})
    assert (code, result["exists"], result["release"]["status"]) == (0, False, "absent")


def test_aliases_and_options_of_the_action_group(run: t.Any, replay: t.Any) -> None:
    replay("new-chart")
    names = {"name": "my-release", "namespace": "new-chart", "verify_ssl": True}
    others = {"chart_ref": "milvus", "chart_repo_url": "https://charts.invalid", "binary_path": "/usr/bin/helm"}
    assert run({**names, **others, **HERE})[0] == 0


def test_warnings_go_to_ansible(run: t.Any, replay: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    replay("reused-values")
    monkeypatch.setenv("K8S_AUTH_VERIFY_SSL", "False")
    _code, result = run({**TARGET, **HERE, "release_namespace": "reused-values"})
    (about_tls, about_values) = read_warnings(result)
    assert "TLS certificates are not verified" in about_tls
    assert "--reuse-values" in about_values


def test_a_failure_has_the_same_keys_and_the_facts(run: t.Any, replay: t.Any) -> None:
    replay("new-chart")
    good = run({**TARGET, **HERE})[1]
    code, bad = run({**TARGET, "kubeconfig": "/gone"})
    assert code == 1
    assert bad["msg"].startswith("Loading the kubeconfig failed: there is no file /gone on the host")
    assert bad["error"] == {"kind": "OptionError"}
    assert set(good) - {"changed"} == set(bad) - {"failed", "msg"}
    assert set(good["release"]) == set(bad["release"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"release_name": "My_Release"}, "Reading the option release_name failed: 'My_Release' is no valid name"),
        ({"release_name": "a" * 54}, "up to 53 characters"),
        ({"release_name": "a,b=c"}, "is no valid name"),
        ({"release_name": "a\n"}, "is no valid name"),
        ({"release_name": ""}, "is no valid name"),
        ({"release_namespace": "a.b"}, "Reading the option release_namespace failed: 'a.b' is no valid name"),
        ({"release_namespace": "../x"}, "is no valid name"),
    ],
)
def test_names_are_checked_before_anything_is_sent(change: Json, message: str, run: t.Any) -> None:
    code, result = run({**TARGET, **HERE, **change})
    assert code == 1
    assert message in result["msg"]


@pytest.mark.parametrize("name", ["a", "my-release", "a.b-c", "0", "a" * 53])
def test_names_that_helm_takes(name: str, run: t.Any) -> None:
    assert "is no valid name" not in run({**TARGET, "release_name": name, "kubeconfig": "/gone"})[1]["msg"]


def test_secrets_are_masked_and_nothing_else_is(run: t.Any, tmp_path: Path) -> None:
    user = {"token": TOKEN}
    config = {
        "current-context": "development",
        "clusters": [{"name": "development", "cluster": {}}],
        "users": [{"name": "development", "user": user}],
    }
    result = run({**TARGET, "kubeconfig": config, "api_key": "another-secret"})[1]
    text = json.dumps(result)
    assert TOKEN not in text
    assert "another-secret" not in text
    assert "it has no context 'development'" in result["msg"]
    path = str(tmp_path / "config")
    assert path in run({**TARGET, "kubeconfig": path})[1]["msg"]


def test_a_missing_library_is_named(run: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_names: str) -> t.Any:
        raise _libraries._missing("kubernetes")

    monkeypatch.setattr(_libraries, "_import", refuse)
    _libraries.load_transport.cache_clear()
    code, result = run({**TARGET, **HERE})
    _libraries.load_transport.cache_clear()
    assert code == 1
    assert "Failed to import the required Python library (kubernetes)" in result["msg"]
    assert result["error"]["kind"] == "LibraryError"


def test_examples_use_options_that_exist() -> None:
    from ansible_collections.milvus.cluster.plugins.module_utils._argspec import COMMON

    tasks = yaml.safe_load(milvus_info.EXAMPLES)
    used = {option for task in tasks for option in task.get("milvus.cluster.milvus_info", {})}
    assert used
    assert used <= set(COMMON)
