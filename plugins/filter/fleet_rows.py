# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A filter that makes the rows of a table of what has become of each release."""

from __future__ import annotations

import typing as t

Outcome = t.Mapping[str, t.Any]

# AWX cuts an event off after 1024 bytes; the row is in it with some words around.
_LONGEST = 400
_NOT_BEGUN: Outcome = {"outcome": "not begun"}


def fleet_rows(names: t.Sequence[str], outcomes: t.Mapping[str, Outcome]) -> list[str]:
    """Return a row for each release, with columns of one width: outcome, name, and what there is to say.

    names: the releases, in the order of the rows
    outcomes: for those that have begun, by name: `outcome`, and `task` and `reason` or `release` and `counts`
    """
    told = {name: outcomes.get(name) or _NOT_BEGUN for name in names}
    width = max((len(_word(outcome)) for outcome in told.values()), default=0)
    longest = max(map(len, names), default=0)
    return [
        _cut(f"{_word(outcome):{width}}  {name:{longest}}  {_tell(outcome)}".rstrip()) for name, outcome in told.items()
    ]


def _word(outcome: Outcome) -> str:
    return str(outcome["outcome"])


def _tell(outcome: Outcome) -> str:
    """Return why it has failed, or what is there now."""
    if outcome.get("reason"):
        return f"{outcome['task']}: {' '.join(str(outcome['reason']).split())}"
    release, counts = outcome.get("release") or {}, outcome.get("counts") or []
    chart = f"chart {release['chart_version']}" if release.get("chart_version") else ""
    revision = f"revision {release['revision']}" if release.get("revision") else ""
    return ", ".join(filter(None, [chart, revision, *(f"{row['type']} {row['after']}" for row in counts)]))


def _cut(row: str) -> str:
    return row if len(row.encode()) <= _LONGEST else row.encode()[:_LONGEST].decode(errors="ignore") + " …"


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return them by name."""
        return {"fleet_rows": fleet_rows}
