# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Why a release has not converged: causes gathered, judged and told. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._causes import RULES, Cause
from ._dependency_order import read_order
from ._diagnosis import Diagnosis
from ._evidence import Evidence
from ._examination import Examiner, find_titles
from ._patience import Judge, Memory
from ._workload_list import ABSENT, Listed

if t.TYPE_CHECKING:
    from ._errors import KubeError
    from ._kube import KubeClient
    from ._situation import Situation
    from ._topology import Topology

_PACE = 5.0  # seconds between two lines on a workload that differ by the count of ready pods alone
_LONGEST = 200  # characters of a cause in a line


class Inquiry:
    """Looks into one situation after the other, and remembers between them what is needed."""

    def __init__(
        self,
        client: KubeClient,
        topology: Topology,
        *,
        unschedulable_timeout: float,
        clock: t.Callable[[], float],
        say: t.Callable[[str], None],
    ) -> None:
        self._unschedulable_timeout = unschedulable_timeout
        self._clock = clock
        self._say = say
        self._order = read_order(topology)
        self._titles = find_titles(topology)
        self._evidence = Evidence(client, clock=clock)
        self._memory = Memory()
        self._causes: tuple[Cause, ...] = ()
        self._said: dict[str, tuple[_State, float]] = {}

    def judge(self, situation: Situation, *, renew: t.Callable[[], Situation]) -> Diagnosis | None:
        """Return a diagnosis of what *renew* returns when there is a cause that will not heal."""
        judge = self._make_judge(situation)
        pods = {key: situation.current_pods(key) for key in situation.listed if not key.startswith("Job/")}
        self._memory = judge.count_exits(self._memory, pods)
        self._causes = self._gather(situation)
        self._memory, verdicts = judge.judge(self._causes, self._memory, now=self._clock())
        self.tell(situation, self._causes)
        if not verdicts:
            return None
        situation = renew()
        lagging = situation.lagging
        verdicts = tuple(one for one in verdicts if one.workload in lagging or one.workload not in situation.listed)
        if not verdicts:
            return None
        examiner = Examiner(situation, judge, self._titles)
        return examiner.examine(self._evidence, causes=self._causes, verdicts=verdicts)

    def _gather(self, situation: Situation, *, is_last: bool = False) -> tuple[Cause, ...]:
        causes = self._evidence.gather(situation, is_last=is_last)
        namespace = self._evidence.find_namespace_cause(situation)
        return (*causes, namespace) if namespace else causes

    def _make_judge(self, situation: Situation) -> Judge:
        """Dependencies count as ready by their pods, which is known earlier than by their status."""
        unready = {key for key, listed in situation.listed.items() if situation.count_ready(key) < listed.desired}
        unready |= {key for key, listed in situation.listed.items() if listed.lag == ABSENT}
        return Judge(self._order, unready, self._unschedulable_timeout)

    def conclude(self, situation: Situation, *, stable_seconds: float) -> Diagnosis:
        """Return what is wrong at the deadline."""
        if not situation.lagging:
            return Diagnosis((), (f"All has converged, but not for {stable_seconds:g} s yet.",))
        self._causes = self._gather(situation, is_last=True)
        examiner = Examiner(situation, self._make_judge(situation), self._titles)
        return examiner.examine(self._evidence, causes=self._causes, verdicts=())

    def summarise(self, situation: Situation, notes: t.Iterable[str], *, trouble: KubeError | None) -> Diagnosis:
        """Return what was known when it was looked last; *notes* go before the own ones."""
        notes = (*notes, *self._evidence.notes, *((str(trouble),) if trouble else ()))
        findings = Examiner(situation, self._make_judge(situation), self._titles).find(self._causes, ())
        return Diagnosis(findings, notes)

    def tell(self, situation: Situation, causes: t.Sequence[Cause] = ()) -> None:
        """Say what has changed since it was said last; a mere count only now and then, for there may be hundreds."""
        why = {cause.workload: cause for cause in causes}
        for key, listed in situation.listed.items():
            cause, now = why.get(key), self._clock()
            state = _read_state(listed, situation.count_ready(key), cause=cause)
            said, said_at = self._said.get(key, (None, 0.0))
            if state == said or (said and state.has_only_another_count(said) and now - said_at < _PACE):
                continue
            because = f" ({RULES[cause.kind].title}: {_shorten(cause.message)})" if cause else ""
            self._say(f"{key.replace('/', ' ')}: {state.words}{because}")
            self._said[key] = state, now


class _State(t.NamedTuple):
    """What is said of a workload."""

    words: str
    is_done: bool
    cause: str

    def has_only_another_count(self, other: _State) -> bool:
        return self[1:] == other[1:]


def _read_state(listed: Listed, ready: int, *, cause: Cause | None) -> _State:
    kind = cause.kind if cause else ""
    if listed.live is None:
        return _State(listed.lag or "complete", not listed.lag, kind)
    return _State(f"{ready} of {listed.desired} pods are ready", ready == listed.desired, kind)


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
