# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The wait of the modules that change a release, as the task's options want it. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ._errors import ForbiddenError
from ._kube import JOBS
from ._readiness import find_job_lag
from ._settled import is_settled

if t.TYPE_CHECKING:
    from ._install_report import Result
    from ._live import LiveWorkload
    from ._module import Task
    from ._observe import Observation
    from ._topology import Topology
    from ._wait import Goal, Outcome

AnyResult = t.TypeVar("AnyResult", bound="Result")


def wait_for_release(result: AnyResult) -> AnyResult:
    """Wait until the release is ready, where the task wants that; in check mode see whether it is. Raises WaitError."""
    task, found = result.task, result.after
    if not task.options["wait"] or found.topology is None:
        return result
    if task.is_check:
        return _look(result, found.topology)
    if _has_been_ready(task, found, jobs=found.topology.jobs):
        return dataclasses.replace(result, waited=0.0)
    outcome = _wait(task, found.topology, gone=False)
    after = dataclasses.replace(found, live=outcome.live)
    return dataclasses.replace(result, after=after, waited=round(outcome.waited_seconds, 1))


def _look(result: AnyResult, topology: Topology) -> AnyResult:
    """Note a wait of no time where none is needed."""
    task, found = result.task, result.after
    try:
        if _has_been_ready(task, found, jobs=topology.jobs):
            return dataclasses.replace(result, waited=0.0)
        live = _glance(task, topology)
    except ForbiddenError:
        return result  # a plan alone needs fewer rights than what carries it out
    if live is None:
        return result
    return dataclasses.replace(result, after=dataclasses.replace(found, live=live), waited=0.0)


def _has_been_ready(task: Task, found: Observation, *, jobs: t.Collection[str]) -> bool:
    settled = is_settled(found, task.client.now(), stable_seconds=task.options["stable_seconds"])
    return settled and _are_complete(task, jobs)


def wait_for_step(task: Task, topology: Topology, *, wait_timeout: float) -> t.Mapping[str, LiveWorkload]:
    """Wait until the release is ready and no pod of it is ending, whether or not the task wants to wait at the end."""
    return _wait(task, topology, gone=False, wait_timeout=wait_timeout, stable_seconds=0).live


def _are_complete(task: Task, jobs: t.Collection[str]) -> bool:
    found = (job for job in task.client.list(JOBS) if job["metadata"]["name"] in jobs) if jobs else ()
    return not any(map(find_job_lag, found))


def wait_for_the_end(result: Result) -> Result:
    """Wait until no pod of the release is left, where the task wants that. Raises WaitError."""
    task = result.task
    if not task.options["wait"]:
        return result
    outcome = _wait(task, result.before.topology, gone=True)
    return dataclasses.replace(result, waited=round(outcome.waited_seconds, 1))


def _glance(task: Task, topology: Topology) -> t.Mapping[str, LiveWorkload] | None:
    from ._wait import glance  # here, see _wait()

    return glance(task.client, _make_goal(task, topology, gone=False))


def _wait(task: Task, topology: Topology | None, *, gone: bool, **other: float) -> Outcome:
    # Here, because Ansible has every file compiled anew at each run, and most runs find all settled.
    from ._wait import wait

    return wait(task.client, _make_goal(task, topology, gone=gone, **other), say=task.say)


def _make_goal(task: Task, topology: Topology | None, *, gone: bool, **other: float) -> Goal:
    from ._wait import Goal

    options = {**task.options, **other}
    return Goal(
        release=task.release,
        topology=topology,
        jobs=topology.jobs if topology else (),
        gone=gone,
        wait_timeout=options["wait_timeout"],
        stable_seconds=options["stable_seconds"],
        unschedulable_timeout=options["unschedulable_timeout"],
    )
