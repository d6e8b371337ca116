# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""How long each cause may last before it is a verdict. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._causes import RULES, UNSCHEDULABLE, Cause, Rule

if t.TYPE_CHECKING:
    from ._pod_rows import PodRow


class Memory(t.NamedTuple):
    """What one look at the cluster hands on to the next; plain data that can be written as JSON.

    *seen*: "<cause> <workload>" → when it was first seen without a gap, in seconds of a monotonic clock.
    *exits*: workload → pod → how often its container had ended when ends began to count, that is with everything ready
    that it depends on; under START when the wait began. A pod that is not in there came later: all its ends count.
    """

    seen: t.Mapping[str, float] = {}
    exits: t.Mapping[str, t.Mapping[str, int]] = {}


START = "start"


class Judge(t.NamedTuple):
    """What causes are judged by. *order*: see _dependency_order; *lagging*: the workloads that have not converged."""

    order: t.Mapping[str, tuple[str, ...]]
    lagging: t.AbstractSet[str]
    unschedulable_timeout: float = RULES[UNSCHEDULABLE].grace or 0

    def waits_for(self, workload: str) -> tuple[str, ...]:
        """Return the dependencies of a workload that are not ready."""
        return tuple(key for key in self.order.get(workload, ()) if key in self.lagging)

    def count_exits(self, memory: Memory, pods: t.Mapping[str, t.Sequence[PodRow]]) -> Memory:
        """Begin to count for each workload whose dependencies are ready, and anew after one was not."""
        exits = {key: counts for key, counts in memory.exits.items() if not self.waits_for(key)}
        is_first = START not in exits
        for key, rows in pods.items():
            if key not in exits and not self.waits_for(key):
                # At the first look nobody knows whether the present end came before, so it counts.
                exits[key] = {row.name: row.restarts + (row.has_ended and not is_first) for row in rows}
        if is_first:
            exits[START] = {row.name: row.restarts for rows in pods.values() for row in rows}
        return memory._replace(exits=exits)

    def judge(self, causes: t.Iterable[Cause], memory: Memory, *, now: float) -> tuple[Memory, tuple[Cause, ...]]:
        """Return what to remember, and the causes that will not heal."""
        seen: dict[str, float] = {}
        verdicts = []
        for cause in causes:
            key = f"{cause.kind} {cause.workload}"
            seen[key] = memory.seen.get(key, now)
            rule = RULES[cause.kind]
            if rule.exits:
                if self._count(cause, rule, memory=memory) >= rule.exits:
                    verdicts.append(cause)
            elif rule.grace is not None and now - seen[key] >= self._grace(cause, rule.grace):
                verdicts.append(cause)
        return memory._replace(seen=seen), tuple(verdicts)

    def _grace(self, cause: Cause, grace: float) -> float:
        return self.unschedulable_timeout if cause.kind == UNSCHEDULABLE else grace

    def _count(self, cause: Cause, rule: Rule, *, memory: Memory) -> int:
        """Return how often the container of the first pod has ended since ends count."""
        counts = memory.exits.get(cause.workload if rule.after_dependencies else START)
        return cause.exits - counts.get(cause.pods[0], 0) if counts is not None else 0
