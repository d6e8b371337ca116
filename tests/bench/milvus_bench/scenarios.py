# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What is measured. A row is added here: by an entry in :data:`SCENARIOS` and a function for each side."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, replace

from milvus_lab.faults import READY_AFTER

from . import scale_sides, site_sides
from .rows import Sample
from .scale_sides import FLEET
from .tasks import counts, helm_task, install_task, time_verdict
from .work import RELEASE, Site, Values, install, run_playbook, settle

Side = t.Callable[[Site], Sample]
Prepare = t.Callable[[Site], None]


@dataclass(frozen=True)
class Scenario:
    """A state of a cluster, and the same work done on it by this collection and by a peer.

    ``rows`` leads from the names of rows to metrics. ``prepare`` brings a fresh namespace to the state, ``before``
    brings it back there ahead of each run; neither is timed or counted. With ``shared`` both sides get the same
    namespace, because they leave it as they find it. ``most_runs`` limits how often work is done that takes minutes.
    ``peer_name`` may hold ``{core}`` and ``{helm}`` for the versions of kubernetes.core and helm.
    """

    name: str
    rows: t.Mapping[str, str]
    prepare: Prepare | None = None
    before: Prepare | None = None
    ours: Side | None = None
    peer: Side | None = None
    peer_name: str | None = None
    shared: bool = False
    most_runs: int | None = None

    @property
    def sides(self) -> dict[str, Side]:
        """``ours`` and ``peer``, as far as they exist."""
        return {name: side for name, side in (("ours", self.ours), ("peer", self.peer)) if side}


def rows_for(name: str, *metrics: str, variant: str = "") -> dict[str, str]:
    """The rows ``<name>_<metric>[_<variant>]``."""
    return {"_".join(filter(None, (name, metric, variant))): metric for metric in metrics}


def ping(site: Site) -> Sample:
    """The least that a playbook with a task can cost."""
    return run_playbook(site, {"ansible.builtin.ping": {}}, changed=False)


def one_of_each(site: Site, *, revisions: int) -> None:
    """A release with one pod of every worker type, as the chart has it, and with a user value."""
    install(site, counts(1, ["queryNode"]), revisions=revisions)


def many_query_nodes(site: Site, *, revisions: int, pods: int) -> None:
    """A release with so many running pods, most of them query nodes."""
    install(site, counts(pods - OTHER_PODS, ["queryNode"]), revisions=revisions)


def our_noop(site: Site) -> Sample:
    return run_playbook(site, install_task(site, counts(1, ["queryNode"])), changed=False)


def peer_noop(site: Site) -> Sample:
    return run_playbook(site, helm_task(site, counts(1, ["queryNode"])), changed=False)


def slow_query_nodes(number: int) -> Values:
    """Query nodes that take a while to become ready, so that somebody waits already when they do."""
    return {"queryNode": {"replicas": number, "annotations": {READY_AFTER: "5s"}}}


def one_slow_query_node(site: Site, *, revisions: int = 1) -> None:
    """A release whose query nodes are slow, with one of them."""
    install(site, slow_query_nodes(1), revisions=revisions)


def our_verdict(site: Site) -> Sample:
    task = install_task(site, slow_query_nodes(3), stable_seconds=STABLE_SECONDS)
    return time_verdict(site, task, window=STABLE_SECONDS)


def peer_verdict(site: Site) -> Sample:
    return time_verdict(site, helm_task(site, slow_query_nodes(3), wait=True), window=0)


def our_wait(site: Site, *, pods: int) -> Sample:
    return run_playbook(site, install_task(site, with_late_proxy(site, pods)), changed=True)


def peer_wait(site: Site, *, pods: int) -> Sample:
    return run_playbook(site, helm_task(site, with_late_proxy(site, pods), wait=True, timeout="1h"), changed=True)


def with_late_proxy(site: Site, pods: int) -> Values:
    """The values of :func:`many_query_nodes` with a new proxy that needs ``site.wait_seconds`` to become ready."""
    late = {"proxy": {"annotations": {READY_AFTER: f"{site.wait_seconds}s"}}}
    return counts(pods - OTHER_PODS, ["queryNode"]) | late


def our_info(site: Site) -> Sample:
    options = {"release_name": RELEASE, "release_namespace": site.namespace}
    return run_playbook(site, {"milvus.cluster.milvus_info": options}, changed=False)


def peer_info(site: Site) -> Sample:
    options = {"name": RELEASE, "namespace": site.namespace}
    return run_playbook(site, {"kubernetes.core.helm_info": options}, changed=False)


OTHER_PODS = 22
"""Pods of a release that are no query nodes."""
STABLE_SECONDS = 1
"""For how long all must have been ready before a verdict that is timed."""

EVERYTHING = ("wall", "task", "helm_processes", "requests", "bytes")
GROWTH = ("wall", "requests", "bytes")
UPGRADED_ONCE = functools.partial(one_of_each, revisions=2)
"""The first upgrade after an install replaces etcd's pods; from the second one on the counts alone change."""

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("ping", {"ping": "wall", "ping_task": "task"}, ours=ping),
    *(
        Scenario(
            "install_noop",
            rows_for("install_noop", *metrics, variant=variant),
            prepare=functools.partial(one_of_each, revisions=revisions),
            ours=our_noop,
            peer=peer_noop,
            peer_name="kubernetes.core.helm {core}",
            shared=True,
        )
        for variant, metrics, revisions in (("", EVERYTHING, 1), ("10_revisions", GROWTH, 10))
    ),
    Scenario(
        "install_noop_over_ping",
        {"install_noop_over_ping": "wall"},
        prepare=functools.partial(one_of_each, revisions=1),
        ours=our_noop,
        peer=ping,
        peer_name="a playbook with ansible.builtin.ping",
        shared=True,
    ),
    Scenario(
        "install_change",
        {"install_verdict_latency": "latency", "install_peak_memory": "peak_memory"},
        prepare=functools.partial(one_slow_query_node, revisions=2),
        before=one_slow_query_node,
        ours=our_verdict,
        peer=peer_verdict,
        peer_name="kubernetes.core.helm {core}, wait: true",
    ),
    *(
        Scenario(
            "wait",
            rows_for("wait", "requests", "bytes", variant=f"{pods}_pods"),
            prepare=functools.partial(many_query_nodes, revisions=2, pods=pods),
            ours=functools.partial(our_wait, pods=pods),
            peer=functools.partial(peer_wait, pods=pods),
            peer_name="kubernetes.core.helm {core}, wait: true",
            most_runs=1,
        )
        for pods in (25, 500)
    ),
    Scenario(
        "scale_noop",
        rows_for("scale_noop", *EVERYTHING),
        prepare=UPGRADED_ONCE,
        ours=scale_sides.our_scale_noop,
        peer=peer_noop,
        peer_name="kubernetes.core.helm {core}",
        shared=True,
    ),
    *(
        Scenario(
            "scale_all",
            rows_for("scale_all", *metrics, variant=variant),
            prepare=UPGRADED_ONCE,
            before=settle,
            ours=functools.partial(scale_sides.our_scale_all, step=step),
            peer=scale_sides.peer_scale_all,
            peer_name="kubernetes.core.helm {core}, wait: true",
        )
        for variant, metrics, step in (("", EVERYTHING, 2), ("pod_by_pod", ("wall", "requests"), 1))
    ),
    Scenario(
        "scale_guide",
        rows_for("scale_guide", "wall", "helm_processes", "requests", "bytes"),
        prepare=UPGRADED_ONCE,
        before=scale_sides.back_to_one,
        ours=scale_sides.our_scale_out,
        peer=scale_sides.guide_scale,
        peer_name="helm {helm} upgrade --wait, one per worker type",
    ),
    Scenario(
        "scale_growth",
        rows_for("scale_growth", "task", "cluster", "latency", "cpu", "requests", "bytes"),
        prepare=functools.partial(scale_sides.before_growth, revisions=2),
        before=scale_sides.before_growth,
        ours=scale_sides.our_growth,
        most_runs=1,
    ),
    Scenario(
        "scale_fleet",
        rows_for("scale_fleet", "wall", "requests"),
        prepare=scale_sides.fleet,
        before=settle,
        ours=functools.partial(scale_sides.our_fleet, names=FLEET),
        peer=functools.partial(scale_sides.peer_fleet, names=FLEET),
        peer_name="kubernetes.core.helm {core}, wait: true",
        shared=True,
        most_runs=1,
    ),
    Scenario(
        "scale_fleet_over_one",
        {"scale_fleet_over_one": "wall"},
        prepare=scale_sides.fleet,
        before=settle,
        ours=functools.partial(scale_sides.our_fleet, names=FLEET),
        peer=functools.partial(scale_sides.our_fleet, names=FLEET[:1]),
        peer_name="the same for one release",
        shared=True,
        most_runs=1,
    ),
    *(
        Scenario(
            "verify",
            rows_for("verify", "wall", "requests", variant=variant),
            prepare=functools.partial(many_query_nodes, revisions=1, pods=pods),
            ours=site_sides.our_verify,
            peer=site_sides.peer_verify,
            peer_name="kubernetes.core.helm_info and k8s_info {core}",
            shared=True,
        )
        for variant, pods in (("", 25), ("1000_pods", 1000))
    ),
    *(
        Scenario(
            "site_noop",
            rows_for("site_noop", "wall", "requests", variant=variant),
            prepare=site_sides.named_counts,
            ours=functools.partial(site_sides.our_site, skip_tags=skip_tags),
            peer=functools.partial(site_sides.peer_site, helm_per_type=variant != "one_helm"),
            peer_name="kubernetes.core.helm and k8s_info {core}",
            shared=True,
        )
        for variant, skip_tags in (("", ""), ("one_helm", ""), ("unverified", "verify"))
    ),
    *(
        Scenario(
            "info",
            rows_for("info", *metrics, variant=variant),
            prepare=functools.partial(many_query_nodes, revisions=revisions, pods=pods),
            ours=our_info,
            peer=peer_info,
            peer_name="kubernetes.core.helm_info {core}",
            shared=True,
        )
        for variant, metrics, revisions, pods in (
            ("", EVERYTHING, 1, 25),
            ("10_revisions", GROWTH, 10, 25),
            ("1000_pods", GROWTH, 1, 1000),
            ("10_revisions_1000_pods", GROWTH, 10, 1000),
        )
    ),
)


def select(names: t.Collection[str], scenarios: t.Sequence[Scenario] = SCENARIOS) -> list[Scenario]:
    """The scenarios, or of scenarios of which only rows are named, just those rows; raises ``KeyError`` for others."""
    known = {name for scenario in scenarios for name in (scenario.name, *scenario.rows)}
    if unknown := [name for name in names if name not in known]:
        raise KeyError(*unknown)
    chosen = [
        scenario if scenario.name in names else replace(scenario, rows=_only(names, scenario.rows))
        for scenario in scenarios
    ]
    return [scenario for scenario in chosen if scenario.rows]


def _only(names: t.Collection[str], rows: t.Mapping[str, str]) -> dict[str, str]:
    return {name: metric for name, metric in rows.items() if name in names}
