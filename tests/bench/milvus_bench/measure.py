# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Measuring: both sides of a scenario in turns, first for time, then, through the counters, for what they ask for."""

from __future__ import annotations

import contextlib
import functools
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from milvus_lab.client import Client

from .access import Access
from .rows import COUNTED, TIMED, Row, Sample, row_of
from .scenarios import Prepare, Scenario
from .usage import Usage
from .work import Site

Turns = dict[str, list[Sample]]
"""Side to the samples of its runs."""

Work = t.Callable[[], Sample]

USAGE = {"peak_memory", "cpu"}
"""Metrics for which the processes of modules are looked at while they run."""

UNSEEN_WAIT = 1
"""Seconds that a wait takes in the runs that only fill caches."""


@dataclass(frozen=True)
class Bench:
    """What scenarios are measured on, and how often each side runs.

    ``versions`` holds what :attr:`Scenario.peer_name` may refer to, ``wait_seconds`` is for :class:`Site`.
    """

    lab: Client
    access: Access
    chart: str
    folder: Path
    versions: t.Mapping[str, str]
    timed_runs: int
    counted_runs: int
    wait_seconds: int

    def measure(self, scenario: Scenario) -> list[Row]:
        """The rows of a scenario; the namespaces that it needed are gone when this returns."""
        with self._sites(scenario) as sites:
            timed = self._take_turns(scenario, sites, counting=False)
            counted = self._take_turns(scenario, sites, counting=True)
        peer_name = scenario.peer_name and scenario.peer_name.format(**self.versions)
        return [
            row_of(name, metric, ours=turns.get("ours", ()), peer=turns.get("peer", ()), peer_name=peer_name)
            for name, metric in scenario.rows.items()
            for turns in [timed if metric in TIMED else counted]
        ]

    def _take_turns(self, scenario: Scenario, sites: t.Mapping[str, Site], *, counting: bool) -> Turns:
        """Run the sides as often as the rows need; no turns where no row needs any."""
        metrics, runs = (COUNTED, self.counted_runs) if counting else (TIMED, self.timed_runs)
        wanted = metrics.keys() & set(scenario.rows.values())
        if not wanted:
            return {}

        def run(side: str, *, unseen: bool) -> Sample:
            site = replace(sites[side], wait_seconds=UNSEEN_WAIT, is_unseen=True) if unseen else sites[side]
            if scenario.before:
                scenario.before(site)
            work = functools.partial(scenario.sides[side], replace(site, env=self.access.counted) if counting else site)
            if wanted & USAGE:
                work = functools.partial(_weigh, work)
            return self._count(work) if counting else work()

        return take_turns(scenario.sides, run, runs=min(runs, scenario.most_runs or runs))

    def _count(self, work: Work) -> Sample:
        before = self.access.read_counters()
        sample = work()
        after = self.access.read_counters()
        return sample | {metric: after[metric] - before[metric] for metric in after}

    @contextlib.contextmanager
    def _sites(self, scenario: Scenario) -> t.Iterator[dict[str, Site]]:
        """A prepared site for each side, or one for both."""
        base = scenario.name.replace("_", "-")
        namespaces = {side: f"{base}-{'both' if scenario.shared else side}" for side in scenario.sides}
        with contextlib.ExitStack() as stack:
            sites = {
                namespace: stack.enter_context(self._site(namespace, scenario.prepare))
                for namespace in sorted(set(namespaces.values()))
            }
            yield {side: sites[namespace] for side, namespace in namespaces.items()}

    @contextlib.contextmanager
    def _site(self, namespace: str, prepare: Prepare | None) -> t.Iterator[Site]:
        site = Site(self.lab, namespace, self.chart, self.access.direct, self.folder, self.wait_seconds)
        if prepare is None:
            yield site
            return
        self.lab.kubectl("create", "namespace", namespace)
        try:
            prepare(site)
            yield site
        finally:
            self.lab.kubectl("delete", "namespace", namespace)


def _weigh(work: Work) -> Sample:
    with Usage() as usage:
        sample = work()
    return sample | {"peak_memory": usage.peak_mebibytes, "cpu": usage.cpu_seconds}


class Run(t.Protocol):
    """A run of a side; one that is unseen only fills caches."""

    def __call__(self, side: str, *, unseen: bool) -> Sample:
        """Return what was measured."""


def take_turns(sides: t.Collection[str], run: Run, *, runs: int) -> Turns:
    """Run the sides ``runs`` times each, A B A B …; before that once each, unseen, because it fills caches."""
    turns: Turns = {side: [] for side in sides}
    for number in range(runs + 1):
        for side in sides:
            sample = run(side, unseen=not number)
            if number:
                turns[side].append(sample)
    return turns
