# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a wait knows of a release at one moment. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._pod_rows import COMPLETE, ENDING, READY, PodRow, is_current

if t.TYPE_CHECKING:
    from ._workload_list import Listed


class Situation(t.NamedTuple):
    """What is known without evidence: the workloads as listed, and the pods of each."""

    listed: t.Mapping[str, Listed]
    pods: t.Mapping[str, t.Sequence[PodRow]]
    lagging: t.Collection[str]

    def current_pods(self, key: str) -> list[PodRow]:
        """Return the pods of the latest revision, as far as a name can tell."""
        rows, revision = self.pods.get(key, ()), self.listed[key].revision
        if key.startswith("Deployment/") and revision:
            return [row for row in rows if is_current(row.name, revision)]
        return list(rows)

    def lacks_pods(self, key: str) -> bool:
        """Whether there are fewer pods than wanted, leaving out those that end."""
        alive = sum(row.state not in (ENDING, COMPLETE) for row in self.current_pods(key))
        return alive < self.listed[key].desired

    def count_ready(self, key: str) -> int:
        """Return how many pods of a workload are ready."""
        return sum(row.state == READY for row in self.pods.get(key, ()))
