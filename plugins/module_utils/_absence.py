# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether all pods of a release that was removed are gone. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._diagnosis import Diagnosis, Finding
from ._pod_rows import ENDING, PodRow, find_owner
from ._pod_selectors import find_selectors

if t.TYPE_CHECKING:
    from ._errors import KubeError
    from ._kube import KubeClient
    from ._live import LiveWorkload
    from ._pod_feed import PodFeed
    from ._wait import Goal

_INTERVAL = 1.0  # seconds between lists of what is not watched


class Absence:
    """Knows the pods that are left."""

    def __init__(self, client: KubeClient, goal: Goal, *, feed: PodFeed, say: t.Callable[[str], None]) -> None:
        self._client = client
        self._feed = feed
        self._say = say
        selectors = find_selectors(goal.release, goal.topology, jobs=goal.jobs)
        self._selectors = set(selectors.values())
        # Without a topology there are no names to tell pods by, but labels.
        self._names = {key.partition("/")[2]: key for key in selectors} if goal.topology else {}
        self._left: list[PodRow] = []
        self._live: dict[str, LiveWorkload] | None = None
        self._said = ""

    @property
    def live(self) -> t.Mapping[str, LiveWorkload] | None:
        """Nothing, once no pod is left."""
        return self._live

    @property
    def pause(self) -> float:
        """Seconds until the next look."""
        return _INTERVAL

    @property
    def awaited(self) -> str:
        """What is missing."""
        return f"{len(self._left)} pods to be gone"

    def look(self) -> None:
        """Find out which pods are left. What keeps a pod from going may end at any time: there is no diagnosis."""
        self._feed.refresh(awaited=self._selectors, interval=_INTERVAL)
        rows = self._feed.rows
        self._left = [row for row in rows if not self._names or find_owner(row.name, self._names)]
        if not self._left:
            self._live = {}
        line = f"Pods that are left: {len(self._left)}"
        if line != self._said:
            self._say(line)
        self._said = line

    def examine(self) -> Diagnosis:
        """Name the pods that are left."""
        return self.summarise(None)

    def summarise(self, trouble: KubeError | None) -> Diagnosis:
        """Name the pods that were left when it was looked last."""
        notes = (str(trouble),) if trouble else ()
        findings = tuple(
            Finding(f"Pod/{row.name}", "", 0, 0, "it is terminating" if row.state == ENDING else f"it is {row.status}")
            for row in sorted(self._left)
        )
        return Diagnosis(findings, notes)
