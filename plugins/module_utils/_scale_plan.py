# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a scale is going to do, and step by step how: (draft, observation, render) to Plan. Pure. PRIVATE.

A scale changes the counts of worker nodes, and their autoscalers, and nothing else.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ._draft import Action, Blocker, Draft, Plan, Take, Wish, describe_release
from ._live import HELM
from ._plan import complete
from ._scale_draft import ScaleWish, find_pools
from ._search_costs import foretell_costs
from ._topology import WORKER
from ._wanted_values import MERGE

if t.TYPE_CHECKING:
    from ._live import LiveWorkload
    from ._manifest import Manifest
    from ._observe import Observation
    from ._plan import Render

ONE_BY_ONE = "one_by_one"

# What a scale may do to an object of a kind, besides scaling workers. The Jobs are those of the first install.
_OWN_CHANGES = {
    *((action, "HorizontalPodAutoscaler") for action in ("create", "update", "delete")),
    ("delete", "Job"),
}
_OBJECT_CHANGES = ("create", "update", "delete", "keep", "scale", "restart")


def complete_scale(drafted: Draft, found: Observation, *, render: Render, stored: Manifest, wish: ScaleWish) -> Plan:
    """Add to a draft what its render shows, and how to get there."""
    as_install = Wish({}, {}, MERGE, "", allow_scale_in=True, allow_unsafe_upgrade=False)
    plan = complete(drafted, found, render=render, stored=stored, wish=as_install)
    plan = dataclasses.replace(plan, phases=_plan_phases(found, render, wish=wish))
    blockers = [*plan.blockers, *_refuse_lost_pods(found, render)]
    if not wish.allow_restarts:
        blockers += _refuse_side_effects(plan, found, render=render)
    return dataclasses.replace(
        plan,
        actions=tuple(_show_live(plan.actions, found)),
        blockers=tuple(blockers),
        takes=tuple(_find_takes(plan, found, render=render)),
        warnings=foretell_costs(find_moves(found, render)),
    )


def _refuse_side_effects(plan: Plan, found: Observation, *, render: Render) -> t.Iterator[Blocker]:
    side_effects = list_side_effects(plan, render)
    if side_effects:
        reason = f"it would also {', '.join(side_effects)}"
        remedy = "Bring the release up to date by milvus_install first, or set allow_restarts."
        yield Blocker(f"Scaling {describe_release(found)}", reason, remedy)


def list_side_effects(plan: Plan, render: Render) -> list[str]:
    """Return what a plan does besides scaling workers and their autoscalers."""
    workers = {part.workload.key for part in render.topology.components if part.type.role == WORKER}
    return [
        f"{action.action} {action.object}"
        for action in plan.actions
        if action.action in _OBJECT_CHANGES
        and (action.action, action.object.partition("/")[0]) not in _OWN_CHANGES
        and not (action.action == "scale" and action.object in workers)
    ]


def _refuse_lost_pods(found: Observation, render: Render) -> t.Iterator[Blocker]:
    """Refuse what makes a client-side helm drop a count to the API server's default before an autoscaler sees it."""
    for pool in find_pools(found):
        for live in pool.live:
            item = render.manifest.get(live.key)
            is_opened = pool.released is not None and item is not None and item.replicas is None
            if is_opened and not render.server_side and live.counts.desired > 1:
                reason = (
                    f"this release is applied as Helm 3 does, which would stop all but one of its pods ({live.key})"
                )
                remedy = "Set the count to 1 first, or move the release to Helm 4 with server-side apply."
                yield Blocker(f"Handing {pool.type.key} to an autoscaler", reason, remedy)


def _show_live(actions: t.Iterable[Action], found: Observation) -> t.Iterator[Action]:
    """Yield the actions with the counts that are in the cluster, whatever the release says."""
    for action in actions:
        live = found.live.get(action.object) if action.action == "scale" else None
        if live is None or action.after is None:
            yield action
        elif live.counts.desired == action.after:
            yield Action("record count", action.object, action.before, action.after)
        else:
            yield action._replace(before=live.counts.desired)


class Move(t.NamedTuple):
    """A Deployment and the counts that it goes from and to."""

    type: str
    live: LiveWorkload
    target: int


def find_moves(found: Observation, render: Render) -> tuple[Move, ...]:
    """Return the Deployments of workers that get another count than they have."""
    moves = []
    for pool in find_pools(found):
        for live in pool.live:
            item = render.manifest.get(live.key)
            if item is not None and item.replicas not in (None, live.counts.desired):
                moves.append(Move(pool.type.key, live, item.replicas))
    return tuple(moves)


def _plan_phases(found: Observation, render: Render, *, wish: ScaleWish) -> tuple[tuple[Take, ...], ...]:
    """Return the counts to set and wait for one after the other; none where helm may set all that change at once.

    First the pods that are not ready of what shrinks, which Kubernetes stops before others: no step gets ready with
    them. Then what grows. Then what shrinks, one type and `scale_in_step` pods at a time: query nodes that stop
    together wait for each other to take over what they serve.
    """
    moves = find_moves(found, render)
    outs = [move for move in moves if move.target > move.live.counts.desired]
    ins = [move for move in moves if move.target < move.live.counts.desired]
    waves = [outs] if wish.strategy != ONE_BY_ONE else [[m for m in outs if m.type == each] for each in _types(outs)]
    phases = [tuple(_take(move, move.target) for move in wave) for wave in waves if wave]
    if not ins and len(phases) <= 1:
        return ()
    unready = tuple(_take(move, _count_ready(move)) for move in ins if _count_ready(move) < move.live.counts.desired)
    steps = [(_take(move, count),) for move in ins for count in _step_down(move, wish.scale_in_step)]
    return (*([unready] if unready else []), *phases, *steps)


def _count_ready(move: Move) -> int:
    """Return how many pods are left without those that are not ready, as far as they are to go."""
    counts = move.live.counts
    return max(move.target, min(counts.ready, counts.desired))


def _step_down(move: Move, step: int) -> t.Iterator[int]:
    """Yield the counts on the way."""
    last = _count_ready(move)
    while last > move.target:
        last = max(move.target, last - step)
        yield last


def _types(moves: t.Iterable[Move]) -> list[str]:
    return list(dict.fromkeys(move.type for move in moves))


def _take(move: Move, count: int) -> Take:
    return Take(move.live.kind, move.live.name, count, hold=False)


def _find_takes(plan: Plan, found: Observation, *, render: Render) -> t.Iterator[Take]:
    """Yield the counts to own during the upgrade: those of others, and those that phases have set."""
    yield from plan.takes
    taken = {take.name for take in plan.takes}
    stepped = {take.name for phase in plan.phases for take in phase}
    gone = {action.object for action in plan.actions if action.action == "delete"}
    for live in (live for pool in find_pools(found) for live in pool.live if render.server_side):
        item, autoscaler = render.manifest.get(live.key), found.autoscalers.get(live.name)
        is_autoscaled = autoscaler is not None and f"HorizontalPodAutoscaler/{autoscaler.name}" not in gone
        is_helms = live.name not in stepped and all(owner.manager == HELM for owner in live.owners)
        if item is not None and item.replicas is not None and not (live.name in taken or is_helms or is_autoscaled):
            yield Take(live.kind, live.name, item.replicas, hold=False)
