# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What to say when another operation on a release has begun and not ended. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._errors import LockedError

if t.TYPE_CHECKING:
    from ._release import Lock


def describe_lock(lock: Lock, action: str) -> LockedError:
    """Return the error that stops *action*."""
    age = f" for {lock.age} s" if lock.age is not None else ""
    facts = {**lock._asdict(), "deadline": lock.deadline.isoformat() if lock.deadline else None}
    return LockedError(
        action,
        reason=f"its revision {lock.revision} is {lock.status}{age}, by {lock.holder or 'another client of Helm'}",
        remedy="Wait until that has ended. If it was killed, mark the revision failed, or go back with `helm rollback` "
        "to the newest revision that was deployed.",
        lock=facts,
    )
