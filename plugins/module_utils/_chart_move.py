# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which moves from one chart to another lose data or service, says upstream. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._chart_lines import parse_version

if t.TYPE_CHECKING:
    from ._topology import Topology

# The last chart of Milvus 2.5, the stop before 2.6: https://milvus.io/docs/upgrade_milvus_cluster-helm.md
LAST_STOP = "4.2.58"
_NEXT_LINE = (5, 0, 0)


class Shape(t.NamedTuple):
    """What a move is judged by: the chart's version, and what the release is made of."""

    version: str
    topology: Topology


class Hazard(t.NamedTuple):
    """Why a move is refused, and the way that upstream documents instead."""

    reason: str
    remedy: str


def find_hazards(before: Shape, after: Shape) -> t.Iterator[Hazard]:
    """Yield what speaks against taking a release from *before* to *after*."""
    old, new = parse_version(before.version), parse_version(after.version)
    if new < old:
        yield Hazard(
            f"chart {after.version} is older than {before.version}, and an older Milvus cannot read newer data",
            "Keep the chart, or restore a backup into a new release.",
        )
    elif old < parse_version(LAST_STOP) and new >= _NEXT_LINE:
        yield Hazard(
            f"Milvus 2.6 of chart {after.version} cannot take over from chart {before.version}",
            f"Go to chart_version {LAST_STOP} with the mix coordinator first, then to {after.version}; the playbook "
            "milvus.cluster.upgrade does both.",
        )
    lost = sorted({*_queues(before.topology)} - {*_queues(after.topology)})
    if lost and before.topology.mode == after.topology.mode:
        yield Hazard(
            f"the message queue {', '.join(lost)} would go, and with it what Milvus has not yet stored elsewhere",
            f"Keep it in release_values, such as {lost[0]}.enabled: true, and switch off the one that takes its place.",
        )
    if before.topology.mode != after.topology.mode:
        yield Hazard(
            f"the release would turn from {before.topology.mode} to {after.topology.mode}, and leave its data behind",
            "Keep cluster.enabled as it is, or install a new release and move the data with milvus-backup.",
        )


def _queues(topology: Topology) -> t.Iterator[str]:
    for dependency in topology.dependencies:
        if dependency.role == "message_queue" and not dependency.external:
            # Pulsar 2 and 3 are of one product, but do not read each other's data.
            subcharts = [part.subchart for part in dependency.workloads if part.subchart != "zookeeper"]
            yield from subcharts or [dependency.product]
