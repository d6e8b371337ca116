# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which workloads of a release cannot work before which others do. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ._topology import Dependency, Topology, Workload

Order = t.Mapping[str, tuple[str, ...]]

# Parts of a message queue, by what their names hold, in the order in which they come up; others come last.
_STAGES = ("zookeeper", "bookie", "bookkeeper", "broker", "kafka")
# Woodpecker, where it has pods of its own, keeps its metadata in etcd and its data in the object storage.
_NEEDS = {"woodpecker": ("etcd", "object_storage")}


def read_order(topology: Topology) -> Order:
    """Return "<kind>/<name>" → the workloads that it waits for: Milvus for all of its dependencies in the release."""
    everything = tuple(part.key for dependency in topology.dependencies for part in dependency.workloads)
    order = {component.workload.key: everything for component in topology.components}
    for dependency in topology.dependencies:
        needed = _NEEDS.get(dependency.product, ())
        others = [each for each in topology.dependencies if each.role in needed]
        before = tuple(part.key for other in others for part in other.workloads)
        order.update({part.key: before + _earlier(part, dependency) for part in dependency.workloads})
    return order


def _earlier(workload: Workload, dependency: Dependency) -> tuple[str, ...]:
    if dependency.role != "message_queue":
        return ()
    return tuple(other.key for other in dependency.workloads if _stage(other) < _stage(workload))


def _stage(workload: Workload) -> int:
    component = workload.pod_labels.get("component", workload.subchart)
    # The name of the release may hold such a word too, so the end of the workload's name counts.
    words = f"{component} {workload.name.rpartition('-')[2]}"
    return next((stage for stage, word in enumerate(_STAGES) if word in words), len(_STAGES))
