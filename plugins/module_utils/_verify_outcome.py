# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""How a check of milvus_verify can come out. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
_NAMED = 5


class Outcome(t.NamedTuple):
    """One of the words above, what it rests on, why something is not checked, and the next step after a failure.

    *evidence* and *reason* have no full stop, *remedy* is a sentence.
    """

    outcome: str
    evidence: str = ""
    reason: str = ""
    remedy: str = ""


def judge(problems: t.Sequence[str], evidence: str, *, remedy: str) -> Outcome:
    """Return a failure with the first *problems*, or without any that it passed with the *evidence*."""
    if problems:
        return Outcome(FAILED, enumerate_some(problems), remedy=remedy)
    return Outcome(PASSED, evidence)


def skip(reason: str, *, evidence: str = "") -> Outcome:
    """Return that it was not checked."""
    return Outcome(SKIPPED, evidence, reason)


def enumerate_some(texts: t.Sequence[str], *, comma: str = "; ", most: int = _NAMED) -> str:
    """Join the first few, and say how many more there are."""
    more = len(texts) - most
    return comma.join(texts[:most]) + (f"{comma}and {more} more" if more > 0 else "")


def show(key: str) -> str:
    """Return "<kind>/<name>" as people write it."""
    return key.replace("/", " ")
