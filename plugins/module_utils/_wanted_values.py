# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which values a release is to have: the task's over the deployed ones, and what it leaves alone. Pure. PRIVATE."""

from __future__ import annotations

import typing as t

from ._topology import WORKER_TYPES, Topology
from ._values import MISSING, drop, find, merge, missing_paths, put

if t.TYPE_CHECKING:
    from ._live import LiveWorkload

Json = dict[str, t.Any]
Path = tuple[str, ...]

MERGE, REPLACE = "merge", "replace"

CLUSTER: Path = ("cluster", "enabled")
# Its default is another at an install than at each upgrade after it, which replaces all etcd pods (bitnami's chart).
ETCD_STATE: Path = ("etcd", "initialClusterState")
# A task that does not name these leaves them as they are, under `replace` too: counts and autoscalers are those of
# milvus_scale, a standalone server does not become a cluster, and etcd is not replaced for nothing.
_LEFT_ALONE: tuple[Path, ...] = (
    *((worker.values_key, key) for worker in WORKER_TYPES for key in ("replicas", "hpa")),
    CLUSTER,
    ETCD_STATE,
)


def want_values(task: Json, deployed: Json | None, *, policy: str) -> Json:
    """Return the user values that the release is to have; *deployed* is None for a first install."""
    if deployed is None:
        return task if find(task, *CLUSTER) is not MISSING else put(task, CLUSTER, value=True)
    return merge(deployed if policy == MERGE else _keep(deployed, task), task)


def _keep(deployed: Json, task: Json) -> Json:
    kept: Json = {}
    for path in _LEFT_ALONE:
        value = find(deployed, *path)
        if value is not MISSING and find(task, *path) is MISSING:
            kept = put(kept, path, value=value)
    return kept


def find_unnamed(task: Json, deployed: Json) -> tuple[Path, ...]:
    """Return the deployed values that the task does not name, but for those that an install leaves alone."""
    return tuple(path for path in missing_paths(deployed, task) if not any(_is_in(path, kept) for kept in _LEFT_ALONE))


def _is_in(path: Path, parent: Path) -> bool:
    return path[: len(parent)] == parent


class Count(t.NamedTuple):
    """Pods that a worker type has, as *live* counts them for each of its Deployments, and the count asked for."""

    type: str
    path: Path
    live: int
    asked: int | None


def read_counts(topology: Topology, live: t.Mapping[str, LiveWorkload], *, task: Json) -> tuple[Count, ...]:
    """Return the worker types whose live count is neither the release's nor the one that the task asks for.

    Types whose Deployments differ among themselves are left out: one value cannot give them all their count.
    """
    found: list[Count] = []
    for worker in WORKER_TYPES:
        parts = [part.workload for part in topology.components if part.type is worker]
        counts = {live[key].counts.desired for key in (part.key for part in parts) if key in live}
        if len(counts) != 1 or all(part.replicas is None for part in parts):
            continue
        path, (count,) = (worker.values_key, "replicas"), counts
        asked = find(task, *path)
        asked = asked if isinstance(asked, int) and asked >= 0 else None
        if count != (asked if asked is not None else parts[0].replicas):
            found.append(Count(worker.key, path, count, asked))
    return tuple(found)


def adopt_counts(values: Json, counts: t.Iterable[Count]) -> Json:
    """Put the live counts that the task does not name into the values, so that an upgrade leaves the pods alone."""
    for count in counts:
        if count.asked is None:
            values = put(values, count.path, value=count.live)
    return values


def pin_etcd(values: Json, state: str) -> Json:
    """Keep etcd's environment as it is."""
    return put(values, ETCD_STATE, value=state)


def unpin_etcd(values: Json, task: Json) -> Json:
    """Take back the pin of the first install, for an upgrade that replaces etcd's pods anyway.

    With `new`, a member that has lost its volume would start a cluster of its own instead of joining again.
    """
    is_ours = find(task, *ETCD_STATE) is MISSING
    return drop(values, ETCD_STATE) if is_ours and find(values, *ETCD_STATE) == "new" else values
