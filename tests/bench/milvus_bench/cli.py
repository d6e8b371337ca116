# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The command line: choose scenarios, measure them on a lab of their own, print and save the rows."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from milvus_lab import labs
from milvus_lab.client import Client, CommandFailedError
from milvus_lab.errors import LabError
from milvus_lab.toolchain import say_plainly

from . import versions
from .access import open_access
from .measure import Bench
from .rows import Results, Row, table
from .scenarios import SCENARIOS, Scenario, select
from .work import BenchError

LATEST = Path(__file__).resolve().parent.parent / "latest.json"
TIMED_RUNS, COUNTED_RUNS = 5, 3
WAIT_SECONDS = 180


@dataclass(frozen=True)
class Choice:
    """What the arguments choose: scenarios, how often each side runs for time and for counts, how long waits take."""

    scenarios: t.Sequence[Scenario]
    timed_runs: int = TIMED_RUNS
    counted_runs: int = COUNTED_RUNS
    wait_seconds: int = WAIT_SECONDS


def main(argv: t.Sequence[str] | None = None) -> int:
    """Measure what the arguments name; returns the exit status."""
    choice = parse(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="milvus-bench-") as folder, _lab() as lab:
            results = run(lab, Path(folder), choice=choice)
    except (BenchError, CommandFailedError, LabError) as exc:
        print(f"bench: error: {exc}", file=sys.stderr)
        return 1
    print("\n" + table(results.rows), flush=True)
    if choice.wait_seconds != WAIT_SECONDS:
        return 0
    if LATEST.exists():
        results = results.over(Results.load(LATEST), [name for scenario in SCENARIOS for name in scenario.rows])
    results.save(LATEST)
    return 0


def parse(argv: t.Sequence[str] | None) -> Choice:
    """What the arguments choose; ends the process with a message where they are wrong."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure the collection beside its peers.")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="scenarios or rows (default: all)")
    runs = f"runs of each side (default: {TIMED_RUNS} for time, {COUNTED_RUNS} for counts)"
    parser.add_argument("--runs", type=int, choices=range(1, 100), metavar="N", help=runs)
    wait = f"how long waits take that are counted (default: {WAIT_SECONDS}); with another figure nothing is saved"
    parser.add_argument("--wait-seconds", type=int, default=WAIT_SECONDS, metavar="N", help=wait)
    options = parser.parse_args(argv)
    try:
        chosen = select(options.only) if options.only else list(SCENARIOS)
    except KeyError as exc:
        names = dict.fromkeys(scenario.name for scenario in SCENARIOS)
        parser.error(f"--only {exc.args[0]}: there is no such scenario or row; scenarios are {', '.join(names)}")
    return Choice(chosen, options.runs or TIMED_RUNS, options.runs or COUNTED_RUNS, options.wait_seconds)


def run(lab: Client, folder: Path, *, choice: Choice) -> Results:
    """Measure on ``lab``, with files in ``folder``."""
    core = versions.kubernetes_core()
    helm = versions.helm_for(lab, core)
    chart = versions.chart(lab)
    setting = versions.setting(lab, helm=helm, chart_path=chart)
    print(", ".join(f"{name} {value}" for name, value in setting.items()), flush=True)
    names = {"core": core, "helm": str(setting["helm"])}
    with open_access(lab, helm, folder) as access:
        figures = (choice.timed_runs, choice.counted_runs, choice.wait_seconds)
        bench = Bench(lab, access, chart, folder, names, *figures)
        return Results(setting, tuple(row for scenario in choice.scenarios for row in _measure(bench, scenario)))


def _measure(bench: Bench, scenario: Scenario) -> list[Row]:
    print(f"measuring {', '.join(scenario.rows)}", end=" ", flush=True)
    started, load = time.monotonic(), os.getloadavg()[0]
    rows = bench.measure(scenario)
    print(f"({time.monotonic() - started:.0f} s, load before {load:.1f})", flush=True)
    return rows


@contextlib.contextmanager
def _lab() -> t.Iterator[Client]:
    name = f"bench-{os.getpid()}"
    client = Client(labs.up(name, say=say_plainly))
    try:
        yield client
    finally:
        labs.down(name)
