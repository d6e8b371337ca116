# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._draft import Plan, Take, Wish, draft
from ansible_collections.milvus.cluster.plugins.module_utils._manifest import read_manifest
from ansible_collections.milvus.cluster.plugins.module_utils._observe import Observation
from ansible_collections.milvus.cluster.plugins.module_utils._plan import Render, complete
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.releases import (
    DATA,
    ETCD,
    QUERY,
    Json,
    deployment,
    etcd,
    observe,
    other,
    release,
    render,
    wish,
)

QUERY_KEY, DATA_KEY, ETCD_KEY = f"Deployment/{QUERY}", f"Deployment/{DATA}", f"StatefulSet/{ETCD}"
CLUSTER = {"cluster": {"enabled": True}}
THREE = {"queryNode": {"replicas": 3}}


def plan_for(asked: Wish, found: Observation, *, shown: Render) -> Plan:
    drafted = draft(asked, found)
    assert drafted.reasons
    stored = read_manifest(found.running.manifest, where="a test") if found.running else {}
    return complete(drafted, found, render=shown, stored=stored, wish=asked)


def rows(plan: Plan) -> list[tuple[str, str, t.Any, t.Any]]:
    return [tuple(action) for action in plan.actions]


def blocked(plan: Plan) -> str:
    return " ".join(f"{one.action}: {one.reason}. {one.remedy}" for one in plan.blockers)


def test_a_first_install_is_a_cluster() -> None:
    plan = plan_for(wish(THREE), observe(None), shown=render(deployment("querynode", 3), other("Service", "s")))
    assert plan.values == {**CLUSTER, **THREE}
    assert rows(plan) == [
        ("install", "release milvus/my-release", None, "chart milvus 5.0.19 (Milvus 2.6.15)"),
        ("create", QUERY_KEY, None, 3),
    ]
    assert (plan.restarts, plan.blockers, plan.takes) == ((), (), ())


def test_a_first_install_may_be_standalone() -> None:
    standalone = {"cluster": {"enabled": False}}
    assert draft(wish(standalone), observe(None)).values == standalone


@pytest.mark.parametrize("policy", ["merge", "replace"])
def test_nothing_to_do(policy: str) -> None:
    found = observe(release(deployment("querynode", 3), values={**CLUSTER, **THREE}))
    assert draft(wish(THREE, policy=policy), found).reasons == ()
    assert draft(wish({"queryNode": {"replicas": 3.0}}, policy=policy), found).reasons == ()
    assert draft(wish({}, policy=policy), found).reasons == ()


def test_values_not_in_the_task_stay_or_go() -> None:
    values = {**CLUSTER, "dataNode": {"replicas": 2, "x": 1}}
    found = observe(release(deployment("datanode", 2), values=values))
    kept = draft(wish({}), found)
    assert (kept.values, kept.values_not_in_task, kept.reasons) == (values, ("dataNode.x",), ())
    gone = draft(wish({}, policy="replace"), found)
    assert gone.values == {**CLUSTER, "dataNode": {"replicas": 2}}
    assert gone.reasons


def test_an_autoscaler_stays_unless_the_task_says_otherwise() -> None:
    values = {**CLUSTER, "queryNode": {"replicas": -1, "hpa": {"enabled": True, "maxReplicas": 5}}}
    found = observe(release(deployment("querynode", None), values=values))
    assert draft(wish({}, policy="replace"), found).reasons == ()
    off = {"queryNode": {"hpa": {"enabled": False}, "replicas": 2}}
    assert draft(wish(off, policy="replace"), found).values == {**CLUSTER, **off}


def test_a_change_of_values() -> None:
    found = observe(release(deployment("querynode"), deployment("datanode"), other("ConfigMap", "c")))
    shown = render(
        deployment("querynode", 3),
        deployment("datanode", image="milvus:2"),
        other("ConfigMap", "c", annotations={"a": 1}),
    )
    plan = plan_for(wish(THREE), found, shown=shown)
    assert rows(plan) == [
        ("set value", "queryNode.replicas", None, 3),
        ("update", "ConfigMap/c", None, None),
        ("restart", DATA_KEY, None, None),
        ("scale", QUERY_KEY, 1, 3),
    ]
    assert [tuple(restart) for restart in plan.restarts] == [("Deployment", DATA, 1)]


def test_secrets_are_hidden() -> None:
    secret = {"minio": {"secretKey": "correct horse"}}
    found = observe(release(deployment("querynode"), values={**CLUSTER, "minio": {"secretKey": "battery staple"}}))
    plan = plan_for(wish(secret, sensitive=secret), found, shown=render(deployment("querynode")))
    assert rows(plan) == [("set value", "minio.secretKey", "********", "********")]
    assert plan.values["minio"]["secretKey"] == "correct horse"


def test_jobs_that_leave_and_claims_that_are_kept() -> None:
    keep = {"helm.sh/resource-policy": "keep"}
    found = observe(
        release(deployment("querynode"), other("Job", "init"), other("PersistentVolumeClaim", "p", annotations=keep))
    )
    plan = plan_for(wish(THREE), found, shown=render(deployment("querynode", 3)))
    assert ("delete", "Job/init", None, None) in rows(plan)
    assert ("keep", "PersistentVolumeClaim/p", None, None) in rows(plan)
    assert not plan.blockers


def test_a_claim_is_not_deleted() -> None:
    found = observe(release(deployment("querynode"), other("PersistentVolumeClaim", "p")))
    plan = plan_for(wish(THREE), found, shown=render(deployment("querynode", 3)))
    assert "PersistentVolumeClaim/p would be deleted with its data" in blocked(plan)


def test_fields_that_kubernetes_does_not_change() -> None:
    found = observe(release(deployment("querynode"), etcd("new")))
    plan = plan_for(wish(THREE), found, shown=render(deployment("querynode", 3), etcd("new", storage="20Gi")))
    assert f"Changing {ETCD_KEY}: Kubernetes does not let volumeClaimTemplates of a StatefulSet change" in blocked(plan)


@pytest.mark.parametrize("policy", ["merge", "replace"])
def test_etcd_is_not_replaced_for_nothing(policy: str) -> None:
    found = observe(release(deployment("querynode"), etcd("new")))
    plan = plan_for(wish(THREE, policy=policy), found, shown=render(deployment("querynode", 3), etcd("existing")))
    assert plan.values == {**CLUSTER, **THREE, "etcd": {"initialClusterState": "new"}}
    assert plan.restarts == ()
    assert ("set value", "etcd.initialClusterState", None, "new") in rows(plan)


def test_the_pin_is_no_change_by_itself() -> None:
    values = {**CLUSTER, **THREE, "etcd": {"initialClusterState": "new"}}
    found = observe(release(deployment("querynode", 3), etcd("new"), values=values))
    for policy in ("merge", "replace"):
        drafted = draft(wish(THREE, policy=policy), found)
        assert (drafted.reasons, drafted.values_not_in_task) == ((), ())


def test_the_pin_goes_with_the_upgrade_that_replaces_etcd_anyway() -> None:
    values: Json = {**CLUSTER, "etcd": {"initialClusterState": "new"}}
    found = observe(release(deployment("querynode"), etcd("new"), values=values))
    plan = plan_for(wish(THREE), found, shown=render(deployment("querynode", 3), etcd("new", image="etcd:2")))
    assert plan.values == {**CLUSTER, **THREE}
    assert [restart.name for restart in plan.restarts] == [ETCD]
    chosen = {**THREE, "etcd": {"initialClusterState": "new"}}
    plan = plan_for(wish(chosen), found, shown=render(deployment("querynode", 3), etcd("new", image="etcd:2")))
    assert plan.values == {**values, **THREE}


def test_a_live_count_is_kept_when_something_else_changes() -> None:
    found = observe(release(deployment("querynode"), deployment("datanode")), live={QUERY_KEY: 5}, owner="kubectl")
    assert draft(wish({}), found).reasons == ()
    plan = plan_for(wish({"x": 1}), found, shown=render(deployment("querynode", 5), deployment("datanode")))
    assert plan.values == {**CLUSTER, "x": 1, "queryNode": {"replicas": 5}}
    assert (plan.blockers, plan.takes) == ((), ())


@pytest.mark.parametrize("server_side", [True, False])
def test_a_count_that_the_task_names_is_restored(server_side: bool) -> None:
    found = observe(
        release(deployment("querynode", 3), values={**CLUSTER, **THREE}), live={QUERY_KEY: 1}, owner="kubectl"
    )
    plan = plan_for(wish(THREE), found, shown=render(deployment("querynode", 3), server_side=server_side))
    assert rows(plan) == [("restore count", "query_node", 1, 3)]
    assert plan.takes == ((Take("Deployment", QUERY, 3, hold=False),) if server_side else ())


def test_scaling_in_is_refused() -> None:
    found = observe(release(deployment("querynode")), live={QUERY_KEY: 5}, owner="kubectl")
    shown = render(deployment("querynode", 3))
    plan = plan_for(wish(THREE), found, shown=shown)
    assert f"Scaling {QUERY_KEY} in: it has 5 pods, and the values ask for 3" in blocked(plan)
    allowed = plan_for(wish(THREE, allow_scale_in=True), found, shown=shown)
    assert not allowed.blockers
    assert allowed.takes == (Take("Deployment", QUERY, 3, hold=False),)


def test_an_autoscaler_in_the_way_is_named() -> None:
    found = observe(release(deployment("querynode")), live={QUERY_KEY: 5}, autoscaled=QUERY)
    plan = plan_for(wish(THREE), found, shown=render(deployment("querynode", 3)))
    assert f"it has 5 pods, kept by HorizontalPodAutoscaler {QUERY}-hpa, and" in blocked(plan)


@pytest.mark.parametrize(("server_side", "takes"), [(True, (Take("Deployment", QUERY, 4, hold=True),)), (False, ())])
def test_handing_the_count_to_an_autoscaler(server_side: bool, takes: tuple[Take, ...]) -> None:
    """Under server-side apply the live count is held; else helm would drop it to one, and that is refused."""
    found = observe(release(deployment("querynode", 4), values={**CLUSTER, "queryNode": {"replicas": 4}}))
    shown = render(deployment("querynode", None), server_side=server_side)
    plan = plan_for(wish({"queryNode": {"replicas": -1, "hpa": {"enabled": True}}}), found, shown=shown)
    assert plan.takes == takes
    assert bool(plan.blockers) != server_side


def test_a_count_that_was_held_is_let_go_of() -> None:
    """The manifest names it again: else the next upgrade of helm's own would stop at it."""
    values = {**CLUSTER, "queryNode": {"replicas": -1}}
    found = observe(release(deployment("querynode", None), values=values), live={QUERY_KEY: 3}, owner="milvus.cluster")
    plan = plan_for(wish(THREE), found, shown=render(deployment("querynode", 3)))
    assert plan.takes == (Take("Deployment", QUERY, 3, hold=False),)


def test_a_failed_release_is_repaired() -> None:
    running = release(deployment("querynode"))
    found = observe(running, newest=release(deployment("querynode"), status="failed", revision=2))
    plan = plan_for(wish({}), found, shown=render(deployment("querynode")))
    assert rows(plan) == [("repair", "revision 2 of release milvus/my-release", "failed", "deployed")]


@pytest.mark.parametrize("image", ["milvus:1", "milvus:2"])
def test_signs_of_reused_values_count_where_they_have_an_effect(image: str) -> None:
    running = release(deployment("querynode"))
    chart = running.chart._replace(defaults={"image": {"all": {"tag": "v2.6.14"}}})
    found = observe(dataclasses.replace(running, chart=chart))
    plan = plan_for(wish({}), found, shown=render(deployment("querynode", image=image)))
    assert plan.changed == (image == "milvus:2")
    assert [(restart.name, restart.pods) for restart in plan.restarts] == ([(QUERY, 1)] if plan.changed else [])


def test_a_move_of_the_chart() -> None:
    found = observe(release(deployment("querynode"), version="5.0.17"))
    shown = render(deployment("querynode", image="milvus:2"))
    plan = plan_for(wish({}, chart_differs="chart milvus >5.0.17"), found, shown=shown)
    assert rows(plan)[0] == (
        "upgrade",
        "release milvus/my-release",
        "chart milvus 5.0.17",
        "chart milvus 5.0.19 (Milvus 2.6.15)",
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("5.0.19", "5.0.17", "chart 5.0.17 is older than 5.0.19"),
        ("4.1.28", "5.0.19", "Go to chart_version 4.2.58 with the mix coordinator first"),
        ("4.2.57", "5.0.0", "Milvus 2.6 of chart 5.0.0 cannot take over from chart 4.2.57"),
        ("4.2.58", "5.0.0", ""),
        ("4.1.28", "4.2.58", ""),
        ("5.0.17", "5.0.19", ""),
    ],
)
def test_unsafe_moves(before: str, after: str, words: str) -> None:
    found = observe(release(deployment("querynode"), version=before))
    shown = render(deployment("querynode"), version=after)
    plan = plan_for(wish({}, chart_differs="x"), found, shown=shown)
    assert words in blocked(plan)
    assert bool(words) == bool(plan.blockers)
    assert not plan_for(wish({}, chart_differs="x", allow_unsafe_upgrade=True), found, shown=shown).blockers


def test_a_standalone_server_does_not_become_a_cluster() -> None:
    found = observe(release(deployment("standalone"), values={"cluster": {"enabled": False}}))
    assert draft(wish({}, policy="replace"), found).reasons == ()
    plan = plan_for(wish(CLUSTER), found, shown=render(deployment("querynode")))
    assert "would turn from standalone to cluster" in blocked(plan)


def test_an_operator_managed_milvus_is_left_alone() -> None:
    found = Observation("my-release", "milvus", observe(None).time, observe(None).history, operator_managed=True)
    assert [one.reason for one in draft(wish({}), found).blockers] == [
        "a Milvus of that name is there, managed by milvus-operator"
    ]
