# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Runs nox sessions and closes with a table and a count: `python -m gates [SESSION …]`, all gates without a name."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from . import summary

CHECKOUT = Path(__file__).resolve().parents[3]
OUTPUT = CHECKOUT / "tests/output"
STEPS = OUTPUT / "steps.jsonl"
REPORT = OUTPUT / "nox.json"
SUMMARY = OUTPUT / "summary.txt"
DEFAULT_LIVE = ("functional", "real")
LIVE = (*DEFAULT_LIVE, "soak", "soak_real")  # run alone, and show their output while they run


def run(sessions: list[str]) -> int:
    """Run the sessions (all gates if none is named), print the summary and return the exit status."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for path in (STEPS, SUMMARY):
        path.unlink(missing_ok=True)
    start = time.monotonic()
    live = [name for name in sessions or DEFAULT_LIVE if name in LIVE]
    others = [name for name in sessions if name not in LIVE]
    seen: list[summary.Session] = []
    if others or not sessions:
        selection = ["--sessions", *others] if others else ["--tags", "gate"]
        seen += run_nox("--parallel", os.environ.get("NOX_PARALLEL", "auto"), *selection)
    if live:
        seen += run_nox("--sessions", *live)
    rows = summary.tabulate(seen, summary.read_steps(STEPS))
    text = summary.render(rows, time.monotonic() - start)
    SUMMARY.write_text(text + "\n", encoding="utf-8")
    print(text, flush=True)
    return int(any(row.count.failed for row in rows))


def run_nox(*arguments: str) -> list[summary.Session]:
    """Run nox and return what it reports of each session, or of itself if it broke off."""
    REPORT.unlink(missing_ok=True)
    command = [sys.executable, "-m", "nox", "--report", str(REPORT), *arguments]
    status = subprocess.run(command, cwd=CHECKOUT, stderr=subprocess.STDOUT, check=False).returncode
    if REPORT.exists():
        return summary.read_nox(REPORT)
    return [summary.Session("nox", "failed", f"ended with status {status} and without a report", 0)]


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
