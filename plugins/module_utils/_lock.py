# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What is said of an operation on a release that is not ours, and how long it is waited for. PRIVATE."""

from __future__ import annotations

import time
import typing as t

from ._errors import LockedError

if t.TYPE_CHECKING:
    from ._release import Lock

_ALWAYS = "set unlock to always and lock_timeout to 0"


class Patience:
    """The time that a run has for waiting for others, all its waits together."""

    def __init__(self, seconds: float, *, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deadline = clock() + seconds

    @property
    def left(self) -> float:
        """How many seconds are left, not less than 0."""
        return max(0.0, self._deadline - self._clock())


def describe_lock(lock: Lock) -> str:
    """Say what is going on, since when, and by whom."""
    age = f" for {lock.age} s" if lock.age is not None else ""
    return f"revision {lock.revision} is {lock.status}{age}, by {lock.holder or 'another client of Helm'}"


def refuse(lock: Lock, action: str, *, end: str, timeout: float) -> LockedError:
    """Return the error that stops *action*. *end*: how it is known that nobody works on it any more, "" without."""
    reason = f"its {describe_lock(lock)}; " + (end or f"it has not ended within lock_timeout ({timeout:g} s)")
    facts = {**lock._asdict(), "deadline": lock.deadline.isoformat() if lock.deadline else None}
    return LockedError(action, reason=reason, remedy=_find_remedy(lock, end=end), lock=facts)


def _find_remedy(lock: Lock, *, end: str) -> str:
    if end:
        return "Leave the option unlock out: then the revision is marked failed, and the release repaired."
    if lock.status == "uninstalling":
        return "Wait until that has ended. If it was killed, run it again with state: absent, which finishes it."
    if lock.deadline:
        return (
            f"Run it again: after {lock.deadline:%Y-%m-%d %H:%M:%S} UTC it counts as killed, and is repaired. "
            f"If you know that it was killed, {_ALWAYS}."
        )
    return (
        f"Wait until that has ended. Only you can tell whether it was killed: then {_ALWAYS}, which marks the revision "
        "failed and repairs the release."
    )
