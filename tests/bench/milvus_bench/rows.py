# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Figures: from the samples of both sides to rows, a table and ``latest.json``."""

from __future__ import annotations

import json
import statistics
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

Sample = dict[str, float]
"""What one run of one side cost: metric to figure; after a playbook also ``ended``, in seconds since the epoch."""

Samples = t.Sequence[Sample]

TIMED = {
    "wall": "s, whole run",
    "task": "s, tasks alone",
    "latency": "s, after readiness",
    "cluster": "s, pods to readiness",
}
COUNTED = {
    "helm_processes": "helm processes",
    "requests": "API requests",
    "bytes": "API bytes",
    "peak_memory": "MiB",
    "cpu": "s of CPU, modules",
}
UNITS = TIMED | COUNTED
SECONDS = {*TIMED, "cpu"}


@dataclass(frozen=True)
class Row:
    """One figure of one scenario: the median of each side; a side that does not exist is ``None``."""

    name: str
    unit: str
    ours: float | None
    peer: float | None
    peer_name: str | None
    ratio: float | None
    runs: int


@dataclass(frozen=True)
class Results:
    """Rows and the setting that they were measured in: what runs, in which version."""

    setting: t.Mapping[str, str | int]
    rows: tuple[Row, ...]

    def save(self, path: Path) -> None:
        content = {"setting": dict(self.setting), "rows": [asdict(row) for row in self.rows]}
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Results:
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(content["setting"], tuple(Row(**row) for row in content["rows"]))

    def over(self, earlier: Results, order: t.Sequence[str]) -> Results:
        """These results and, where the setting is the same, those earlier rows of ``order`` that they lack."""
        rows = {row.name: row for row in (earlier.rows if earlier.setting == self.setting else ())}
        rows |= {row.name: row for row in self.rows}
        return Results(self.setting, tuple(rows[name] for name in order if name in rows))


def row_of(name: str, metric: str, *, ours: Samples, peer: Samples, peer_name: str | None) -> Row:
    """The row for ``metric``; no samples means that there is no such side yet."""
    our_figure, peer_figure = _median(ours, metric), _median(peer, metric)
    ratio = None if our_figure is None or not peer_figure else round(our_figure / peer_figure, 3)
    return Row(name, UNITS[metric], our_figure, peer_figure, peer_name, ratio, max(len(ours), len(peer)))


def _median(samples: Samples, metric: str) -> float | None:
    if not samples:
        return None
    figure = statistics.median(sample[metric] for sample in samples)
    return round(figure, 3) if metric in SECONDS else int(figure)


def table(rows: t.Iterable[Row]) -> str:
    """The rows for people, one line each below a header."""
    lines = [("name", "unit", "ours", "peer", "ratio", "runs", "peer's name")]
    lines += [
        (
            row.name,
            row.unit,
            _number(row.ours, missing="not yet"),
            _number(row.peer, missing="none"),
            _number(row.ratio, missing="-"),
            str(row.runs),
            row.peer_name or "-",
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    layout = "  ".join(f"{{:{side}{width}}}" for side, width in zip("<<>>>><", widths, strict=True))
    return "\n".join(layout.format(*line).rstrip() for line in lines)


def _number(figure: float | None, *, missing: str) -> str:
    if figure is None:
        return missing
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:.2f}"
