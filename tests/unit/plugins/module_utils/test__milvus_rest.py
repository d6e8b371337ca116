# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The doors to Milvus: how requests look on the wire, and what becomes of those without an answer."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._connection import connect
from ansible_collections.milvus.cluster.plugins.module_utils._errors import (
    CredentialsError,
    DataError,
    ForbiddenError,
    UnansweredError,
    UnreachedError,
    UnsupportedError,
)
from ansible_collections.milvus.cluster.plugins.module_utils._kube import KubeClient, PodPort, Served
from ansible_collections.milvus.cluster.plugins.module_utils._milvus_rest import AddressDoor, Milvus, PodDoor
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.fake_api import (
    Handler,
    Request,
    make_tls,
    serve,
)
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.milvus_api import (
    FakeDoor,
    Store,
    make_group,
    refuse,
)

OK = {"code": 200, "data": []}
PROXY = "/api/v1/namespaces/milvus/pods/{}/proxy/"


def pod_door(url: str, *, is_tls: bool = False) -> PodDoor:
    return PodDoor(KubeClient(connect({"host": url, "api_key": "t"}, {}), "milvus"), PodPort("p", 19530, is_tls))


def answer(body: t.Any, *, status: int = 200) -> Handler:
    return lambda request: request.reply(body, status=status)


def test_a_pod_is_asked_by_way_of_the_api_server() -> None:
    with serve(answer(OK)) as server:
        pod_door(server.url).send("v2/x", {"a": 1}, seconds=5)
        pod_door(server.url, is_tls=True).send("v1/y", None, seconds=5)
    assert [path for path, _headers in server.requests] == [
        PROXY.format("p%3A19530") + "v2/x",
        PROXY.format("https%3Ap%3A19530") + "v1/y",
    ]
    assert server.sent == [("POST", {"a": 1}), ("GET", None)]


def test_what_a_pod_says_is_no_refusal_of_the_api_server() -> None:
    with serve(answer({"code": 1800, "message": "no"}, status=401)) as server:
        assert pod_door(server.url).send("v1/x", {}, seconds=5).status == 401


def test_a_pod_that_cannot_be_asked() -> None:
    reached = "error trying to reach service: refused"
    with serve(lambda request: request.refuse(503, reached)) as server, pytest.raises(UnreachedError, match=reached):
        pod_door(server.url).send("v1/x", {}, seconds=5)
    words = 'pods "p:19530" is forbidden: User "u" cannot create resource "pods/proxy" in API group ""'
    with serve(lambda request: request.refuse(403, words)) as server, pytest.raises(ForbiddenError) as caught:
        pod_door(server.url).send("v1/x", {}, seconds=5)
    assert caught.value.facts["rbac_rule"] == {"apiGroups": [""], "resources": ["pods/proxy"], "verbs": ["create"]}
    assert "Sending to /v1/x of Pod p:19530 through the API server failed" in str(caught.value)


@pytest.mark.parametrize("make", [pod_door, lambda url: AddressDoor(url, credentials="", ca_cert="")])
def test_a_milvus_that_hangs(make: t.Callable[[str], t.Any]) -> None:
    with serve(Request.hang) as server, pytest.raises(UnansweredError, match=r"no answer to /v1/x within 0 s"):
        make(server.url).send("v1/x", {}, seconds=0.3)


def test_an_address_is_shown_the_credentials() -> None:
    with serve(answer(OK)) as server:
        served = AddressDoor(f"{server.url}/", credentials="root:Milvus", ca_cert="").send("v1/x", {"a": 1}, seconds=5)
        AddressDoor(server.url, credentials="", ca_cert="").send("v1/y", None, seconds=5)
    assert (served.status, served.text) == (200, '{"code": 200, "data": []}')
    (path, first), (_path, second) = server.requests
    assert (path, first["Authorization"]) == ("/v1/x", "Bearer root:Milvus")
    assert "Authorization" not in second
    assert server.sent == [("POST", {"a": 1}), ("GET", None)]


def test_an_address_with_tls(tmp_path: Path) -> None:
    context, ca_cert = make_tls(tmp_path)
    with serve(answer(OK), context) as server:
        assert AddressDoor(server.url, credentials="", ca_cert=ca_cert).send("v1/x", {}, seconds=5).status == 200
        with pytest.raises(DataError, match="certificate verify failed"):
            AddressDoor(server.url, credentials="", ca_cert="").send("v1/x", {}, seconds=5)


def test_an_address_that_says_no() -> None:
    with serve(answer({"code": 1800}, status=401)) as server:
        door = AddressDoor(server.url, credentials="x", ca_cert="")
        assert door.send("v1/x", {}, seconds=5) == (401, '{"code": 1800}')
    with pytest.raises(DataError, match=r"Check milvus_uri\.") as caught:
        door.send("v1/x", {}, seconds=5)
    assert not isinstance(caught.value, UnreachedError)


def test_resource_groups() -> None:
    store = Store()
    store.groups = {"rg1": make_group("rg1", "10.0.0.1:21123", requests=1), "idle": make_group("idle")}
    door = FakeDoor(store, version=2)
    milvus = Milvus(door)
    assert milvus.list_groups(seconds=5) == ("rg1", "idle")
    found = milvus.describe_group("rg1", seconds=5)
    assert (found["config"]["requests"], found["nodes"][0]["address"]) == ({"node_num": 1}, "10.0.0.1:21123")
    assert "nodes" not in milvus.describe_group("idle", seconds=5)
    assert door.sent[1:] == [
        ("v2/vectordb/resource_groups/list", {}),
        ("v2/vectordb/resource_groups/describe", {"name": "rg1"}),
        ("v2/vectordb/resource_groups/describe", {"name": "idle"}),
    ]
    with pytest.raises(DataError, match="with code 300: 'resource group not found'"):
        milvus.describe_group("rg2", seconds=5)


@pytest.mark.parametrize("text", ['{"resource_group": null}', "{}", "[]"])
def test_what_is_no_resource_group(text: str) -> None:
    door = FakeDoor(Store(), version=2)
    door.broken = {"describe_groups": [Served(200, text)]}
    with pytest.raises(DataError, match="resource_groups/describe with HTTP 200"):
        Milvus(door).describe_group("rg1", seconds=5)


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_milvus_does_not_tell_resource_groups(version: int) -> None:
    with pytest.raises(UnsupportedError, match=r"which 2\.5\.3 and later do"):
        Milvus(FakeDoor(Store(), version=version)).list_groups(seconds=5)


def test_resource_groups_for_which_milvus_wants_credentials() -> None:
    door = FakeDoor(Store(), version=2)
    door.broken = {"list_groups": [refuse(1800, "user hasn't authenticated", status=401)]}
    with pytest.raises(CredentialsError):
        Milvus(door).list_groups(seconds=5)
