# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What an install or upgrade is going to do, before it does it: (draft, observation, render) to Plan. Pure. PRIVATE."""

from __future__ import annotations

import typing as t

from ._chart_move import Shape, find_hazards
from ._draft import Action, Blocker, Draft, Plan, Restart, Take, Wish, describe_chart, describe_draft, describe_release
from ._live import HELM, MANAGER
from ._manifest import WORKLOADS, Difference, Manifest, compare_manifests, differs_only_in_environment, find_environment
from ._redaction import redact_change
from ._values import MISSING, compare, find, format_path
from ._wanted_values import ETCD_STATE, pin_etcd, unpin_etcd

if t.TYPE_CHECKING:
    from ._observe import Observation
    from ._release import Chart
    from ._topology import Topology

Json = dict[str, t.Any]

_ETCD_VARIABLE = "ETCD_INITIAL_CLUSTER_STATE"


class Render(t.NamedTuple):
    """What helm's dry run shows: the chart, the manifest parsed, the parts of Milvus in it.

    *server_side* tells whether helm will use server-side apply.
    """

    chart: Chart
    manifest: Manifest
    topology: Topology
    server_side: bool
    has_hooks: bool = False


def complete(drafted: Draft, found: Observation, *, render: Render, stored: Manifest, wish: Wish) -> Plan:
    """Add to a draft what its render shows; *stored* is the manifest of the running revision."""
    differences = compare_manifests(stored, render.manifest)
    values, differences = _settle_etcd(drafted, differences, wish=wish)
    if drafted.is_suspicion and not differences:
        return describe_draft(drafted)
    blockers = (*drafted.blockers, *_find_blockers(found, render, differences=differences, wish=wish))
    return Plan(
        values,
        describe_chart(render.chart),
        render.topology.workloads,
        (
            *_list_reasons(drafted, render),
            *(() if drafted.is_install else _list_values(found, values, sensitive=wish.sensitive)),
            *(each for one in differences for each in _list_object(one, is_install=drafted.is_install)),
        ),
        tuple(_restart(one, found) for one in differences if one.is_restart),
        blockers,
        tuple(_find_takes(found, render)),
        drafted.values_not_in_task,
    )


def _settle_etcd(
    drafted: Draft, differences: tuple[Difference, ...], *, wish: Wish
) -> tuple[Json, tuple[Difference, ...]]:
    """Keep etcd's pods where nothing but the change of a default would replace them; see ETCD_STATE."""
    values = drafted.values
    if drafted.is_install:
        return values, differences
    etcd = [
        one for one in differences if one.before and find_environment(one.before, _ETCD_VARIABLE) and one.is_restart
    ]
    if not etcd:
        return values, differences
    if not all(differs_only_in_environment(one, _ETCD_VARIABLE) for one in etcd):
        return unpin_etcd(values, wish.values), differences
    if find(wish.values, *ETCD_STATE) is not MISSING:
        return values, differences
    state = t.cast("str", find_environment(etcd[0].item, _ETCD_VARIABLE))
    return pin_etcd(values, state), tuple(one for one in differences if one not in etcd)


def _list_reasons(drafted: Draft, render: Render) -> t.Iterator[Action]:
    chart = f"chart {describe_chart(render.chart)} (Milvus {render.chart.app_version})"
    for reason in drafted.reasons:
        if reason.action != "change values":
            yield reason._replace(after=chart) if reason.action in ("install", "upgrade") else reason


def _list_values(found: Observation, values: Json, *, sensitive: Json) -> t.Iterator[Action]:
    for change in compare(found.running.values if found.running else {}, values):
        action = "remove value" if change.kind == "removed" else "set value"
        shown = redact_change(change, sensitive)
        yield Action(action, format_path(change.path), shown.before, shown.after)


def _list_object(one: Difference, *, is_install: bool) -> t.Iterator[Action]:
    before, after = one.before, one.after
    if before is None or after is None:
        # The dozens of Services and ConfigMaps of a first install say nothing.
        if not is_install or one.item.kind in WORKLOADS:
            yield Action("keep" if one.item.is_kept and after is None else one.change, one.key, None, one.item.replicas)
    elif one.item.kind not in WORKLOADS:
        yield Action("update", one.key)
    else:
        if before.replicas != after.replicas:
            yield Action("scale", one.key, before.replicas, after.replicas)
        if one.is_restart:
            yield Action("restart", one.key)


def _restart(one: Difference, found: Observation) -> Restart:
    live = found.live.get(one.key)
    return Restart(one.item.kind, one.item.name, live.counts.desired if live else one.item.replicas or 0)


def _find_blockers(
    found: Observation, render: Render, *, differences: t.Sequence[Difference], wish: Wish
) -> t.Iterator[Blocker]:
    upgrading = f"Upgrading {describe_release(found)}"
    if found.running is not None and found.topology is not None and not wish.allow_unsafe_upgrade:
        before, after = Shape(found.running.chart.version, found.topology), Shape(render.chart.version, render.topology)
        for hazard in find_hazards(before, after):
            remedy = f"{hazard.remedy} To do it nevertheless, set allow_unsafe_upgrade."
            yield Blocker(upgrading, hazard.reason, remedy)
    for one in differences:
        if one.fixed_fields:
            reason = f"Kubernetes does not let {', '.join(one.fixed_fields)} of a {one.item.kind} change"
            remedy = "Take back the values that set it, or move the data into a new release."
            yield Blocker(f"Changing {one.key}", reason, remedy)
        if one.item.kind == "PersistentVolumeClaim" and one.after is None and not one.item.is_kept:
            reason, keep = f"{one.key} would be deleted with its data", "helm.sh/resource-policy: keep"
            yield Blocker(
                upgrading, reason, f"Annotate the claim in the chart's values with {keep}, or keep its value."
            )
    if not wish.allow_scale_in:
        yield from _find_scale_ins(found, render)


def _find_scale_ins(found: Observation, render: Render) -> t.Iterator[Blocker]:
    released = {part.key: part.replicas for part in _workloads(found)}
    for key, live in found.live.items():
        item = render.manifest.get(key)
        if item is None or (item.replicas is None and (released.get(key) is None or render.server_side)):
            continue
        count = item.replicas if item.replicas is not None else 1  # the API server's default, when helm drops the field
        if count < live.counts.desired:
            autoscaler = found.autoscalers.get(live.name)
            owner = f", kept by HorizontalPodAutoscaler {autoscaler.name}" if autoscaler else ""
            reason = f"it has {live.counts.desired} pods{owner}, and the values ask for {count}"
            yield Blocker(f"Scaling {key} in", reason, "Take the count out of the values, or set allow_scale_in.")


def _workloads(found: Observation) -> t.Sequence[t.Any]:
    return found.topology.workloads if found.topology else ()


def _find_takes(found: Observation, render: Render) -> t.Iterator[Take]:
    """Find the counts that server-side apply would stop at, or would drop to 1.

    Helm 4 fails half-way on a count that another manager owns and that differs from the chart's; and a count that goes
    out of the manifest falls back to the API server's default once its last owner lets go of it. What we have held for
    that is let go of when the manifest names it again.
    """
    if found.running is None or not render.server_side:
        return
    for key, live in found.live.items():
        item = render.manifest.get(key)
        if item is None:
            continue
        others = [owner.manager for owner in live.owners if owner.manager != HELM]
        if item.replicas is None and not others:
            yield Take(live.kind, live.name, live.counts.desired, hold=True)
        elif item.replicas is not None and others and (item.replicas != live.counts.desired or MANAGER in others):
            yield Take(live.kind, live.name, item.replicas, hold=False)
