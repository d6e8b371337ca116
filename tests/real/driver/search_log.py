# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What the searchers wrote down, counted over a stretch of time."""

from __future__ import annotations

import collections
import json
import typing as t
from pathlib import Path

RIGHT = "right"
# In the order in which a table shows them.
FAULTS = ("late", "failed", "empty", "wrong")


class Answer(t.NamedTuple):
    """One search: when it was asked (seconds since the epoch), how long it took, and how it ended."""

    at: float
    seconds: float
    outcome: str
    detail: str


class Tally(t.NamedTuple):
    """Searches of a stretch by outcome, the longest of them, and from when to when some were faulty.

    The times are in seconds since the beginning of the stretch.
    """

    asked: int
    faults: dict[str, int]
    longest: float
    first_fault: float | None
    last_fault: float | None
    words: tuple[str, ...]

    def as_row(self) -> list[str]:
        """Return it as the cells of a table's row."""
        span = "" if self.first_fault is None else f"{self.first_fault:.1f} to {self.last_fault:.1f} s"
        return [str(self.asked), *(str(self.faults[name]) for name in FAULTS), f"{self.longest:.1f} s", span]


def read(*logs: Path) -> list[Answer]:
    """Return all answers, in the order in which they were asked for."""
    lines = (line for log in logs for line in log.read_text(encoding="utf-8").splitlines())
    return sorted(Answer(**json.loads(line)) for line in lines)


def count(answers: t.Iterable[Answer], *, begin: float, end: float) -> Tally:
    """Count the searches that were asked from *begin* to *end*."""
    chosen = [one for one in answers if begin <= one.at <= end]
    faulty = [one for one in chosen if one.outcome != RIGHT]
    found = collections.Counter(one.outcome for one in faulty)
    moments = [one.at - begin for one in faulty]
    return Tally(
        asked=len(chosen),
        faults={name: found[name] for name in FAULTS},
        longest=max((one.seconds for one in chosen), default=0.0),
        first_fault=min(moments, default=None),
        last_fault=max(moments, default=None),
        words=tuple(dict.fromkeys(one.detail for one in faulty if one.detail)),
    )
