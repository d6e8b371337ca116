# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The part of milvus_install that works with helm: the plan made from its dry run, and carried out. PRIVATE."""

from __future__ import annotations

import dataclasses
import typing as t

from ._backup import write_backup
from ._draft import Action, Blocker, Restart, describe_release
from ._edits import find_edits
from ._errors import ForbiddenError, HelmError, MilvusError, NotFoundError, OptionError, OvertakenError
from ._install_report import Result, describe_blockers
from ._kube import NAMESPACES
from ._manifest import read_manifest
from ._observe import observe
from ._outlook import add_checks, explain_refusal
from ._plan import Render, complete
from ._redaction import mask
from ._release_store import ReleaseStore
from ._volumes import annotate_claims
from ._waiting import wait_for_release

if t.TYPE_CHECKING:
    from ._apply import Change
    from ._draft import Draft, Plan, Wish
    from ._edits import Edit
    from ._manifest import Manifest
    from ._module import Task
    from ._observe import Observation

Json = dict[str, t.Any]


def upgrade(change: Change, drafted: Draft, *, wish: Wish) -> Json:
    """Plan what a draft has found to be done, do it unless in check mode, and return the module's result."""
    plan, render = _make_plan(change, wish, drafted=drafted)
    result = Result(change.task, change.found, change.found, plan, wish.sensitive, notes=change.notes)
    if plan.blockers:
        raise result.attach_to(describe_blockers(plan.blockers))
    if not plan.changed:
        return result.conclude(wait_for_release)
    return result.build() if change.task.is_check else _carry_out(change, render, result=result)


def _make_plan(change: Change, wish: Wish, *, drafted: Draft) -> tuple[Plan, Render]:
    """Return the plan, and the render that it was made from."""
    found = change.found
    if drafted.is_install:
        _check_namespace(change.task)
    stored = read_manifest(found.running.manifest, where=change.task.title) if found.running else {}
    try:
        render = change.render(drafted.values)
    except HelmError as exc:
        raise explain_refusal(change, exc, drafted=drafted, before=stored, sensitive=wish.sensitive) from exc
    plan = complete(drafted, found, render=render, stored=stored, wish=wish)
    if plan.changed:
        plan = add_checks(change, _mind_edits(change, plan, stored=stored, render=render), before=stored, render=render)
    return plan, render


def _mind_edits(change: Change, plan: Plan, *, stored: Manifest, render: Render) -> Plan:
    """Add to a plan what helm is going to do about what others have set: set it back, or stop half-way."""
    client, live = change.task.client, change.found.live
    if render.server_side:
        conflicts = find_edits(client, live.values(), manifest=render.manifest, server_side=True)
        blockers = (_refuse_edit(change.found, edit) for edit in conflicts)
        return dataclasses.replace(plan, blockers=(*plan.blockers, *blockers))
    restarted = {restart.key for restart in plan.restarts}
    others = (one for key, one in live.items() if key not in restarted and key in render.manifest)
    edits = list(find_edits(client, others, manifest=stored, server_side=False))
    actions = (Action("set back", edit.workload.key, edit.evidence, "as in the release") for edit in edits)
    restarts = (Restart(one.kind, one.name, one.counts.desired) for one, _evidence in edits)
    return dataclasses.replace(plan, actions=(*plan.actions, *actions), restarts=(*plan.restarts, *restarts))


def _refuse_edit(found: Observation, edit: Edit) -> Blocker:
    key, evidence = edit.workload.key, edit.evidence
    reason = f"helm would stop half-way at {key}, where somebody else has set what the chart sets ({evidence})"
    remedy = "Set it back yourself, for which kubectl will do, or give the release's values the same."
    return Blocker(f"Upgrading {describe_release(found)}", reason, remedy)


def _check_namespace(task: Task) -> None:
    namespace = task.client.namespace
    if task.options["create_namespace"]:
        return
    try:
        task.client.get(NAMESPACES, namespace)
    except NotFoundError:
        raise OptionError(
            "Reading the option release_namespace",
            reason=f"there is no namespace {namespace}",
            remedy="Create it, or set create_namespace.",
        ) from None
    except ForbiddenError:
        return  # an account of one namespace need not read namespaces; helm will tell


def _carry_out(change: Change, render: Render, *, result: Result) -> Json:
    result = dataclasses.replace(
        result, backup_file=write_backup(change.task.options["backup_dir"] or "", change.found)
    )
    try:
        stamp = change.apply(result.plan, render)
        annotate_claims(change.task.client, change.kept, release=change.task.release, note=None)
        result = dataclasses.replace(result, after=observe(change.task.client, change.task.release), changed=True)
        change.check_overwritten(result.after, stamp=stamp)
        return wait_for_release(result).build()
    except OvertakenError:
        raise
    except MilvusError as exc:
        raise _fail(change, exc, result=result) from exc


def _fail(change: Change, exc: MilvusError, *, result: Result) -> MilvusError:
    """Say what has become of the release, and go back if the task wants that."""
    task, before = change.task, change.found
    try:
        result = dataclasses.replace(result, after=observe(task.client, task.release))
        newest, older = result.after.history.newest, before.history.newest
        result = dataclasses.replace(result, changed=newest != older)
        _mask_description(change, result.after)
        if result.changed and task.options["on_failure"] == "rollback" and before.history.deployed is not None:
            revision = before.history.deployed.number
            change.roll_back(revision)
            exc.add(f"The release was rolled back to revision {revision}.")
            exc.facts["rolled_back_to"] = revision
            result = dataclasses.replace(result, after=observe(task.client, task.release))
    except MilvusError as second:
        exc.add(f"Besides: {second}")
    return result.attach_to(exc)


def _mask_description(change: Change, found: Observation) -> None:
    """Take the secrets out of a failed revision: helm notes its error there, with the values that it quotes."""
    if found.newest is None or found.history.newest is None:
        return
    masked = mask(found.newest.description, change.secrets)
    if masked != found.newest.description:
        store = ReleaseStore(change.task.client, change.task.release)
        store.redescribe(found.history, found.history.newest, description=masked)
