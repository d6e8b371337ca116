# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Waits until another operation on the release has ended, and ends one that nobody works on any more. PRIVATE.

Such a one is ended by marking its revision failed, which touches no workload and is what the next upgrade builds on.
It is never gone back by `helm rollback`, and no record is deleted.
"""

from __future__ import annotations

import time
import typing as t

from ._draft import Action, describe_release
from ._errors import ConflictError, NotFoundError
from ._lock import Patience, describe_lock, refuse
from ._observe import Observation, observe
from ._release import Lock, find_lock, spell_stamp
from ._release_store import ReleaseStore
from ._turn import take_turn

if t.TYPE_CHECKING:
    from ._module import Task

_POLL = 2.0  # seconds between looks at the records
_REPEAT = 30.0  # seconds after which it is said again what is waited for

NEVER, ALWAYS = "never", "always"


class Freed(t.NamedTuple):
    """The release as it was when no operation was going on; *repairs* and *notes* say what was done for that."""

    found: Observation
    repairs: tuple[Action, ...] = ()
    notes: tuple[str, ...] = ()


def free(task: Task, found: Observation, *, action: str, patience: Patience, harmless: str = "") -> Freed:
    """Return when no operation on the release is going on, or only one of the status *harmless*.

    In check mode what would be ended is not. Raises LockedError when the time is up.
    """
    repairs: tuple[Action, ...] = ()
    notes: tuple[str, ...] = ()
    while True:
        lock = find_lock(found.history.newest, task.client.now())
        if lock is None or lock.status == harmless:
            return Freed(found, repairs, notes)
        end, unlock = _find_end(task, found, lock=lock), task.options["unlock"]
        if not patience.left and unlock == ALWAYS:
            end = end or "unlock is 'always'"
        if end and unlock != NEVER:
            repairs = (
                Action("unlock", f"revision {lock.revision} of {describe_release(found)}", lock.status, "failed"),
            )
            notes = (_describe_repair(lock, end, is_check=task.is_check),)
            if task.is_check:
                return Freed(found, repairs, notes)
            found = _mark_failed(task, found, lock=lock)
        elif not patience.left:
            raise refuse(lock, action, end=end, timeout=task.options["lock_timeout"])
        else:
            found = _await_change(task, found, lock=lock, patience=patience)


def _find_end(task: Task, found: Observation, *, lock: Lock) -> str:
    """Say how it is known that nobody works on a revision any more, "" if it is not."""
    newest = found.history.newest
    if newest is None or newest.stamp is None:
        return ""  # not ours: nobody can know
    if lock.stale:
        return f"its time was up at {newest.stamp.deadline:%Y-%m-%d %H:%M:%S} UTC"
    with take_turn(*task.identity) as turn:
        if turn is not None and turn.noted == spell_stamp(newest):
            return "the run on this host that began it, and its helm, have ended without it"
    return ""


def _describe_repair(lock: Lock, end: str, *, is_check: bool) -> str:
    verb = "would be" if is_check else "was"
    return f"A lock {verb} released: {describe_lock(lock)}; {end}. The revision {verb} marked failed."


def _mark_failed(task: Task, found: Observation, *, lock: Lock) -> Observation:
    if found.history.newest is not None:
        try:
            store, words = ReleaseStore(task.client, task.release), f"By milvus.cluster: was left {lock.status}"
            store.mark_failed(found.history, found.history.newest, description=words)
        except (ConflictError, NotFoundError):
            task.say(f"Revision {lock.revision} has changed meanwhile.")
    return observe(task.client, task.release)


def _await_change(task: Task, found: Observation, *, lock: Lock, patience: Patience) -> Observation:
    """Look at the records until the newest one is another, or has ended, or it is worth to judge anew."""
    store, until = ReleaseStore(task.client, task.release), max(0.0, patience.left - _REPEAT)
    task.say(f"Waiting for another operation: {describe_lock(lock)}; {patience.left:.0f} s left")
    while patience.left > until:
        time.sleep(min(_POLL, patience.left))
        newest = store.read_history().newest
        if newest is None or (newest.number, newest.status) != (lock.revision, lock.status):
            break
        if newest.stamp is not None and _find_end(task, found, lock=find_lock(newest, task.client.now()) or lock):
            break
    return observe(task.client, task.release)
