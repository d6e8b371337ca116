# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether a release has converged, and why not: pods' rows say when it is worth a list of workloads. PRIVATE."""

from __future__ import annotations

import datetime
import typing as t

from . import _kube
from ._pod_rows import COMPLETE, ENDING, EXITED, READY, UNSETTLED, PodRow, group_rows, read_pod
from ._pod_selectors import find_selectors
from ._readiness import Stability, find_condition
from ._situation import Situation
from ._topology import Topology
from ._workload_list import Listed, count_ending, list_jobs, list_states

if t.TYPE_CHECKING:
    from ._diagnosis import Diagnosis
    from ._errors import KubeError
    from ._inquiry import Inquiry
    from ._kube import KubeClient
    from ._live import LiveWorkload
    from ._pod_feed import PodFeed
    from ._wait import Goal

# Seconds.
_TICK = 1.0  # between looks while a watch would wake us; they read only what is due
_POLL_FIRST, _POLL_LAST, _POLL_GROWTH = 1.0, 3.0, 30.0  # between lists of pods that are not watched
_SOON, _LATER = 0.15, 5.0  # between lists of workloads whose pods look well; doubles from one to the other
_LACKING, _QUIET = 3.0, 60.0  # between lists of workloads that lack pods, and of others

_NAMED = 3  # workloads in a line that tells what is waited for
_NOTHING = Topology("none", (), (), "")


class Convergence:
    """Looks at one release again and again, and remembers between the looks what is needed."""

    def __init__(
        self,
        client: KubeClient,
        goal: Goal,
        *,
        feed: PodFeed,
        clock: t.Callable[[], float],
        say: t.Callable[[str], None],
    ) -> None:
        self._client = client
        self._goal = goal
        self._feed = feed
        self._clock = clock
        self._say = say
        self._began = clock()
        self._topology = goal.topology or _NOTHING
        self._selectors = find_selectors(goal.release, self._topology, jobs=goal.jobs)
        self._names = {key.partition("/")[2]: key for key in self._selectors}
        self._listed: dict[str, Listed] = {}
        self._listed_at = float("-inf")
        self._jobs_listed_at = float("-inf")
        self._soon = _SOON
        self._rows: frozenset[PodRow] = frozenset()
        self._situation = Situation({}, {}, ())
        self._stability = Stability()
        self._live: dict[str, LiveWorkload] | None = None
        self._inquiry: Inquiry | None = None

    @property
    def live(self) -> t.Mapping[str, LiveWorkload] | None:
        """The workloads once they have converged and stayed so, before that None."""
        return self._live

    @property
    def pause(self) -> float:
        """Seconds until the next look, if no change comes first."""
        if self._stability.since is not None:
            left = self._stability.since + self._goal.stable_seconds - self._clock()
            return max(min(left, _LATER), 0.01)
        due = self._listed_at + self._list_interval() - self._clock()
        return max(min(due, _TICK if self._feed.is_watching else self._interval()), 0.01)

    @property
    def awaited(self) -> str:
        """What is missing."""
        situation = self._situation
        # Those that lag by their status alone may just not have been listed again.
        keys = self._find_lagging(situation.pods, by_listing=False) or situation.lagging
        if not keys:
            return f"all to stay as it is for {self._goal.stable_seconds:g} s"
        lagging = [key.replace("/", " ") for key in keys]
        more = f" and {len(lagging) - _NAMED} more" if len(lagging) > _NAMED else ""
        return f"{', '.join(lagging[:_NAMED])}{more}"

    def look(self) -> Diagnosis | None:
        """Look at the cluster; return a diagnosis when it will never be as wanted."""
        if not self._listed and self.has_stayed():
            return None
        self._group()
        # By their pods: those that lag by their status alone are listed soon.
        lagging = self._find_lagging(self._situation.pods, by_listing=False)
        awaited = lagging or [key for key, listed in self._listed.items() if listed.live]
        self._feed.refresh(awaited={self._selectors[key] for key in awaited}, interval=self._interval())
        self._group()
        if self._clock() - self._listed_at >= self._list_interval():
            self._list()
            self._group()
        elif self._clock() - self._jobs_listed_at >= _LACKING and self._has_failing_jobs():
            self._list_jobs()
            self._group()
        if not self._situation.lagging:
            self._settle()
            return None
        self._stability = Stability()
        return self._inquire().judge(self._situation, renew=self._renew)

    def has_stayed(self) -> bool:
        """At the first look: whether all has converged, and by the times of its pods has been so for long enough."""
        self._list()
        return not self._find_lagging({}, by_rows=False) and self._has_been_stable()

    def _renew(self) -> Situation:
        """Before the last word: what has become ready since the last list shall not be told as lagging."""
        self._list()
        self._group()
        return self._situation

    def _list(self) -> None:
        jobs = {key: job for key, job in self._listed.items() if key.startswith("Job/")}
        states = list_states(self._client, self._topology.workloads, release=self._goal.release)
        self._listed, self._listed_at = {**states, **jobs}, self._clock()
        self._soon = min(self._soon * 2, _LATER)
        if len(jobs) < len(self._goal.jobs) or any(job.lag for job in jobs.values()):
            self._list_jobs()

    def _list_jobs(self) -> None:
        rest = {key: listed for key, listed in self._listed.items() if not key.startswith("Job/")}
        self._listed = {**rest, **list_jobs(self._client, self._goal.jobs)}
        self._jobs_listed_at = self._clock()

    def _has_failing_jobs(self) -> bool:
        """Whether a pod of a Job that is not complete has ended, or is missing."""
        pods = self._situation.pods
        jobs = (key for key in self._situation.lagging if key.startswith("Job/"))
        return any(all(row.state == EXITED for row in pods.get(key, ())) for key in jobs)

    def _list_interval(self) -> float:
        """Seconds between lists of workloads, by what their pods look like."""
        situation = self._situation
        if not self._find_lagging(situation.pods, by_listing=False):
            return self._soon
        if any(situation.lacks_pods(key) for key in situation.lagging):
            return _LACKING
        return _QUIET

    def _interval(self) -> float:
        if self._stability.since is not None:
            return _POLL_FIRST
        return min(_POLL_FIRST + (self._clock() - self._began) / _POLL_GROWTH, _POLL_LAST)

    def _group(self) -> None:
        """Sort the pods to the workloads, and find out what lags."""
        rows = frozenset(self._feed.rows)
        if rows != self._rows:
            self._soon = _SOON
        self._rows = rows
        pods = group_rows(rows, self._names)
        self._situation = Situation(self._listed, pods, self._find_lagging(pods))

    def _find_lagging(
        self, pods: t.Mapping[str, t.Sequence[PodRow]], *, by_rows: bool = True, by_listing: bool = True
    ) -> tuple[str, ...]:
        """Return the workloads that have not converged, by their pods' rows, by their own status, or both."""
        return tuple(
            key
            for key, listed in self._listed.items()
            if (by_listing and listed.lag) or (by_rows and not _look_done(listed, pods.get(key, ())))
        )

    def _settle(self) -> None:
        """All has converged: it counts once it has stayed so, and a list made at the end still says so."""
        fingerprint = _fingerprint(row for rows in self._situation.pods.values() for row in rows)
        self._stability = self._stability.observe(fingerprint, since=self._clock())
        self._inquire().tell(self._situation)
        if self._clock() - (self._stability.since or 0) < self._goal.stable_seconds:
            return
        if self._listed_at < (self._stability.since or 0) + self._goal.stable_seconds:
            self._feed.refresh(awaited=set(), interval=0)
            self._list()
            self._group()
            rows = (row for rows in self._situation.pods.values() for row in rows)
            if self._situation.lagging or _fingerprint(rows) != self._stability.fingerprint:
                return
        self._finish()

    def _has_been_stable(self) -> bool:
        """Read all pods in full and find out since when they are ready."""
        selectors = {self._selectors[key] for key in self._listed if not key.startswith("Job/")}
        items = [item for selector in sorted(selectors) for item in self._client.list(_kube.PODS, selector=selector)]
        pods = group_rows((read_pod(item) for item in items), self._names)
        if self._find_lagging(pods):
            return False
        times = [find_condition(item, "Ready").get("lastTransitionTime") for item in items]
        newest = max((each for each in times if each), default=None)
        age = (self._client.now() - _parse_time(newest)).total_seconds() - 1 if newest else float("inf")
        if age < self._goal.stable_seconds:
            fingerprint = _fingerprint(row for rows in pods.values() for row in rows)
            self._stability = Stability(self._clock() - max(age, 0), fingerprint)
            return False
        self._situation = Situation(self._listed, pods, ())
        self._finish()
        return True

    def _finish(self) -> None:
        pods = self._situation.pods
        counted = {key: count_ending(listed, pods.get(key, ())) for key, listed in self._listed.items()}
        self._live = {key: live for key, live in counted.items() if live is not None}

    def examine(self) -> Diagnosis:
        """Return what is wrong at the deadline."""
        if self._listed:
            self._renew()
        return self._inquire().conclude(self._situation, stable_seconds=self._goal.stable_seconds)

    def summarise(self, trouble: KubeError | None) -> Diagnosis:
        """Return what was known when it was looked last."""
        return self._inquire().summarise(self._situation, self._feed.notes, trouble=trouble)

    def _inquire(self) -> Inquiry:
        """Return what looks into causes."""
        if self._inquiry is None:
            # Here, because Ansible has every file compiled anew at each run, and most runs find all converged.
            from ._inquiry import Inquiry

            self._inquiry = Inquiry(
                self._client,
                self._topology,
                unschedulable_timeout=self._goal.unschedulable_timeout,
                clock=self._clock,
                say=self._say,
            )
        return self._inquiry


def _look_done(listed: Listed, rows: t.Sequence[PodRow]) -> bool:
    """Whether the pods leave nothing to be desired: then it is worth a list of the workloads."""
    if listed.key.startswith("Job/"):
        return not listed.lag or any(row.state == COMPLETE for row in rows)
    return _count_ready(rows) == listed.desired and not any(row.state in UNSETTLED for row in rows)


def _count_ready(rows: t.Iterable[PodRow]) -> int:
    return sum(row.state == READY for row in rows)


def _fingerprint(rows: t.Iterable[PodRow]) -> frozenset[tuple[str, int]]:
    """What does not change as long as no pod is replaced or restarted."""
    return frozenset((row.name, row.restarts) for row in rows if row.state not in (COMPLETE, ENDING))


def _parse_time(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
