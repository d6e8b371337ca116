# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Resource groups as milvus_verify asks for them, through a proxy by way of the API server, and how that comes out."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import VERIFY
from ansible_collections.milvus.cluster.plugins.module_utils._errors import ForbiddenError, KubeError
from ansible_collections.milvus.cluster.plugins.module_utils._kube import PodPort, Served
from ansible_collections.milvus.cluster.plugins.module_utils._verify_checks import judge_all
from ansible_collections.milvus.cluster.plugins.module_utils._verify_observe import look
from ansible_collections.milvus.cluster.plugins.module_utils._verify_outcome import Outcome
from ansible_collections.milvus.cluster.plugins.module_utils._verify_scene import GROUPS, Scene
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.milvus_api import FakeDoor, Store, make_group
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.scenes import (
    change_pod,
    make_scene,
    without,
)

Json = dict[str, t.Any]


class Proxies:
    """A client whose proxies are those of a Milvus with these groups; *error* is raised in place of an answer."""

    def __init__(self, *groups: Json, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self._error = error
        store = Store()
        store.groups = {group["name"]: group for group in groups}
        self._door = FakeDoor(store, version=2)

    def send_pod(self, where: PodPort, path: str, *, body: Json | None, seconds: float) -> Served:
        self.asked.append(where.pod)
        if self._error is not None:
            raise self._error
        return self._door.send(path, body, seconds=seconds)


def verify(client: Proxies, scene: Scene, *, is_check: bool = False) -> Outcome:
    options = {name: spec.get("default") for name, spec in VERIFY.items()}
    task: t.Any = types.SimpleNamespace(client=client, options=options, is_check=is_check)
    (checked,) = judge_all(look(task, scene, needs=[GROUPS]), ["resource_groups"], required=())
    return checked.outcome


def placed() -> Scene:
    return change_pod(make_scene(live={"proxy": 2}), "querynode", address="10.0.0.1")


@pytest.mark.parametrize("is_check", [False, True])
def test_groups_that_are_right(is_check: bool) -> None:
    client = Proxies(make_group("rg1", "10.0.0.1:21123", requests=1))
    outcome = verify(client, placed(), is_check=is_check)
    assert outcome == ("passed", "query nodes by resource group: rg1 1 (requests 1)", "", "")
    assert client.asked == ["my-release-milvus-proxy-0"] * 3


def test_an_account_that_may_not_ask() -> None:
    error = ForbiddenError("Sending", reason="it is forbidden", remedy="Add this rule.")
    outcome = verify(Proxies(error=error), placed())
    assert outcome[:3] == ("skipped", "", "Sending failed: it is forbidden. Add this rule.")


def test_proxies_that_are_not_reached() -> None:
    client = Proxies(error=KubeError("Sending", reason="no way there", remedy="Look."))
    assert verify(client, placed())[:3] == ("skipped", "", "no way there")
    assert client.asked == ["my-release-milvus-proxy-0", "my-release-milvus-proxy-1"]


def test_without_a_proxy() -> None:
    outcome = verify(Proxies(), without(placed(), "proxy"))
    assert outcome[:2] == ("failed", "no proxy is ready to be asked")


def test_a_standalone_milvus_is_not_asked() -> None:
    client = Proxies()
    assert (verify(client, make_scene("standalone")).outcome, client.asked) == ("skipped", [])
