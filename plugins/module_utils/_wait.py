# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Waits until a release has converged and stays so, until it never will, or until its pods are gone. PRIVATE."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ._convergence import Convergence
from ._errors import ForbiddenError, KubeError, UnauthorizedError, UntrustedError, WaitError
from ._heartbeat import Heartbeat, describe_time, ignore
from ._pod_feed import PodFeed
from ._pod_selectors import find_selectors

if t.TYPE_CHECKING:
    from ._diagnosis import Diagnosis
    from ._kube import KubeClient
    from ._live import LiveWorkload
    from ._topology import Topology

_RIGHTS = 30.0  # seconds for which an API server that starts may not know whom it has to do with


@dataclasses.dataclass(frozen=True)
class Goal:
    """What to wait for: all workloads of *topology* and *jobs* (names) converged, or with *gone* no pod left.

    All times are in seconds. *topology* is None only for a release whose record is gone, together with *gone*.
    """

    release: str
    topology: Topology | None = None
    jobs: tuple[str, ...] = ()
    gone: bool = False
    wait_timeout: float = 1800
    stable_seconds: float = 10
    unschedulable_timeout: float = 300


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How it ended. *live* is keyed "<kind>/<name>"; *received* counts bytes; *notes*: what could not be read."""

    live: t.Mapping[str, LiveWorkload]
    waited_seconds: float
    requests: int
    received: int
    notes: tuple[str, ...] = ()


class _Run(t.Protocol):
    """One of the two things that can be waited for. look() and examine() may raise KubeError."""

    def look(self) -> Diagnosis | None:
        """Look at the cluster; return a diagnosis when it will never be as wanted."""

    @property
    def live(self) -> t.Mapping[str, LiveWorkload] | None:
        """The workloads once all is as wanted, before that None."""

    @property
    def pause(self) -> float:
        """Seconds until the next look, if no change comes first."""

    @property
    def awaited(self) -> str:
        """What is missing, in a few words that go on from "waiting for"."""

    def examine(self) -> Diagnosis:
        """Return what is wrong, at the deadline."""

    def summarise(self, trouble: KubeError | None) -> Diagnosis:
        """Return what is known without reading anything more."""


def wait(
    client: KubeClient,
    goal: Goal,
    *,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
    say: t.Callable[[str], None] = ignore,
) -> Outcome:
    """Wait for *goal*. *say* gets a line for each change, and one now and then while there is none.

    Raises WaitError as soon as a cause is known that does not heal, and at the deadline; KubeError only where waiting
    cannot help: rights are missing, or the server is not trusted.
    """
    heart = Heartbeat(say, clock)
    feed = _make_feed(client, goal, clock=clock, sleep=sleep)
    run: _Run
    if goal.gone:
        from ._absence import Absence  # with what only a diagnosis needs, see Convergence

        run = Absence(client, goal, feed=feed, say=heart.say)
    else:
        run = Convergence(client, goal, feed=feed, clock=clock, say=heart.say)
    waiter = _Waiter(client, goal, clock=clock, heart=heart)
    try:
        return waiter.repeat(run, feed)
    finally:
        feed.close()


def glance(
    client: KubeClient, goal: Goal, *, clock: t.Callable[[], float] = time.monotonic
) -> t.Mapping[str, LiveWorkload] | None:
    """Return the workloads if *goal*, which is not *gone*, needs no wait, else None. Raises KubeError."""
    feed = _make_feed(client, goal, clock=clock, sleep=time.sleep)
    run = Convergence(client, goal, feed=feed, clock=clock, say=ignore)
    return run.live if run.has_stayed() else None


def _make_feed(
    client: KubeClient, goal: Goal, *, clock: t.Callable[[], float], sleep: t.Callable[[float], None]
) -> PodFeed:
    selectors = find_selectors(goal.release, goal.topology, jobs=goal.jobs)
    return PodFeed(client, tuple(dict.fromkeys(selectors.values())), clock=clock, sleep=sleep)


class _Waiter:
    """Looks again and again until the deadline, whatever becomes of the API server meanwhile."""

    def __init__(self, client: KubeClient, goal: Goal, *, clock: t.Callable[[], float], heart: Heartbeat) -> None:
        self._client = client
        self._goal = goal
        self._clock = clock
        self._heart = heart
        self._began = clock()
        self._sent, self._received = client.requests, client.received
        self._has_looked = False
        self._trouble: KubeError | None = None
        self._trouble_since = 0.0

    def repeat(self, run: _Run, feed: PodFeed) -> Outcome:
        """Return the outcome, or raise WaitError."""
        deadline = self._began + self._goal.wait_timeout
        while True:
            diagnosis = self._look(run)
            if diagnosis is not None:
                raise self._fail(diagnosis)
            if run.live is not None:
                return self._conclude(run.live, feed)
            left = deadline - self._clock()
            if left <= 0:
                raise self._fail(self._examine(run), f"not done within {self._goal.wait_timeout:g} s; ")
            self._heart.beat(lambda: self._describe(run))
            feed.wait(min(run.pause, left))

    def _describe(self, run: _Run) -> str:
        awaited = "the API server" if self._trouble else run.awaited
        time_so_far = describe_time(self._waited, self._goal.wait_timeout - self._waited)
        return f"Waiting for {awaited}: {time_so_far}"

    def _look(self, run: _Run) -> Diagnosis | None:
        try:
            diagnosis = run.look()
        except KubeError as exc:
            self._endure(exc)
            return None
        if self._trouble is not None:
            self._heart.say("The API server answers again.")
        self._trouble, self._has_looked = None, True
        return diagnosis

    def _endure(self, exc: KubeError) -> None:
        """Go on after an error that a restart of the API server can cause."""
        now = self._clock()
        if self._trouble is None:
            self._trouble_since = now
            self._heart.say(f"{exc} It is tried again until the time is up.")
        refused = isinstance(exc, (ForbiddenError, UnauthorizedError))
        if isinstance(exc, UntrustedError) or (
            refused and (not self._has_looked or now - self._trouble_since > _RIGHTS)
        ):
            raise exc
        self._trouble = exc

    def _examine(self, run: _Run) -> Diagnosis:
        if self._trouble is None:
            try:
                return run.examine()
            except KubeError as exc:
                self._trouble = exc
        return run.summarise(self._trouble)

    def _conclude(self, live: t.Mapping[str, LiveWorkload], feed: PodFeed) -> Outcome:
        client = self._client
        sent, received = client.requests - self._sent, client.received - self._received
        return Outcome(live, self._waited, sent, received, tuple(feed.notes))

    def _fail(self, diagnosis: Diagnosis, prefix: str = "") -> WaitError:
        what = "the pods to be gone of release" if self._goal.gone else "release"
        action = f"Waiting for {what} {self._client.namespace}/{self._goal.release}"
        facts = {"diagnosis": diagnosis.as_result(), "waited_seconds": round(self._waited, 1)}
        return WaitError(action, reason=prefix + diagnosis.reason, remedy=diagnosis.remedy, **facts)

    @property
    def _waited(self) -> float:
        return self._clock() - self._began
