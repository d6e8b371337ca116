# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The workloads and Jobs of a release as the wait sees them. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from . import _kube
from ._live import LiveWorkload, read_workload
from ._observe import list_workloads
from ._pod_rows import ENDING, PodRow
from ._readiness import expect_updates, find_job_lag, find_lag, find_revision

if t.TYPE_CHECKING:
    from ._kube import KubeClient
    from ._topology import Workload

Json = dict[str, t.Any]

ABSENT = "it does not exist"
ENDS = "it is being deleted"


class Listed(t.NamedTuple):
    """A workload or Job as listed: *lag* by its own status, *revision* as find_revision says, *live* None for a Job."""

    key: str
    lag: str
    desired: int
    revision: str = ""
    ready: int = 0
    live: LiveWorkload | None = None
    item: t.Mapping[str, t.Any] = {}


def list_states(client: KubeClient, workloads: t.Sequence[Workload], *, release: str) -> dict[str, Listed]:
    """Return "<kind>/<name>" → each of *workloads* as it is."""
    found = {
        f"{kind}/{item['metadata']['name']}": (kind, item)
        for kind, item in list_workloads(client, workloads, release=release)
    }
    keys = (workload.key for workload in workloads)
    return {key: _read(*found[key]) if key in found else Listed(key, ABSENT, 0) for key in keys}


def list_jobs(client: KubeClient, names: t.Collection[str]) -> dict[str, Listed]:
    """Return "Job/<name>" → each Job that there is; one that is gone has been cleaned up after its end."""
    items = [item for item in client.list(_kube.JOBS) if item["metadata"]["name"] in names]
    listed = (Listed(f"Job/{item['metadata']['name']}", find_job_lag(item), 1, item=item) for item in items)
    return {job.key: job for job in listed}


def _read(kind: str, item: Json) -> Listed:
    live = read_workload(item, kind)
    key = f"{kind}/{live.name}"
    counts = expect_updates(live.counts, item) if kind == "StatefulSet" else live.counts
    lag = ENDS if item["metadata"].get("deletionTimestamp") else find_lag(counts)
    return Listed(key, lag, counts.desired, find_revision(item, kind), counts.ready, live, item)


def count_ending(listed: Listed, rows: t.Iterable[PodRow]) -> LiveWorkload | None:
    """Return the live workload with its terminating pods counted, which Kubernetes before 1.35 does not do."""
    live = listed.live
    if live is None or live.counts.terminating is not None:
        return live
    ending = sum(row.state == ENDING for row in rows)
    return live._replace(counts=live.counts._replace(terminating=ending))
