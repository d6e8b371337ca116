# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A filter that finds misspelled names."""

from __future__ import annotations

import typing as t

_FARTHEST = 2


def near_misses(names: t.Iterable[str], known: t.Iterable[str]) -> dict[str, str]:
    """Return the *names* that are none of *known*, but within two edits of one, each with that one."""
    right = list(known)
    return {
        name: closest
        for name in names
        if name not in right
        for closest in [min(right, key=lambda other: count_edits(name, other), default="")]
        if count_edits(name, closest) <= _FARTHEST
    }


def count_edits(one: str, other: str) -> int:
    """Return how many characters have to be put, taken or replaced to turn one text into the other."""
    row = list(range(len(other) + 1))
    for number, character in enumerate(one, start=1):
        above, row[0] = row[0], number
        for column, wanted in enumerate(other, start=1):
            above, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, above + (character != wanted))
    return row[-1]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return them by name."""
        return {"near_misses": near_misses}
