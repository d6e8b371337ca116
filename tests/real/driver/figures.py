# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The figures of the scenarios, as a table that can be read and a file that can be compared."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import search_log

HEADER = ("what", "seconds", "searches", *search_log.FAULTS, "longest", "faults from, to")


@dataclass
class Figures:
    """Rows by what was done."""

    folder: Path
    rows: list[dict[str, t.Any]] = field(default_factory=list)

    def add(self, what: str, *, seconds: float, tally: search_log.Tally) -> None:
        """Add what searches saw of something that took so many seconds, and show it."""
        self.rows.append({"what": what, "seconds": round(seconds, 1), **tally._asdict()})
        print(" | ".join([what, f"{seconds:.1f} s", *tally.as_row(), *tally.words[:2]]), flush=True)

    def keep(self) -> None:
        """Write the file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "figures.json").write_text(json.dumps(self.rows, indent=1) + "\n", encoding="utf-8")
