# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Refuses to work on a release while another operation on it has not ended. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._errors import LockedError
from ._release import find_lock

if t.TYPE_CHECKING:
    from ._observe import Observation


def refuse_locked(found: Observation, action: str, *, harmless: str = "") -> None:
    """Raise the LockedError that stops *action*; an operation of the status *harmless* does not."""
    lock = find_lock(found.history.newest, found.time)
    if lock is None or lock.status == harmless:
        return
    age = f" for {lock.age} s" if lock.age is not None else ""
    facts = {**lock._asdict(), "deadline": lock.deadline.isoformat() if lock.deadline else None}
    raise LockedError(
        action,
        reason=f"its revision {lock.revision} is {lock.status}{age}, by {lock.holder or 'another client of Helm'}",
        remedy="Wait until that has ended. If it was killed, mark the revision failed, or go back with `helm rollback` "
        "to the newest revision that was deployed.",
        lock=facts,
    )
