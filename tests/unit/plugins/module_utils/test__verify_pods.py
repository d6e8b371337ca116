# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Pods, and volumes, endpoints and disruption budgets around them, judged."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._verify_scene import Budget, Scene
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.releases import DATA, NAME, QUERY
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.scenes import (
    SERVICE,
    Json,
    ago,
    change_live,
    change_pod,
    check,
    killed,
    make_scene,
    without,
)

LABELS = {"component": "proxy", "zone": "a"}


def test_all_pods_are_ready() -> None:
    outcome = check("pods", make_scene())
    assert outcome[:2] == ("passed", "6 pods of 6 workloads are ready, none restarted in the last 600 s")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"generation": 2}, "its controller has not seen the latest change"),
        ({"updated": 0}, "0 of 1 pods are of the latest revision"),
        ({"ready": 0}, "0 of 1 pods are ready"),
        ({"available": 0}, "0 of 1 pods are available"),
        ({"total": 2}, "1 pods too many"),
        ({"terminating": 1}, "1 pods are terminating"),
    ],
)
def test_what_a_controller_says(change: Json, words: str) -> None:
    outcome = check("pods", change_live(make_scene(), "querynode", **change))
    assert outcome[:2] == ("failed", f"Deployment {QUERY}: {words}")


def test_a_pod_that_is_not_ready_says_why() -> None:
    trouble = "the container exits again and again: Error, exit code 1"
    scene = change_live(make_scene(), "datanode", ready=0, available=0)
    outcome = check("pods", change_pod(scene, "datanode", ready_since=None, trouble=trouble))
    assert outcome[:2] == (
        "failed",
        f"Deployment {DATA}: 0 of 1 pods are ready (pod {DATA}-0: {trouble})",
    )


def test_pods_that_the_controller_does_not_count() -> None:
    """Before Kubernetes 1.35 terminating pods are not counted, and a status may be older than the pods."""
    ending = change_pod(change_live(make_scene(), "querynode", terminating=None), "querynode", is_ending=True)
    assert f"pod {QUERY}-0 is terminating" in check("pods", ending).evidence
    gone = dataclasses.replace(make_scene(), pods=())
    assert f"Deployment {QUERY}: 0 of 1 pods are ready" in check("pods", gone).evidence


def test_a_workload_that_is_missing_is_told_by_another_check() -> None:
    assert check("pods", without(make_scene(), "proxy")).outcome == "passed"


def test_a_restart_just_now() -> None:
    scene = change_pod(make_scene(), "querynode", exits=killed(seconds=42))
    words = f"pod {QUERY}-0: container milvus was restarted 42 s ago (OOMKilled, exit code 137)"
    assert check("pods", scene)[:2] == ("failed", words)
    assert check("pods", change_pod(make_scene(), "etcd", exits=killed(seconds=42))).outcome == "failed"


def test_restarts_that_do_not_count() -> None:
    old = change_pod(make_scene(), "querynode", exits=killed(seconds=601))
    assert check("pods", old).outcome == "passed"
    recent = change_pod(make_scene(), "querynode", exits=killed(seconds=599))
    assert check("pods", recent).outcome == "failed"
    assert check("pods", dataclasses.replace(recent, restart_window=0)).outcome == "passed"


@pytest.mark.parametrize(("age", "outcome"), [(200, "passed"), (75, "passed"), (65, "failed")])
def test_a_restart_before_the_dependencies_were_ready_is_part_of_a_start(age: float, outcome: str) -> None:
    scene = change_pod(make_scene(), "etcd", ready_since=ago(seconds=100))
    assert check("pods", change_pod(scene, "querynode", exits=killed(seconds=age))).outcome == outcome


def test_images() -> None:
    assert check("images", make_scene())[:2] == ("passed", "Milvus is milvus:1")
    tools = change_live(make_scene("querynode", "mixcoord", "attu"), "attu", image="attu:2")
    assert "images" not in check("images", tools).evidence


def test_a_workload_with_another_image_than_the_release() -> None:
    scene = change_pod(change_live(make_scene(), "datanode", image="milvus:2"), "datanode", image="milvus:2")
    outcome = check("images", scene)
    assert outcome.outcome == "failed"
    assert f"Deployment {DATA} has image milvus:2, the release milvus:1" in outcome.evidence
    assert "the workloads of Milvus have 2 images: milvus:1, milvus:2" in outcome.evidence


def test_a_pod_with_another_image_than_its_workload() -> None:
    outcome = check("images", change_pod(make_scene(), "datanode", image="milvus:0"))
    assert outcome[:2] == ("failed", f"pod {DATA}-0 runs milvus:0, not milvus:1")


def test_an_image_whose_name_the_cluster_has_rewritten() -> None:
    scene = change_pod(make_scene(), "datanode", image="mirror.example.com/hub/milvus:1")
    words = "the cluster has rewritten the image's name for 1 of 6 pods, as to mirror.example.com/hub/milvus:1"
    assert check("images", scene)[:2] == ("passed", f"Milvus is milvus:1; {words}")
    for image in ("mirror.example.com/hub/milvus:1", "docker.io/milvus:1", "milvus:1@sha256:1"):
        whole = change_pod(change_live(make_scene(), "datanode", image=image), "datanode", image=image)
        assert check("images", whole)[:2] == ("passed", "Milvus is milvus:1")


def test_volumes() -> None:
    scene = make_scene()
    assert check("volumes", scene)[:2] == ("passed", "the release has no claims")
    bound = dataclasses.replace(scene, claims={"a": "Bound", "b": "Bound"})
    assert check("volumes", bound)[:2] == ("passed", "all 2 claims are bound")
    bad = dataclasses.replace(scene, claims={"a": "Bound", "b": "Pending", "c": "Lost", "d": ""})
    words = "; ".join(f"PersistentVolumeClaim {each}" for each in ("b is Pending", "c is Lost", "d does not exist"))
    assert check("volumes", bad)[:2] == ("failed", words)


def test_endpoints() -> None:
    words = f"ready endpoints of Service {SERVICE}: 1, proxies: 1"
    assert check("endpoints", make_scene())[:2] == ("passed", words)
    none = dataclasses.replace(make_scene(), ready_endpoints=frozenset())
    assert check("endpoints", none)[:2] == ("failed", words.replace("1, ", "0, "))
    idle = dataclasses.replace(make_scene(live={"proxy": 0}), ready_endpoints=frozenset())
    assert check("endpoints", idle).outcome == "failed"
    gone = dataclasses.replace(make_scene(), ready_endpoints=None)
    assert check("endpoints", gone)[:2] == ("failed", f"Service {SERVICE} does not exist")
    assert check("endpoints", make_scene("querynode"))[:2] == ("failed", "the release has no Service for its proxies")


def budgets(*given: Budget) -> Scene:
    return change_pod(dataclasses.replace(make_scene(), budgets=given), "proxy", labels=LABELS)


def test_disruption_budgets() -> None:
    assert check("disruption_budgets", make_scene())[:2] == ("passed", "no budget is for its pods")
    wide = Budget("b", {"matchLabels": {"component": "proxy"}}, 3, 2, 3, 1)
    assert check("disruption_budgets", budgets(wide))[:2] == ("passed", "b allows 1 of 3")
    of_others = Budget("b", {"matchLabels": {"component": "other"}}, 1, 1, 1, 0)
    assert check("disruption_budgets", budgets(of_others)).outcome == "passed"


def test_disruption_budgets_that_are_too_tight() -> None:
    selector = {"matchLabels": {"component": "proxy"}}
    never = check("disruption_budgets", budgets(Budget("b", selector, 1, 1, 1, 0)))
    assert never[:2] == ("failed", "b wants 1 of 1 pods to stay")
    now = check("disruption_budgets", budgets(Budget("b", selector, 1, 2, 3, 0)))
    assert now[:2] == ("failed", "b allows no disruption: 1 pods are healthy, 2 have to be")


def test_two_budgets_for_a_pod() -> None:
    one = Budget("a", {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}, 3, 2, 3, 1)
    outcome = check("disruption_budgets", budgets(one, one._replace(name="b", selector={})))
    assert outcome.outcome == "failed"
    assert f"pod {NAME}-milvus-proxy-0 has 2 budgets, so that it cannot be evicted: a, b" in outcome.evidence


def test_a_pod_that_drains_is_named() -> None:
    scene = change_pod(make_scene(live={"querynode": 2}), "querynode", is_ending=True)
    outcome = check("pods", change_live(scene, "querynode", terminating=1))
    name = "my-release-milvus-querynode"
    assert outcome.evidence == f"Deployment {name}: 1 pods are terminating (pod {name}-0 is terminating)"
