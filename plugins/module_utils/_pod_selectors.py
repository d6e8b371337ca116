# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""By which labels the pods of a release are found. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._topology import INSTANCE_LABEL, RELEASE_LABEL

if t.TYPE_CHECKING:
    from ._topology import Topology, Workload


def find_selectors(release: str, topology: Topology | None, *, jobs: t.Sequence[str]) -> dict[str, str]:
    """Return "<kind>/<name>" → the label selector of its pods; without topology, by label, those of the release."""
    if topology is None:
        return {label: f"{label}={release}" for label in (INSTANCE_LABEL, RELEASE_LABEL)}
    selectors = {workload.key: _find_selector(release, workload) for workload in topology.workloads}
    # The pods of Jobs carry no label of the release, but one that their controller adds.
    selectors.update({f"Job/{name}": f"job-name in ({','.join(jobs)})" for name in jobs})
    return selectors


def _find_selector(release: str, workload: Workload) -> str:
    for label in (INSTANCE_LABEL, RELEASE_LABEL):
        if workload.pod_labels.get(label) == release:
            return f"{label}={release}"
    return ",".join(f"{key}={value}" for key, value in sorted(workload.pod_labels.items()))
