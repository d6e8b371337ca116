# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A change of a release by what is there, made anew when that was no longer so. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ._errors import OvertakenError
from ._lock import Patience
from ._observe import Observation, observe
from ._release import find_lock
from ._values import merge

if t.TYPE_CHECKING:
    from ._draft import Action, Draft
    from ._module import Task

Json = dict[str, t.Any]

_PAUSE = 1.0  # seconds before a plan that was overtaken is made anew


def repeat(task: Task, attempt: t.Callable[[Patience, Json], Json]) -> Json:
    """Return the result of the first *attempt* that nobody has overtaken.

    It gets the time that is left for waits, and the values of others that ours have gone over in the attempts before.
    """
    patience, changed = Patience(task.options["lock_timeout"]), False
    lost: Json = {}
    while True:
        result = _try(attempt, patience, lost=lost)
        if not isinstance(result, OvertakenError):
            return {**result, "changed": changed or result["changed"]}
        task.say(f"{result} The plan is made anew.")
        changed = changed or result.overwritten is not None
        lost = merge(lost, result.overwritten or {})
        time.sleep(_PAUSE)


def _try(attempt: t.Callable[[Patience, Json], Json], patience: Patience, *, lost: Json) -> Json | OvertakenError:
    try:
        return attempt(patience, lost)
    except OvertakenError as exc:
        if not patience.left:
            raise
        return exc


def observe_unlocked(task: Task, patience: Patience) -> tuple[Observation, tuple[Action, ...], tuple[str, ...]]:
    """Return the release while no operation on it is going on, what was done for that, and warnings of it."""
    found = observe(task.client, task.release)
    if find_lock(found.history.newest, found.time) is None:
        return found, (), ()
    # Here, because Ansible has every file compiled anew at each run, and most runs find no lock.
    from ._unlock import free

    return free(task, found, action=f"Changing {task.title}", patience=patience)


def precede(repairs: tuple[Action, ...], drafted: Draft) -> Draft:
    """Put what was done to a lock before the reasons of a draft."""
    return dataclasses.replace(drafted, reasons=(*repairs, *drafted.reasons)) if repairs else drafted
