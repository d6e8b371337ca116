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
from ._workload_list import ABSENT

if t.TYPE_CHECKING:
    from ._errors import KubeError
    from ._kube import KubeClient
    from ._situation import Situation
    from ._topology import Topology


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
        self._said: dict[str, str] = {}

    def judge(self, situation: Situation) -> Diagnosis | None:
        """Return a diagnosis when there is a cause that will not heal."""
        judge = self._make_judge(situation)
        pods = {key: situation.current_pods(key) for key in situation.listed if not key.startswith("Job/")}
        self._memory = judge.count_exits(self._memory, pods)
        self._causes = self._gather(situation)
        self._memory, verdicts = judge.judge(self._causes, self._memory, now=self._clock())
        self.tell(situation, self._causes)
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
        """Say what has changed since it was said last."""
        why = {cause.workload: RULES[cause.kind].title for cause in causes}
        for key, listed in situation.listed.items():
            if listed.live is None:
                line = f"{key.replace('/', ' ')}: {listed.lag or 'complete'}"
            else:
                ready = situation.count_ready(key)
                line = f"{key.replace('/', ' ')}: {ready} of {listed.desired} pods are ready"
            line += f" ({why[key]})" if key in why else ""
            if self._said.get(key) != line:
                self._say(line)
            self._said[key] = line
