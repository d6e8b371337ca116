# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Puts a diagnosis together: findings of what lags, with the events and logs that go with them. PRIVATE."""

from __future__ import annotations

import re
import typing as t

from ._diagnosis import Diagnosis, Finding, rank, summarise_events

if t.TYPE_CHECKING:
    from ._causes import Cause
    from ._evidence import Evidence
    from ._patience import Judge
    from ._situation import Situation
    from ._topology import Topology

Json = dict[str, t.Any]

_LOGS = 3  # findings whose log is read


def find_titles(topology: Topology) -> dict[str, str]:
    """Return "<kind>/<name>" → what a workload is: a component's type, or a dependency's product."""
    titles = {part.key: dependency.product for dependency in topology.dependencies for part in dependency.workloads}
    return {**titles, **{component.workload.key: component.type.key for component in topology.components}}


class Examiner(t.NamedTuple):
    """Makes findings of a situation. *titles*: see find_titles; *judge* knows who waits for whom."""

    situation: Situation
    judge: Judge
    titles: t.Mapping[str, str]

    def find(self, causes: t.Sequence[Cause], verdicts: t.Sequence[Cause]) -> tuple[Finding, ...]:
        """Return the findings without events and logs, the root cause first."""
        findings = [self._find_one(key, causes=causes, verdicts=verdicts) for key in self.situation.lagging]
        # A cause of no workload: the namespace.
        findings += [
            Finding(cause.workload, "", 0, 0, cause.message, cause, is_verdict=True)
            for cause in verdicts
            if cause.workload not in self.situation.lagging
        ]
        return rank(findings)

    def _find_one(self, key: str, *, causes: t.Sequence[Cause], verdicts: t.Sequence[Cause]) -> Finding:
        own = [cause for cause in verdicts if cause.workload == key]
        cause = next(iter([*own, *(cause for cause in causes if cause.workload == key)]), None)
        ready = self.situation.count_ready(key)
        listed = self.situation.listed[key]
        return Finding(
            key,
            self.titles.get(key, ""),
            ready,
            listed.desired,
            listed.lag or f"{ready} of {listed.desired} pods are ready",
            cause,
            waits_for=self.judge.waits_for(key),
            is_verdict=bool(own),
        )

    def examine(self, evidence: Evidence, *, causes: t.Sequence[Cause], verdicts: t.Sequence[Cause]) -> Diagnosis:
        """Return the findings with the newest Warning events, and the logs of the first few."""
        events = evidence.read_all_warnings()
        findings: list[Finding] = []
        for finding in self.find(causes, verdicts):
            wants_log = (
                finding.cause is not None and not finding.is_symptom and sum(bool(f.log) for f in findings) < _LOGS
            )
            log = evidence.read_log(finding.cause) if wants_log and finding.cause else ()
            own = (event for event in events if self._is_about(event, finding.key))
            findings.append(Finding(**{**vars(finding), "log": log, "events": summarise_events(own)}))
        return Diagnosis(tuple(findings), tuple(evidence.notes))

    def _is_about(self, event: Json, key: str) -> bool:
        """Whether an event is about a workload, its pods, its newest ReplicaSet or its claims."""
        about = event["involvedObject"]
        name, workload = about.get("name") or "", key.partition("/")[2]
        if about.get("kind") == "PersistentVolumeClaim":
            return re.search(rf"-{re.escape(workload)}-\d+\Z", name) is not None
        pods = {row.name for row in self.situation.pods.get(key, ())}
        listed = self.situation.listed.get(key)
        return name in {workload, *pods, *((listed.revision,) if listed else ())}
