# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The work of milvus_install for `absent`: uninstall, wait until the pods are gone, keep or delete volumes. PRIVATE."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from ._backup import write_backup
from ._draft import Action, Plan, describe_chart, describe_release
from ._errors import MilvusError, OptionError
from ._helm import open_helm
from ._install_report import Result, describe_blockers
from ._lock import Patience
from ._manifest import WORKLOADS, Manifest, read_manifest
from ._observe import Observation, observe
from ._preflight import Ahead, check_removal
from ._unlock import free
from ._volumes import Claim, Note, annotate_claims, delete_claims, read_claims
from ._waiting import wait_for_the_end

if t.TYPE_CHECKING:
    from ._module import Task

Json = dict[str, t.Any]


def uninstall(task: Task) -> Json:
    """Remove the release, and its volumes where the task wants that, and return the module's result."""
    _check_confirmation(task)
    found = observe(task.client, task.release)
    # An uninstall that was cut off can be done again.
    patience, action = Patience(task.options["lock_timeout"]), f"Uninstalling {task.title}"
    found, repairs, notes = free(task, found, action=action, patience=patience, harmless="uninstalling")
    stored = read_manifest(found.running.manifest, where=task.title) if found.running else {}
    claims = read_claims(task.client, task.release, manifest=stored)
    doomed = tuple(claim for claim in claims if task.options["delete_volumes"] and not claim.terminating)
    plan = Plan({}, actions=(*repairs, *_list_actions(found, stored, doomed=doomed)))
    if plan.changed:
        ahead = Ahead(action, stored, {})
        preflight = check_removal(task.client, ahead, found=found, deletes_volumes=bool(doomed))
        plan = dataclasses.replace(plan, checks=preflight.checks, blockers=preflight.blockers)
    result = Result(task, found, found, plan, {}, notes=notes)
    if plan.blockers:
        raise result.attach_to(describe_blockers(plan.blockers))
    return result.build() if task.is_check else _carry_out(result, claims, doomed=doomed)


def _check_confirmation(task: Task) -> None:
    if task.options["delete_volumes"] and task.options["confirm"] != task.release:
        raise OptionError(
            "Reading the option confirm",
            reason=f"delete_volumes destroys all data of {task.title}; confirm is '{task.options['confirm'] or ''}'",
            remedy=f"Set confirm to {task.release}, or leave delete_volumes out.",
        )


def _list_actions(found: Observation, stored: Manifest, *, doomed: t.Iterable[Claim]) -> t.Iterator[Action]:
    if found.running is not None:
        yield Action("uninstall", describe_release(found), f"chart {describe_chart(found.running.chart)}")
        for key, item in sorted(stored.items()):
            if item.kind in WORKLOADS:
                yield Action("delete", key, item.replicas)
    for claim in doomed:
        yield Action("delete", f"PersistentVolumeClaim/{claim.volume.name}", claim.volume.size)


def _carry_out(result: Result, claims: tuple[Claim, ...], *, doomed: tuple[Claim, ...]) -> Json:
    task, running = result.task, result.before.running
    result = dataclasses.replace(result, backup_file=write_backup(task.options["backup_dir"] or "", result.before))
    try:
        if running is not None:
            # Before helm: nobody could tell any more what wrote them if this was cut off right after it.
            note = Note(running.chart.version, running.chart.app_version)
            annotate_claims(task.client, claims, release=task.release, note=note)
            driver = result.before.history.storage.kind.lower()
            helm = open_helm(task.options, task.connection, environ=os.environ, driver=driver, say=task.say)
            helm.uninstall(task.release, task.client.namespace, timeout=task.options["wait_timeout"])
            result = dataclasses.replace(result, changed=True)
        result = wait_for_the_end(result)
        delete_claims(task.client, doomed)
        result = dataclasses.replace(result, changed=result.changed or bool(doomed))
        return dataclasses.replace(result, after=observe(task.client, task.release)).build()
    except MilvusError as exc:
        raise result.attach_to(exc) from exc
