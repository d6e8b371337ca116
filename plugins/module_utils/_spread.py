# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether the query nodes hold what they shall, or segments are still to move. PRIVATE to this collection.

A query node that is registered serves nothing until it has been given segments, and searches can miss rows meanwhile.
"""

from __future__ import annotations

import re
import time
import typing as t

from ._errors import ForbiddenError, KubeError
from ._registration import METRICS_PAGE, METRICS_PORT, read_samples

if t.TYPE_CHECKING:
    from ._kube import KubeClient

_PAUSE = 2.0  # seconds; the coordinator hands out tasks at least as often
MOST_NODES = 32  # of which the pages are read, each a tenth of a megabyte
_TASKS, _SEGMENTS = "milvus_querycoord_task_num", "milvus_querynode_segment_num"
_TASK_TYPE, _SEALED = re.compile(r'querycoord_task_type="([^"]*)"'), 'segment_state="Sealed"'
_TAKES_AWAY = "_reduce"
_BALANCE = re.compile(r"autoBalance:\s*[\"']?(true|false)\b", re.IGNORECASE)


class Spread(t.NamedTuple):
    """What is being moved, by type of task, and workload → pod → how many sealed segments it holds.

    *tasks* is None where no coordinator says it. *unread*: why something is not known.
    """

    tasks: t.Mapping[str, int] | None
    segments: t.Mapping[str, t.Mapping[str, int]]
    unread: tuple[str, ...] = ()

    @property
    def is_moving(self) -> bool:
        """Whether anything is being moved."""
        return bool(self.tasks)

    def find_empty(self) -> tuple[str, ...]:
        """Tell of each workload one pod that holds nothing, where another holds what it could share."""
        return tuple(
            f"pod {min(pods, key=lambda pod: pods[pod])} holds no segment, pod {fullest} {pods[fullest]}"
            for pods in self.segments.values()
            for fullest in [max(pods, key=lambda pod: pods[pod])]
            if not min(pods.values()) and pods[fullest] > 1
        )


def read_tasks(page: str) -> dict[str, int] | None:
    """Return type → number of the tasks of a query coordinator that are under way; None where it does not say.

    Those that only take away are left out: what they take nobody searches any more, be it served elsewhere or dropped.
    """
    samples = list(read_samples(page, _TASKS))
    found: dict[str, int] = {}
    for labels, value in samples:
        kind = _TASK_TYPE.search(labels)
        if value and not (kind and kind[1].endswith(_TAKES_AWAY)):
            found[kind[1] if kind else "task"] = found.get(kind[1] if kind else "task", 0) + value
    return found if samples else None


def read_segments(page: str) -> int:
    """Return how many sealed segments a query node holds."""
    return sum(value for labels, value in read_samples(page, _SEGMENTS) if _SEALED in labels)


def find_balancing(texts: t.Iterable[str]) -> bool | None:
    """Return whether Milvus balances by itself, by the last of its configuration files that says so."""
    said = [match[1].lower() == "true" for text in texts for match in _BALANCE.finditer(text)]
    return said[-1] if said else None


def look(client: KubeClient, coordinators: t.Sequence[str], *, nodes: t.Mapping[str, t.Sequence[str]]) -> Spread:
    """Read the pages of the pods of the query coordinator, and of query nodes by workload."""
    unread: dict[str, None] = {}

    def read(pod: str) -> str:
        try:
            return client.read_served(pod, port=METRICS_PORT, path=METRICS_PAGE)
        except KubeError as exc:
            unread[str(exc) if isinstance(exc, ForbiddenError) else f"pod {pod}: {exc.reason}"] = None
            return ""

    told = (read_tasks(read(pod)) for pod in coordinators)
    tasks = next((found for found in told if found is not None), None)
    if tasks is None:
        return Spread(None, {}, tuple(unread) or ("no coordinator says what it moves",))
    segments = {
        key: {pod: read_segments(read(pod)) for pod in pods[:MOST_NODES]} for key, pods in nodes.items() if pods
    }
    return Spread(tasks, segments, tuple(unread))


def watch(
    see: t.Callable[[], Spread],
    *,
    is_enough: t.Callable[[Spread], bool],
    wait_timeout: float,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> Spread:
    """Return what *see* gives once that is enough, or nobody tells, or the time is up."""
    end = clock() + wait_timeout
    while True:
        spread = see()
        if spread.tasks is None or is_enough(spread) or clock() >= end:
            return spread
        sleep(max(0.0, min(_PAUSE, end - clock())))
