# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._draft import Plan, Take
from ansible_collections.milvus.cluster.plugins.module_utils._drift import Drift
from ansible_collections.milvus.cluster.plugins.module_utils._manifest import read_manifest
from ansible_collections.milvus.cluster.plugins.module_utils._observe import Observation
from ansible_collections.milvus.cluster.plugins.module_utils._plan import Render
from ansible_collections.milvus.cluster.plugins.module_utils._scale_draft import (
    ScaleWish,
    choose_counts,
    draft_scale,
    keep_counts,
)
from ansible_collections.milvus.cluster.plugins.module_utils._scale_plan import complete_scale
from ansible_collections.milvus.cluster.plugins.module_utils._scale_refusals import find_chart_remedy
from ansible_collections.milvus.cluster.plugins.module_utils._scale_request import Request, Scaler
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.releases import (
    DATA,
    NAME,
    QUERY,
    Json,
    deployment,
    etcd,
    observe,
    other,
    release,
    render,
)

QUERY_KEY, DATA_KEY = f"Deployment/{QUERY}", f"Deployment/{DATA}"
CLUSTER = {"cluster": {"enabled": True}}
HPA = {"enabled": False, "minReplicas": 1, "maxReplicas": 5, "cpuUtilization": 40}


def wish(
    counts: t.Mapping[str, int] | None = None, scalers: t.Mapping[str, Scaler] | None = None, **more: t.Any
) -> ScaleWish:
    return ScaleWish(Request(counts or {}, scalers or {}), **more)


def plan_for(asked: ScaleWish, found: Observation, *, shown: Render) -> Plan:
    drafted = draft_scale(asked, found)
    assert drafted.reasons, drafted.blockers
    assert found.running
    stored = read_manifest(found.running.manifest, where="a test")
    return complete_scale(drafted, found, render=shown, stored=stored, wish=asked)


def refuse(asked: ScaleWish, found: Observation) -> str:
    (blocker,) = draft_scale(asked, found).blockers
    return f"{blocker.action} is blocked: {blocker.reason}. {blocker.remedy}"


def rows(plan: Plan) -> list[tuple[t.Any, ...]]:
    return [tuple(action) for action in plan.actions]


def with_hpa(*objects: Json, values: Json | None = None) -> t.Any:
    made = release(*objects, values={**CLUSTER, **(values or {})})
    return dataclasses.replace(made, chart=made.chart._replace(defaults={"queryNode": {"hpa": HPA}}))


def test_out() -> None:
    found = observe(release(deployment("querynode"), deployment("datanode"), other("Job", "init")))
    shown = render(deployment("querynode", 3), deployment("datanode"))
    plan = plan_for(wish({"query_node": 3}), found, shown=shown)
    assert plan.values == {**CLUSTER, "queryNode": {"replicas": 3}}
    assert rows(plan) == [
        ("set value", "queryNode.replicas", None, 3),
        ("scale", QUERY_KEY, 1, 3),
        ("delete", "Job/init", None, None),
    ]
    assert (plan.blockers, plan.takes, plan.phases) == ((), (), ())
    assert "queryCoord.autoBalance" in " ".join(plan.warnings)


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("querynode", 3, 1, ["each time a query_node pod"]),
        ("proxy", 3, 1, ["each time a proxy pod has gone"]),
        ("proxy", 1, 3, []),
        ("datanode", 3, 1, []),
    ],
)
def test_what_searches_meet_is_said_before(name: str, before: int, after: int, words: list[str]) -> None:
    found = observe(release(deployment(name, before)))
    worker = {"querynode": "query_node", "datanode": "data_node", "proxy": "proxy"}[name]
    plan = plan_for(wish({worker: after}), found, shown=render(deployment(name, after)))
    assert len(plan.warnings) == len(words)
    assert all(word in warning for word, warning in zip(words, plan.warnings))


@pytest.mark.parametrize("counts", [{"query_node": 3}, {"query_node": 3, "data_node": 1}, {}])
def test_nothing_to_do(counts: dict[str, int]) -> None:
    found = observe(release(deployment("querynode", 3), deployment("datanode")))
    assert not draft_scale(wish(counts), found).reasons


@pytest.mark.parametrize(("step", "counts"), [(1, (4, 3, 2)), (2, (3, 2)), (9, (2,))])
def test_in_goes_by_steps(step: int, counts: tuple[int, ...]) -> None:
    found = observe(release(deployment("querynode", 5)))
    plan = plan_for(wish({"query_node": 2}, scale_in_step=step), found, shown=render(deployment("querynode", 2)))
    assert plan.phases == tuple((Take("Deployment", QUERY, count, hold=False),) for count in counts)
    assert plan.takes == (Take("Deployment", QUERY, 2, hold=False),)


@pytest.mark.parametrize(("ready", "target", "counts"), [(2, 1, (2, 1)), (0, 1, (1,)), (3, 4, (4,)), (5, 4, (4,))])
def test_pods_that_are_not_ready_are_stopped_at_once(ready: int, target: int, counts: tuple[int, ...]) -> None:
    found = observe(release(deployment("querynode", 5)))
    live = found.live[QUERY_KEY]
    unready = live._replace(counts=live.counts._replace(ready=ready))
    found = dataclasses.replace(found, live={QUERY_KEY: unready})
    plan = plan_for(wish({"query_node": target}), found, shown=render(deployment("querynode", target)))
    assert tuple(take.replicas for phase in plan.phases for take in phase) == counts


def test_pods_that_are_not_ready_go_before_anything_is_waited_for() -> None:
    """Else no step would come to its end with them."""
    proxy = f"{NAME}-milvus-proxy"
    found = observe(release(deployment("querynode", 3), deployment("datanode"), deployment("proxy", 3)))
    live = {
        key: one._replace(counts=one.counts._replace(ready=1)) if key != DATA_KEY else one
        for key, one in found.live.items()
    }
    shown = render(deployment("querynode", 1), deployment("datanode", 2), deployment("proxy", 2))
    asked = wish({"query_node": 1, "data_node": 2, "proxy": 2})
    plan = plan_for(asked, dataclasses.replace(found, live=live), shown=shown)
    assert [{take.name: take.replicas for take in phase} for phase in plan.phases] == [{QUERY: 1, proxy: 2}, {DATA: 2}]


def test_without_server_side_apply_nothing_is_taken() -> None:
    found = observe(release(deployment("querynode", 2)))
    shown = render(deployment("querynode", 1), server_side=False)
    plan = plan_for(wish({"query_node": 1}), found, shown=shown)
    assert (len(plan.phases), plan.takes) == (1, ())


def test_outs_before_ins() -> None:
    found = observe(release(deployment("querynode", 2), deployment("datanode", 2), deployment("proxy", 1)))
    shown = render(deployment("querynode", 1), deployment("datanode", 3), deployment("proxy", 2))
    counts = {"query_node": 1, "data_node": 3, "proxy": 2}
    proxy = f"{NAME}-milvus-proxy"
    together = plan_for(wish(counts), found, shown=shown).phases
    assert [{take.name: take.replicas for take in phase} for phase in together] == [{DATA: 3, proxy: 2}, {QUERY: 1}]
    single = plan_for(wish(counts, strategy="one_by_one"), found, shown=shown).phases
    assert [{take.name: take.replicas for take in phase} for phase in single] == [{DATA: 3}, {proxy: 2}, {QUERY: 1}]


def test_the_counts_of_groups_are_each_groups() -> None:
    groups = [deployment("querynode", 2, group=name) for name in ("a", "b")]
    found = observe(release(*groups), live={f"{QUERY_KEY}-b": 3}, owner="kubectl")
    shown = render(*(deployment("querynode", 4, group=name) for name in ("a", "b")))
    plan = plan_for(wish({"query_node": 4}), found, shown=shown)
    assert rows(plan)[1:] == [("scale", f"{QUERY_KEY}-a", 2, 4), ("scale", f"{QUERY_KEY}-b", 3, 4)]
    back = draft_scale(wish({"query_node": 2}), found)
    assert [tuple(action) for action in back.reasons] == [("restore count", "query_node", [2, 3], 2)]
    assert not draft_scale(wish(), found).reasons
    other_type = observe(release(*groups, deployment("datanode")), live={f"{QUERY_KEY}-b": 3})
    assert "its resource groups have 2, 3 pods, and the release has one count" in refuse(
        wish({"data_node": 2}), other_type
    )


def drifted() -> Observation:
    return observe(release(deployment("querynode"), deployment("datanode")), live={DATA_KEY: 5}, owner="kubectl")


def test_drift_is_taken_over() -> None:
    plan = plan_for(
        wish({"query_node": 1}), drifted(), shown=render(deployment("querynode"), deployment("datanode", 5))
    )
    assert rows(plan) == [("set value", "dataNode.replicas", None, 5), ("record count", DATA_KEY, 1, 5)]
    assert plan.phases == ()
    assert Take("Deployment", DATA, 5, hold=False) in plan.takes


def test_drift_is_taken_back() -> None:
    asked = wish(drift="restore_release", scale_in_step=4)
    plan = plan_for(asked, drifted(), shown=render(deployment("querynode"), deployment("datanode")))
    assert rows(plan) == [("restore count", "data_node", 5, 1)]
    assert plan.phases == ((Take("Deployment", DATA, 1, hold=False),),)


def test_drift_is_refused() -> None:
    words = refuse(wish({"query_node": 3}, drift="fail"), drifted())
    assert "Leaving data_node alone is blocked: it has 5 pods, by kubectl, and the release 1" in words
    assert not draft_scale(wish({"data_node": 5}, drift="fail"), drifted()).blockers


def test_what_is_live_is_where_a_scale_begins() -> None:
    found = observe(release(deployment("datanode", 3)), live={DATA_KEY: 5}, owner="kubectl")
    plan = plan_for(wish({"data_node": 4}), found, shown=render(deployment("datanode", 4)))
    assert ("scale", DATA_KEY, 5, 4) in rows(plan)
    assert len(plan.phases) == 1
    again = plan_for(wish({"data_node": 3}), found, shown=render(deployment("datanode", 3)))
    assert rows(again) == [("restore count", "data_node", 5, 3)]


@pytest.mark.parametrize("allowed", [False, True])
def test_nothing_else_is_touched(allowed: bool) -> None:
    found = observe(release(deployment("querynode"), deployment("datanode"), other("ConfigMap", "c")))
    shown = render(
        deployment("querynode", 3),
        deployment("datanode", image="milvus:2"),
        other("ConfigMap", "c", annotations={"a": 1}),
    )
    plan = plan_for(wish({"query_node": 3}, allow_restarts=allowed), found, shown=shown)
    reasons = [one.reason for one in plan.blockers]
    assert reasons == ([] if allowed else [f"it would also update ConfigMap/c, restart {DATA_KEY}"])


def test_etcd_is_not_replaced() -> None:
    found = observe(release(deployment("querynode"), etcd("new")))
    plan = plan_for(wish({"query_node": 3}), found, shown=render(deployment("querynode", 3), etcd("existing")))
    assert (plan.blockers, plan.restarts) == ((), ())
    assert plan.values["etcd"] == {"initialClusterState": "new"}


def test_an_autoscaler_takes_over() -> None:
    found = observe(with_hpa(deployment("querynode", 4)))
    asked = wish(None, {"query_node": Scaler(enabled=True, settings={"minReplicas": 2, "maxReplicas": 5})})
    hpa = other("HorizontalPodAutoscaler", f"{QUERY}-hpa")
    plan = plan_for(asked, found, shown=render(deployment("querynode", None), hpa))
    assert plan.values["queryNode"] == {"replicas": -1, "hpa": {"enabled": True, "minReplicas": 2}}
    assert (plan.blockers, plan.takes) == ((), (Take("Deployment", QUERY, 4, hold=True),))
    plan = plan_for(asked, found, shown=render(deployment("querynode", None), hpa, server_side=False))
    assert ["which would stop all but one of its pods" in one.reason for one in plan.blockers] == [True]


AUTOSCALED = {"queryNode": {"replicas": -1, "hpa": {"enabled": True, "maxReplicas": 9}}}


def autoscaled(live: int = 4) -> Observation:
    hpa = other("HorizontalPodAutoscaler", f"{QUERY}-hpa")
    made = with_hpa(deployment("querynode", None), deployment("datanode"), hpa, values=AUTOSCALED)
    return observe(made, live={QUERY_KEY: live}, owner="kube-controller-manager", autoscaled=QUERY)


def test_an_autoscaler_goes() -> None:
    asked = wish(None, {"query_node": Scaler(enabled=False)})
    plan = plan_for(asked, autoscaled(), shown=render(deployment("querynode", 4), deployment("datanode")))
    assert plan.values["queryNode"] == {"replicas": 4, "hpa": {"enabled": False, "maxReplicas": 9}}
    assert (plan.blockers, plan.phases) == ((), ())
    assert [take.replicas for take in plan.takes] == [4, 1]
    assert "keeps 4 pods until it is gone" in refuse(
        wish({"query_node": 2}, {"query_node": Scaler(enabled=False)}), autoscaled()
    )


def test_an_autoscaler_stays_as_it_is() -> None:
    assert not draft_scale(
        wish(None, {"query_node": Scaler(enabled=True, settings={"maxReplicas": 9})}), autoscaled()
    ).reasons
    assert not draft_scale(wish({"data_node": 1}), autoscaled()).reasons
    none = observe(with_hpa(deployment("querynode", 4)))
    assert not draft_scale(wish(None, {"query_node": Scaler(enabled=False)}), none).reasons


def test_a_count_that_an_autoscaler_has_set_is_left_to_it() -> None:
    """The chart does not leave the count out by itself: an upgrade would set it back."""
    values = {"queryNode": {"hpa": {"enabled": True}}}
    made = with_hpa(deployment("querynode", 1), deployment("datanode"), values=values)
    found = observe(made, live={QUERY_KEY: 4}, owner="kube-controller-manager", autoscaled=QUERY)
    assert not draft_scale(wish(), found).reasons
    assert draft_scale(wish({"data_node": 2}), found).values["queryNode"]["replicas"] == 4


REFUSALS: tuple[tuple[dict[str, int], dict[str, Scaler], str], ...] = (
    (
        {"query_node": 5},
        {},
        f"Scaling query_node to 5 is blocked: HorizontalPodAutoscaler {QUERY}-hpa owns the count (1 to",
    ),
    ({"index_node": 5}, {}, "Index nodes are merged into data nodes since Milvus 2.6: scale data_node."),
    ({"streaming_node": 5}, {}, "Switch it on by milvus_install, with streaming.enabled: true"),
    ({"proxy": 5}, {}, "Switch it on by milvus_install, with proxy.enabled: true"),
    ({}, {"data_node": Scaler(enabled=True)}, "chart 5.0.19 has no autoscaler for it"),
    (
        {},
        {"query_node": Scaler(enabled=True, settings={"minReplicas": 10})},
        "min_replicas (10) is more than max_replicas (9)",
    ),
    ({}, {"query_node": Scaler(enabled=True, settings={"memoryUtilization": 10})}, "has no memoryUtilization"),
)


@pytest.mark.parametrize(("counts", "scalers", "words"), REFUSALS)
def test_what_a_type_cannot(counts: dict[str, int], scalers: dict[str, Scaler], words: str) -> None:
    assert words in refuse(wish(counts, scalers), autoscaled())


def test_streaming_nodes_of_older_charts() -> None:
    found = observe(release(deployment("querynode"), version="4.1.28"))
    assert "Streaming nodes come with Milvus 2.6, chart 5.0." in refuse(wish({"streaming_node": 2}), found)


def test_an_autoscaler_of_somebody_else() -> None:
    found = observe(with_hpa(deployment("querynode", 4)), autoscaled=QUERY)
    words = refuse(wish(None, {"query_node": Scaler(enabled=True)}), found)
    assert "owns the count (1 to 9), and it is none of the chart's" in words


def test_an_autoscaler_of_groups() -> None:
    found = observe(with_hpa(*(deployment("querynode", 1, group=name) for name in ("a", "b"))))
    assert "it has resource groups" in refuse(wish(None, {"query_node": Scaler(enabled=True)}), found)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (observe(None), "there is no such release"),
        (dataclasses.replace(observe(None), operator_managed=True), "managed by milvus-operator"),
        (observe(release(deployment("standalone"))), "it is a standalone Milvus"),
        (observe(release(other("Service", "s"))), "which has no Milvus workload"),
    ],
)
def test_what_cannot_be_scaled(found: Observation, words: str) -> None:
    assert words in refuse(wish({"query_node": 2}), found)


@pytest.mark.parametrize(
    ("drift", "words"),
    [
        (Drift("Deployment", DATA, "image", "milvus:1", "milvus:2"), "has image milvus:2, the release image milvus:1"),
        (Drift("StatefulSet", "etcd", "replicas", 3, 5), "StatefulSet/etcd has 5 pods, the release 3 pods"),
    ],
)
def test_what_helm_would_set_back(drift: Drift, words: str) -> None:
    found = dataclasses.replace(observe(release(deployment("querynode"), deployment("datanode"))), drift=(drift,))
    assert words in refuse(wish({"query_node": 2}), found)
    assert not draft_scale(wish({"query_node": 1}), found).blockers


def test_counts_that_are_drift_of_workers_are_no_obstacle() -> None:
    drift = (Drift("Deployment", DATA, "replicas", 1, 5),)
    assert not draft_scale(wish({"query_node": 2}), dataclasses.replace(drifted(), drift=drift)).blockers


@pytest.mark.parametrize(
    ("words", "is_known"),
    [
        ('chart "milvus" version "5.0.18" not found in https://a/b repository', True),
        ("chart \"milvus\" matching 5.0.18 not found in mine index. (try 'helm repo update')", True),
        ("no chart version found for milvus-5.0.18", True),
        ('failed to perform "FetchReference" on source: r.io/milvus:5.0.18: not found', True),
        ("nil pointer evaluating interface {}.x", False),
    ],
)
def test_a_chart_that_cannot_be_had(words: str, is_known: bool) -> None:
    remedy = find_chart_remedy(words, release().chart)
    assert ("The release runs milvus 5.0.19" in remedy) == is_known


def test_a_failed_release_is_repaired() -> None:
    running = release(deployment("querynode"))
    found = observe(running, newest=release(deployment("querynode"), status="failed", revision=2))
    plan = plan_for(wish(), found, shown=render(deployment("querynode")))
    assert rows(plan) == [("repair", "revision 2 of release milvus/my-release", "failed", "deployed")]


def test_a_count_that_a_killed_scale_has_kept_is_left_to_helm() -> None:
    found = observe(release(deployment("querynode", 2)), owner="milvus.cluster")
    plan = plan_for(wish({"query_node": 2}), found, shown=render(deployment("querynode", 2)))
    assert rows(plan) == [("let go of count", "query_node", "milvus.cluster", "helm")]
    assert plan.takes == (Take("Deployment", QUERY, 2, hold=False),)
    client_side = dataclasses.replace(release(deployment("querynode", 2)), apply_method="csa")
    assert not draft_scale(wish(), observe(client_side, owner="milvus.cluster")).reasons


def test_values_that_ours_have_gone_over_come_back() -> None:
    found = observe(release(deployment("querynode", 3), values={**CLUSTER, "queryNode": {"replicas": 3}}))
    drafted = draft_scale(wish({"query_node": 3}, lost={"log": {"level": "debug"}}), found)
    assert drafted.values == {**CLUSTER, "queryNode": {"replicas": 3}, "log": {"level": "debug"}}
    assert drafted.reasons


def keep(wanted: Observation, now: Observation | None = None) -> tuple[dict[str, int], t.Any]:
    assert wanted.running
    counts = choose_counts(wanted, now or wanted)
    return counts, keep_counts(wanted.running.values, wanted, counts=counts)


def test_counts_are_kept() -> None:
    assert keep(drifted()) == ({"query_node": 1, "data_node": 5}, {**CLUSTER, "dataNode": {"replicas": 5}})
    groups = observe(
        release(*(deployment("querynode", 4, group=name) for name in ("a", "b"))),
        live={f"{QUERY_KEY}-a": 2, f"{QUERY_KEY}-b": 3},
    )
    assert keep(groups) == ({"query_node": 3}, {**CLUSTER, "queryNode": {"replicas": 3}})


def test_counts_of_autoscalers_are_kept_as_they_are_now() -> None:
    open_count = autoscaled().running
    assert open_count
    assert keep(autoscaled(4), autoscaled(6)) == ({"query_node": 6, "data_node": 1}, open_count.values)
    values = {"queryNode": {"hpa": {"enabled": True}}}
    made = with_hpa(deployment("querynode", 1), values=values)
    before, after = (
        observe(made, live={QUERY_KEY: live}, owner="kube-controller-manager", autoscaled=QUERY) for live in (1, 6)
    )
    assert keep(before, after)[1]["queryNode"] == {"hpa": {"enabled": True}, "replicas": 6}


def test_groups_that_autoscalers_have_set_apart() -> None:
    """No one count of the release is both of theirs, and none is taken from them."""
    values = {"queryNode": {"hpa": {"enabled": True}}}
    made = with_hpa(
        *(deployment("querynode", 1, group=name) for name in ("a", "b")), deployment("datanode"), values=values
    )
    live = {f"{QUERY_KEY}-a": 2, f"{QUERY_KEY}-b": 3}
    found = observe(made, live=live, owner="kube-controller-manager", autoscaled=f"{QUERY}-a")
    words = refuse(wish({"data_node": 2}), found)
    assert "autoscalers have given its resource groups 2, 3 pods, and the release has one count for all" in words
    assert "queryNode.replicas: -1" in words


def test_counts_of_autoscalers_are_not_taken_from_them() -> None:
    values = {"queryNode": {"hpa": {"enabled": True}}}
    made = with_hpa(deployment("querynode", 1), deployment("datanode"), values=values)
    found = observe(made, live={QUERY_KEY: 4}, owner="kube-controller-manager", autoscaled=QUERY)
    hpa = other("HorizontalPodAutoscaler", f"{QUERY}-hpa")
    shown = render(deployment("querynode", 4), deployment("datanode", 2), hpa)
    plan = plan_for(wish({"data_node": 2}), found, shown=shown)
    assert [take.name for take in plan.takes] == [DATA]
    assert plan.phases == ()
