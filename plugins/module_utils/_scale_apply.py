# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The part of milvus_scale that works with helm: the plan made from its dry run, and carried out. PRIVATE."""

from __future__ import annotations

import dataclasses
import re
import time
import typing as t

from . import _counts
from ._chart_lines import find_reuse
from ._draft import Blocker, Plan, Take, describe_release
from ._edits import find_edits
from ._errors import ForbiddenError, HelmError, MilvusError, OvertakenError, RefusedError
from ._install_report import describe_blockers
from ._live import HELM
from ._manifest import read_manifest
from ._observe import observe
from ._outlook import add_checks, explain_refusal
from ._registration import expect
from ._registration_wait import wait_for_workers, wait_until_listed
from ._scale_draft import choose_counts, find_pools, keep_counts
from ._scale_plan import complete_scale, find_moves, list_side_effects
from ._scale_refusals import EDIT_REMEDY, find_chart_remedy
from ._scale_report import ScaleResult
from ._values import MISSING, find, put
from ._waiting import wait_for_step
from ._wanted_values import ETCD_STATE, pin_etcd

if t.TYPE_CHECKING:
    from ._apply import Change
    from ._draft import Draft
    from ._manifest import Manifest
    from ._observe import Observation
    from ._plan import Render
    from ._release import Release
    from ._scale_draft import Pool, ScaleWish
    from ._scale_plan import Move

Json = dict[str, t.Any]

_RESTORE = "restore"
# What Helm 4 says, having applied the rest, when a count has got another owner after the plan was made.
_CONFLICT = re.compile(r"conflict.*\.spec\.replicas", re.I)


def carry_through(change: Change, drafted: Draft, *, wish: ScaleWish) -> Json:
    """Plan what a draft has found to be done, do it unless in check mode, and return the module's result."""
    running = t.cast("Release", change.found.running)
    stored = read_manifest(running.manifest, where=change.task.title)
    plan, render = _make_plan(change, wish, drafted=drafted, stored=stored)
    if list_side_effects(plan, render) and render.chart.defaults != running.chart.defaults:
        change = dataclasses.replace(change, reuse=True, notes=(*change.notes, _warn_of_reuse(running)))
        plan, render = _make_plan(change, wish, drafted=drafted, stored=stored)
    if plan.changed:
        refusals = (
            *_find_refusals(change, render, allow_restarts=wish.allow_restarts),
            *_refuse_edits(change, plan, stored=stored, server_side=render.server_side),
        )
        plan = dataclasses.replace(plan, blockers=(*plan.blockers, *refusals))
        plan = add_checks(change, plan, before=stored, render=render)
    result = ScaleResult(change.task, change.found, change.found, plan, {}, notes=change.notes)
    if plan.blockers:
        raise result.attach_to(describe_blockers(plan.blockers))
    if change.task.is_check:
        return result.build()
    return _carry_out(change, render, result=result, types=wish.request.types)


def _warn_of_reuse(running: Release) -> str:
    sign = find_reuse(running) or "its stored defaults are not those of its chart"
    return (
        f"Release {running.namespace}/{running.name} was upgraded with --reuse-values: {sign}. It is scaled as it "
        "runs, with that flag once more. To clean it, which restarts pods, run milvus_install."
    )


def _make_plan(change: Change, wish: ScaleWish, *, drafted: Draft, stored: Manifest) -> tuple[Plan, Render]:
    """Return the plan, and the render that it was made from."""
    try:
        render = change.render(drafted.values)
    except HelmError as exc:
        remedy = find_chart_remedy(exc.reason, t.cast("Release", change.found.running).chart)
        if remedy:
            raise HelmError(f"Scaling {change.task.title}", reason=exc.reason, remedy=remedy, **exc.facts) from exc
        raise explain_refusal(change, exc, drafted=drafted, before=stored, sensitive={}) from exc
    return complete_scale(drafted, change.found, render=render, stored=stored, wish=wish), render


def _find_refusals(change: Change, render: Render, *, allow_restarts: bool) -> t.Iterator[Blocker]:
    """Yield what the API server says to the counts: helm's dry run does not ask the cluster's own rules."""
    moves = find_moves(change.found, render)
    yield from filter(None, (_find_refusal(change, move, allow_restarts=allow_restarts) for move in moves))


def _refuse_edits(change: Change, plan: Plan, *, stored: Manifest, server_side: bool) -> t.Iterator[Blocker]:
    restarted = {restart.key for restart in plan.restarts}
    live = (one for key, one in change.found.live.items() if key not in restarted)
    for edit in find_edits(change.task.client, live, manifest=stored, server_side=server_side):
        reason = f"{edit.workload.key} is no longer as the release has it, and helm would set it back ({edit.evidence})"
        yield Blocker(f"Scaling {describe_release(change.found)}", reason, EDIT_REMEDY)


def _find_refusal(change: Change, move: Move, *, allow_restarts: bool) -> Blocker | None:
    action, live = f"Scaling {move.type} to {move.target}", move.live
    try:
        foreseen = _counts.rehearse(change.task.client, Take(live.kind, live.name, move.target, hold=False))
    except ForbiddenError:
        return None  # the check of rights says which is missing
    except RefusedError as exc:
        return Blocker(action, exc.reason, "Follow what the cluster's rule says, or have it changed.")
    if foreseen.image == live.image or allow_restarts:
        return None
    reason = f"admission would make image {foreseen.image} of {live.image} of {live.key}, which replaces its pods"
    return Blocker(action, reason, "Set allow_restarts when they may be replaced, or have that rule changed.")


def _carry_out(change: Change, render: Render, *, result: ScaleResult, types: t.Collection[str]) -> Json:
    task, plan = change.task, result.plan
    try:
        prepare = (lambda: _go_through(change, plan, server_side=render.server_side)) if plan.phases else None
        stamp = change.apply(plan, render, prepare=prepare)
        result = dataclasses.replace(result, after=observe(task.client, task.release), changed=True)
        change.check_overwritten(result.after, stamp=stamp)
        return wait_for_workers(result, types).build()
    except OvertakenError:
        raise
    except MilvusError as exc:
        if isinstance(exc, HelmError) and _CONFLICT.search(exc.reason):
            action, reason = f"Scaling {task.title}", "somebody has set a count since it was read"
            raise OvertakenError(action, reason=reason, remedy="Run it again.") from exc
        raise _fail(change, exc, render=render, result=result) from exc


def _go_through(change: Change, plan: Plan, *, server_side: bool) -> None:
    """Set the counts of each phase, and wait until its pods have come or gone, and Milvus knows of it."""
    task, topology = change.task, change.found.topology
    end = time.monotonic() + task.options["wait_timeout"]
    types = {part.workload.name: part.type.key for part in topology.components} if topology else {}
    for number, phase in enumerate(plan.phases, start=1):
        counts = ", ".join(f"{one.name} to {one.replicas}" for one in phase)
        task.say(f"Step {number} of {len(plan.phases)}: {counts}")
        _counts.step(task.client, phase, server_side=server_side)
        if topology is not None:
            live = wait_for_step(task, topology, wait_timeout=max(0.0, end - time.monotonic()))
            left = max(0.0, end - time.monotonic())
            expected = expect(topology, live, types={types[one.name] for one in phase})
            wait_until_listed(task, topology, expected=expected, wait_timeout=left)


def _fail(change: Change, exc: MilvusError, *, render: Render, result: ScaleResult) -> MilvusError:
    """Say what has become of the release; have helm note the counts that were reached, or the former ones restored."""
    task, before = change.task, change.found
    try:
        after = observe(task.client, task.release)
        is_revised = after.history.newest != before.history.newest
        is_changed = is_revised or _list_counts(after) != _list_counts(before)
        result = dataclasses.replace(result, after=after, changed=is_changed)
        restores = task.options["on_failure"] == _RESTORE
        if is_changed and (restores or not is_revised):
            change.check_undisturbed(after)
            counts = _note(change, before if restores else after, after=after, plan=result.plan, render=render)
            words = "former counts were restored" if restores else "release keeps the counts that were reached"
            shown = ", ".join(f"{name} {count}" for name, count in counts.items())
            exc.add(f"The {words}: {shown}.")
            exc.facts["restored" if restores else "reached"] = counts
            result = dataclasses.replace(result, after=observe(task.client, task.release))
    except MilvusError as second:
        exc.add(f"Besides: {second}")
    return result.attach_to(exc)


def _list_counts(found: Observation) -> dict[str, int]:
    return {live.name: live.counts.desired for pool in find_pools(found) for live in pool.live}


def _note(change: Change, wanted: Observation, *, after: Observation, plan: Plan, render: Render) -> dict[str, int]:
    """Have helm make a revision of the counts that *wanted* has, and return them by Deployment."""
    running = t.cast("Release", change.found.running)
    counts, server_side = choose_counts(wanted, after), render.server_side
    values, state = keep_counts(running.values, wanted, counts=counts), find(plan.values, *ETCD_STATE)
    values = values if state is MISSING else pin_etcd(values, state)
    reopened = _find_reopened(wanted, after, server_side=server_side)
    if not server_side:  # a count that goes out of the manifest falls to the API server's default
        for pool in reopened:
            values = put(values, (pool.type.values_key, "replicas"), value=counts[pool.type.key])
    takes = tuple(_find_takes(wanted, after, counts=counts, reopened=reopened)) if server_side else ()
    dataclasses.replace(change, found=after).apply(Plan(values, takes=takes), render)
    return {live.name: counts[pool.type.key] for pool in find_pools(wanted) for live in pool.live}


def _find_reopened(wanted: Observation, after: Observation, *, server_side: bool) -> tuple[Pool, ...]:
    """Return the types whose count the release leaves open again, and whose pods helm would stop all but one for it."""
    opened = {pool.type.key for pool in find_pools(wanted) if pool.released is None}
    return tuple(pool for pool in find_pools(after) if pool.type.key in opened and _is_named(pool, server_side))


def _is_named(pool: Pool, server_side: bool) -> bool:
    if server_side:
        return any(owner.manager == HELM for live in pool.live for owner in live.owners)
    return pool.released is not None


def _find_takes(
    wanted: Observation, after: Observation, *, counts: t.Mapping[str, int], reopened: t.Iterable[Pool]
) -> t.Iterator[Take]:
    """Yield the counts to own while helm goes back to them; what autoscalers own and have set is left to them."""
    held = {pool.type.key for pool in reopened}
    fixed = {pool.type.key for pool in find_pools(wanted) if pool.released is not None and not pool.autoscaled}
    for pool in find_pools(after):
        if pool.type.key in held | fixed:
            for live in pool.live:
                yield Take(live.kind, live.name, counts[pool.type.key], hold=pool.type.key in held)
