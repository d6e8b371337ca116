# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t
from fractions import Fraction

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._pod_size import Size
from ansible_collections.milvus.cluster.plugins.module_utils._preflight_check import Check
from ansible_collections.milvus.cluster.plugins.module_utils._preflight_demand import PodSet
from ansible_collections.milvus.cluster.plugins.module_utils._preflight_room import fill, judge_room, read_nodes

Json = dict[str, t.Any]
GPU = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


def node(
    name: str, cpu: str = "4", *, pods: str = "10", ready: str = "True", labels: Json | None = None, **spec: t.Any
) -> Json:
    status = {
        "conditions": [{"type": "Ready", "status": ready}],
        "allocatable": {"cpu": cpu, "memory": "8Gi", "pods": pods},
    }
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": spec, "status": status}


def pods(count: int, cpu: int, *, before: int = 0, old: int = 0, key: str = "Deployment/a", **spec: t.Any) -> PodSet:
    had, gets = (Size({"cpu": Fraction(each), "memory": Fraction(2**30)}, {}) for each in (old or cpu, cpu))
    return PodSet(key, before, count, had, gets, spec)


def running(on: str, cpu: str) -> Json:
    return {"spec": {"nodeName": on, "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}}


def judge(*pod_sets: PodSet, nodes: t.Sequence[Json], there: t.Sequence[Json] = ()) -> Check:
    found = read_nodes(nodes)
    fill(found, there)
    return judge_room(pod_sets, found, is_required=False)


def test_it_fits() -> None:
    check = judge(pods(3, 2), nodes=[node("a"), node("b")])
    assert check.outcome == "passed"
    assert check.evidence.startswith("room for 3 more pods, cpu 6, memory 3Gi, on 2 nodes (")


def test_what_is_there_takes_room() -> None:
    there = [running("a", "2500m"), running("b", "1"), running("gone", "64")]
    check = judge(pods(3, 2), nodes=[node("a"), node("b")], there=there)
    assert check.outcome == "warned"
    assert check.evidence.startswith("no room for 2 pods of Deployment/a (cpu 2, memory 1Gi each); of 2 nodes none has")
    assert "cpu 1500m, memory 8Gi and places for 9 pods" in check.evidence


def test_the_largest_come_first() -> None:
    """In the order of names the small ones would take the only node that the large one fits on."""
    small, large = pods(2, 1, key="Deployment/a"), pods(1, 4, key="Deployment/b")
    assert judge(small, large, nodes=[node("a", "4"), node("b", "2")]).outcome == "passed"


def test_the_sum_is_not_enough() -> None:
    assert judge(pods(1, 6), nodes=[node("a"), node("b")]).outcome == "warned"


def test_places_for_pods() -> None:
    assert judge(pods(3, 0), nodes=[node("a", pods="2")]).outcome == "warned"


@pytest.mark.parametrize("closed", [{"unschedulable": True}, {"ready": "False"}, {"ready": "Unknown"}])
def test_nodes_that_take_no_pods(closed: Json) -> None:
    check = judge(pods(1, 1), nodes=[node("a", **closed)])
    assert (check.outcome, "no node is ready and takes pods" in check.evidence) == ("warned", True)


@pytest.mark.parametrize(
    ("spec", "outcome"),
    [
        ({}, "warned"),
        ({"tolerations": [{"key": "gpu", "operator": "Exists"}]}, "passed"),
        ({"tolerations": [{"key": "gpu", "value": "yes"}]}, "passed"),
        ({"tolerations": [{"key": "gpu", "value": "no"}]}, "warned"),
        ({"tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoExecute"}]}, "warned"),
        ({"tolerations": [{"operator": "Exists"}]}, "passed"),
        ({"tolerations": [{"operator": "Exists"}], "nodeSelector": {"disk": "ssd"}}, "passed"),
        ({"tolerations": [{"operator": "Exists"}], "nodeSelector": {"disk": "none"}}, "warned"),
    ],
)
def test_taints_and_selectors(spec: Json, outcome: str) -> None:
    assert judge(pods(1, 1, **spec), nodes=[node("a", taints=[GPU], labels={"disk": "ssd"})]).outcome == outcome


def test_taints_that_keep_nobody_out() -> None:
    taint = {**GPU, "effect": "PreferNoSchedule"}
    assert judge(pods(1, 1), nodes=[node("a", taints=[taint])]).outcome == "passed"


def test_growth_needs_room_and_no_place() -> None:
    grown = pods(2, 3, before=2, old=1)
    assert judge(grown, nodes=[node("a", pods="0")]).outcome == "passed"
    check = judge(pods(2, 9, before=2, old=1), nodes=[node("a")])
    assert check.evidence.startswith("no room for the growth of 2 pods of Deployment/a (by cpu 8 each)")


def test_it_can_be_required() -> None:
    check = judge_room([pods(1, 9)], read_nodes([node("a")]), is_required=True)
    assert check.outcome == "failed"
    assert check.remedy.startswith("Add nodes")


def test_nothing_is_added() -> None:
    assert judge(pods(2, 4, before=2), nodes=[]).outcome == "passed"
