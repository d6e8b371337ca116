# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Breaks the silence of what takes long. PRIVATE to this collection."""

from __future__ import annotations

import time
import typing as t

INTERVAL = 30.0  # seconds without a line


class Heartbeat:
    """Hands lines on to *say*, and when there was none for long enough, one about what is waited for."""

    def __init__(self, say: t.Callable[[str], None], clock: t.Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._said_at = clock()

    def say(self, line: str) -> None:
        """Say it at once."""
        self._said_at = self._clock()
        self._say(line)

    def beat(self, describe: t.Callable[[], str]) -> None:
        """Say what *describe* returns, if it is time."""
        if self._clock() - self._said_at >= INTERVAL:
            self.say(describe())


def describe_time(waited: float, left: float) -> str:
    """Say how long it has lasted, and how long it still may; both in seconds."""
    return f"{waited:.0f} s so far, {max(left, 0):.0f} s left"


def ignore(_line: str) -> None:
    """Say nothing."""
