# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Objects of the API as the checks see them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._verify_scene import (
    Exit,
    parse_time,
    read_budget,
    read_pods,
    read_ready_endpoints,
    selects,
)
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.releases import QUERY
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.scenes import Json, make_scene

TIME = "2026-01-01T00:00:00Z"
TOPOLOGY = make_scene().topology


def pod(name: str = f"{QUERY}-5d4f9-abcde", **status: t.Any) -> Json:
    spec: Json = {"containers": [{"name": "querynode", "image": "milvus:1"}, {"name": "sidecar", "image": "x"}]}
    return {"metadata": {"name": name, "labels": {"a": "b"}}, "spec": spec, "status": {"phase": "Running", **status}}


def test_a_pod_that_is_ready() -> None:
    item = pod(conditions=[{"type": "Ready", "status": "True", "lastTransitionTime": TIME}], podIP="10.0.0.1")
    item["spec"]["volumes"] = [{"name": "x", "emptyDir": {}}, {"persistentVolumeClaim": {"claimName": "data-0"}}]
    (found,) = read_pods([item], TOPOLOGY)
    assert found[:4] == (f"{QUERY}-5d4f9-abcde", f"Deployment/{QUERY}", "milvus:1", {"a": "b"})
    assert (found.ready_since, found.is_ready, found.trouble) == (parse_time(TIME), True, "")
    assert (found.claims, found.address) == (("data-0",), "10.0.0.1")
    ending = {**item, "metadata": {**item["metadata"], "deletionTimestamp": TIME}}
    assert [(one.is_ending, one.is_ready) for one in read_pods([ending], TOPOLOGY)] == [(True, False)]


def test_a_pod_that_exits() -> None:
    ended = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": TIME}
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
    status = {
        "name": "querynode",
        "ready": False,
        "restartCount": 3,
        "state": waiting,
        "lastState": {"terminated": ended},
    }
    (found,) = read_pods([pod(containerStatuses=[status])], TOPOLOGY)
    assert found.trouble == "the container needs more memory than its limit: OOMKilled, exit code 137"
    assert found.exits == (Exit("querynode", "OOMKilled, exit code 137", parse_time(TIME)),)


def test_a_pod_whose_node_is_not_heard_of() -> None:
    """What its kubelet has said last is that its containers are ready; it was the node controller that said more."""
    said: list[Json] = [
        {"name": name, "ready": True, "restartCount": 0, "state": {"running": {}}} for name in ("a", "b")
    ]
    item = pod(conditions=[{"type": "Ready", "status": "False"}], containerStatuses=said)
    item["spec"]["nodeName"] = "node-1"
    (found,) = read_pods([item], TOPOLOGY)
    assert (found.is_ready, found.trouble) == (
        False,
        "its node is not ready: node node-1 tells nothing of it any more",
    )
    item["spec"]["readinessGates"] = [{"conditionType": "example.com/balanced"}]
    (found,) = read_pods([item], TOPOLOGY)
    assert "node" not in found.trouble


def test_where_a_pod_serves() -> None:
    item = pod()
    assert [one.port for one in read_pods([item], TOPOLOGY)] == [0]
    ports = [{"containerPort": 9091, "name": "metrics"}, {"containerPort": 19530, "name": "milvus"}]
    item["spec"]["containers"][0]["ports"] = ports
    assert [one.port for one in read_pods([item], TOPOLOGY)] == [19530]


def test_pods_that_do_not_count() -> None:
    over = [pod(phase=phase) for phase in ("Succeeded", "Failed")]
    assert read_pods([*over, pod("of-others-1")], TOPOLOGY) == ()


def test_ready_endpoints() -> None:
    def endpoint(name: str, address: str, **conditions: bool) -> Json:
        target = {"targetRef": {"kind": "Pod", "name": name}} if name else {}
        return {"addresses": [address], "conditions": conditions, **target}

    four = {"endpoints": [endpoint("a", "10.0.0.1", ready=True), endpoint("b", "10.0.0.2", ready=False)]}
    six = {"endpoints": [endpoint("a", "fd00::1", ready=True), endpoint("", "fd00::9"), endpoint("c", "fd00::3")]}
    assert read_ready_endpoints([four, six, {"endpoints": None}]) == {"a", "fd00::9", "c"}


def test_a_budget() -> None:
    status = {"currentHealthy": 3, "desiredHealthy": 2, "expectedPods": 3, "disruptionsAllowed": 1}
    item = {"metadata": {"name": "b"}, "spec": {"selector": {}}, "status": status}
    assert read_budget(item) == ("b", {}, 3, 2, 3, 1)
    assert read_budget({"metadata": {"name": "b"}, "spec": {}}) == ("b", None, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        (None, True),
        (("a", "In", ["b", "c"]), True),
        (("a", "In", ["c"]), False),
        (("a", "NotIn", ["c"]), True),
        (("x", "NotIn", ["c"]), True),
        (("a", "NotIn", ["b"]), False),
        (("a", "Exists", None), True),
        (("x", "Exists", None), False),
        (("x", "DoesNotExist", None), True),
        (("a", "DoesNotExist", None), False),
    ],
)
def test_a_selector(expression: tuple[str, str, list[str] | None] | None, matches: bool) -> None:
    expressions = [dict(zip(("key", "operator", "values"), expression))] if expression else []
    assert selects({"matchLabels": {"z": "1"}, "matchExpressions": expressions}, {"a": "b", "z": "1"}) == matches
    assert not selects({"matchLabels": {"z": "2"}, "matchExpressions": expressions}, {"a": "b", "z": "1"})


def test_selectors_of_all_and_of_none() -> None:
    assert selects({}, {"a": "b"})
    assert not selects(None, {"a": "b"})
