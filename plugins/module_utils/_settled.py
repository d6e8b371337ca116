# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether a release has been ready for long enough, by what was observed of it anyway. Pure. PRIVATE.

A controller writes each change of its pods' readiness into the status of the workload: where that is old, no pod has
been unready since. Where this cannot tell, the wait does, by the pods themselves.
"""

from __future__ import annotations

import datetime
import typing as t

from ._readiness import find_lag

if t.TYPE_CHECKING:
    from ._live import LiveWorkload
    from ._observe import Observation

_TRUNCATED = 1  # seconds by which the API server's times may be too early


def is_settled(found: Observation, now: datetime.datetime, *, stable_seconds: float) -> bool:
    """Whether every workload of the release has converged, and has been so for *stable_seconds*; *now* in UTC."""
    if found.topology is None:
        return False
    live = (found.live.get(workload.key) for workload in found.topology.workloads)
    latest = now - datetime.timedelta(seconds=stable_seconds + _TRUNCATED)
    return all(workload is not None and _has_been_ready(workload, latest) for workload in live)


def _has_been_ready(workload: LiveWorkload, latest: datetime.datetime) -> bool:
    # Before Kubernetes 1.35 nobody counts the terminating pods of a Deployment; a StatefulSet's are among its total.
    if workload.kind == "Deployment" and workload.counts.terminating is None:
        return False
    if not workload.status_changed or find_lag(workload.counts):
        return False
    return datetime.datetime.fromisoformat(workload.status_changed.replace("Z", "+00:00")) <= latest
