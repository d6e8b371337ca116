# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether a scale has anything to do, from the stored release alone. Pure. PRIVATE to this collection.

What helm then shows of the change makes the draft a plan (_scale_plan).
"""

from __future__ import annotations

import dataclasses
import typing as t

from ._draft import Action, Blocker, Draft, describe_release, find_repairs
from ._live import HELM, MANAGER
from ._scale_refusals import find_refusals, refuse_drift
from ._topology import WORKER_TYPES, find_value
from ._values import MISSING, compare, equal, find, merge, put

if t.TYPE_CHECKING:
    from ._live import CountOwner, LiveWorkload
    from ._observe import Observation
    from ._release import Release
    from ._scale_request import Request, Scaler
    from ._topology import ComponentType, Workload

Json = dict[str, t.Any]

KEEP_LIVE, RESTORE, FAIL = "keep_live", "restore_release", "fail"
OPEN_COUNT = -1  # what makes the chart leave the count out of the manifest


@dataclasses.dataclass(frozen=True)
class ScaleWish:
    """What the task asks for. *lost* are values of somebody's revision that ours has gone over."""

    request: Request
    drift: str = KEEP_LIVE
    allow_restarts: bool = False
    strategy: str = "together"
    scale_in_step: int = 1
    lost: Json = dataclasses.field(default_factory=dict)


class Pool(t.NamedTuple):
    """The Deployments of a worker type, one for each resource group, with what is live of those that are there."""

    type: ComponentType
    workloads: tuple[Workload, ...]
    live: tuple[LiveWorkload, ...]
    autoscaled: bool

    @property
    def counts(self) -> tuple[int, ...]:
        """The different counts that they have in the cluster."""
        return tuple(sorted({one.counts.desired for one in self.live}))

    @property
    def is_mixed(self) -> bool:
        """Whether its resource groups have different counts, which no one value of the release can hold."""
        return len(self.counts) > 1

    @property
    def released(self) -> int | None:
        """The count that the release has for each, None where it leaves it open."""
        return self.workloads[0].replicas

    @property
    def differs(self) -> bool:
        """Whether any of them has another count than the release."""
        return self.released is not None and any(count != self.released for count in self.counts)

    @property
    def drifts(self) -> bool:
        """Whether that is so, and no autoscaler's doing."""
        return self.differs and not self.autoscaled


def find_pools(found: Observation) -> tuple[Pool, ...]:
    """Return the worker types that the release has, with their Deployments."""
    pools = []
    for worker in WORKER_TYPES:
        parts = [part.workload for part in found.topology.components if part.type is worker] if found.topology else []
        if parts:
            live = tuple(found.live[part.key] for part in parts if part.key in found.live)
            autoscaled = any(part.name in found.autoscalers for part in parts)
            pools.append(Pool(worker, tuple(parts), live, autoscaled))
    return tuple(pools)


def draft_scale(wish: ScaleWish, found: Observation) -> Draft:
    """Decide from the stored release whether there is anything to do."""
    pools, running = find_pools(found), found.running
    blockers = tuple(find_refusals(wish.request, found, types=frozenset(pool.type.key for pool in pools)))
    if running is None or blockers:
        return Draft(False, running.values if running else {}, (), (), blockers)
    values, reasons = merge(running.values, wish.lost), list(find_repairs(found))
    for pool in pools:
        before = values
        values = _want(pool, running, wish=wish, values=values)
        is_same = not compare(before, values)
        reasons += _find_restored(pool, wish=wish, is_same=is_same)
        reasons += _find_held(pool, running, is_same=is_same)
    if compare(running.values, values):
        reasons.append(Action("change values", describe_release(found)))
    drift = _find_unmentioned(pools, wish)
    if wish.drift == FAIL:
        blockers = tuple(_refuse_unmentioned(pool) for pool in drift)
    if reasons:
        blockers += tuple(refuse_drift(found, (part.key for pool in pools for part in pool.workloads)))
        blockers += tuple(_refuse_mixed(pool) for pool in drift if wish.drift == KEEP_LIVE and pool.is_mixed)
        blockers += tuple(_refuse_apart(pool) for pool in pools if pool.autoscaled and pool.differs and pool.is_mixed)
        values = _leave_to_autoscalers(pools, values)
    return Draft(False, values, tuple(reasons), (), blockers)


def _want(pool: Pool, running: Release, *, wish: ScaleWish, values: Json) -> Json:
    """Return the values with what the task, or drift, wants of a worker type."""
    key, request = pool.type.values_key, wish.request
    scaler, count = request.autoscaling.get(pool.type.key), request.counts.get(pool.type.key)
    if scaler is not None:
        values = _want_scaler(key, scaler, running=running, values=values)
        if scaler.enabled:
            return values if pool.released is None else put(values, (key, "replicas"), value=OPEN_COUNT)
        if count is None and pool.released is None and pool.counts:
            count = pool.counts[-1]
    elif count is None and wish.drift == KEEP_LIVE and pool.drifts and not pool.is_mixed:
        count = pool.counts[0]
    is_wanted = count is not None and count != pool.released
    return put(values, (key, "replicas"), value=count) if is_wanted else values


def _want_scaler(key: str, scaler: Scaler, *, running: Release, values: Json) -> Json:
    wanted = {"enabled": scaler.enabled, **scaler.settings}
    for name, value in wanted.items():
        known = find(values, key, "hpa", name)
        in_effect = known if isinstance(known, (bool, int, float)) else find_value(running, key, "hpa", name)
        if not equal(in_effect, value) and not (name == "enabled" and not value and not in_effect):
            values = put(values, (key, "hpa", name), value=value)
    return values


def _find_restored(pool: Pool, *, wish: ScaleWish, is_same: bool) -> t.Iterator[Action]:
    """Yield what is to be done though the values stay, for the pods are not as many as they say."""
    if not is_same or not pool.drifts:
        return
    is_asked = wish.request.counts.get(pool.type.key) == pool.released
    if is_asked or (pool.type.key not in wish.request.types and wish.drift == RESTORE):
        yield Action("restore count", pool.type.key, _one_or_all(pool.counts), pool.released)


def _find_held(pool: Pool, running: Release, *, is_same: bool) -> t.Iterator[Action]:
    """Yield the count that a scale has taken and, killed, not left to helm: helm's next upgrade would stop at it."""
    owners = {owner.manager for one in pool.live for owner in one.owners}
    is_fixed = pool.released is not None and not pool.autoscaled and not pool.differs
    if is_same and is_fixed and MANAGER in owners and running.apply_method == "ssa":
        yield Action("let go of count", pool.type.key, MANAGER, HELM)


def _one_or_all(counts: tuple[int, ...]) -> t.Any:
    return counts[0] if len(counts) == 1 else list(counts)


def _find_unmentioned(pools: t.Iterable[Pool], wish: ScaleWish) -> tuple[Pool, ...]:
    """Return the types that the task does not mention, and whose count is not the release's."""
    return tuple(pool for pool in pools if pool.type.key not in wish.request.types and pool.drifts)


def _refuse_unmentioned(pool: Pool) -> Blocker:
    owners = sorted({_name(owner) for one in pool.live for owner in one.owners if owner.manager != HELM})
    by = f", by {', '.join(owners)}" if owners else ""
    reason = f"it has {', '.join(map(str, pool.counts))} pods{by}, and the release {pool.released}"
    remedy = f"Name its count in replicas.{pool.type.key}, or set drift to {KEEP_LIVE} or {RESTORE}."
    return Blocker(f"Leaving {pool.type.key} alone", reason, remedy)


def _name(owner: CountOwner) -> str:
    return f"{owner.manager} at {owner.time}" if owner.time else owner.manager


def choose_counts(wanted: Observation, now: Observation) -> dict[str, int]:
    """Return for each worker type the count to go on with: the one that it has in *wanted*.

    One value holds it for all resource groups: where they differ it is the largest, so that no pod is stopped. What an
    autoscaler owns, or the release leaves open, is the count of *now*.
    """
    present = {pool.type.key: pool for pool in find_pools(now)}
    chosen = {}
    for pool in find_pools(wanted):
        is_fixed = pool.released is not None and not pool.autoscaled
        counts = pool.counts if is_fixed else present.get(pool.type.key, pool).counts
        chosen.update({pool.type.key: counts[-1]} if counts else {})
    return chosen


def keep_counts(values: Json, wanted: Observation, *, counts: t.Mapping[str, int]) -> Json:
    """Put the chosen *counts* into the values of *wanted* where they give others."""
    for pool in find_pools(wanted):
        count = counts.get(pool.type.key)
        if count is not None and pool.released not in (None, count):
            values = put(values, (pool.type.values_key, "replicas"), value=count)
    return values


def _refuse_mixed(pool: Pool) -> Blocker:
    reason = f"its resource groups have {', '.join(map(str, pool.counts))} pods, and the release has one count for all"
    remedy = f"Name it in replicas.{pool.type.key}, or set drift to {RESTORE}."
    return Blocker(f"Keeping the counts of {pool.type.key}", reason, remedy)


def _refuse_apart(pool: Pool) -> Blocker:
    counts, key = ", ".join(map(str, pool.counts)), pool.type.values_key
    reason = f"autoscalers have given its resource groups {counts} pods, and the release has one count for all"
    remedy = f"Leave the counts to them, by milvus_install with {key}.replicas: {OPEN_COUNT} in its release_values."
    return Blocker(f"Keeping the counts of {pool.type.key}", reason, remedy)


def _leave_to_autoscalers(pools: t.Iterable[Pool], values: Json) -> Json:
    """Put the counts that autoscalers have set where the release has others, for helm would go back to those."""
    for pool in pools:
        path = (pool.type.values_key, "replicas")
        if pool.differs and pool.autoscaled and find(values, *path) in (MISSING, pool.released):
            values = put(values, path, value=pool.counts[-1])
    return values
