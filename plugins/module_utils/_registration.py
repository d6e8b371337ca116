# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which workers Milvus itself lists, by the gauges of its coordinators. PRIVATE to this collection.

A pod that is ready is not yet a worker, and one that has gone may still be listed: each worker holds a session in etcd,
which outlives a crash, and for most types also an orderly end, by its time to live.
"""

from __future__ import annotations

import re
import typing as t

from ._errors import ForbiddenError, KubeError
from ._kube import PODS
from ._pod_rows import READY, read_row
from ._topology import COMPONENT_LABEL, INSTANCE_LABEL, WORKER

if t.TYPE_CHECKING:
    from ._kube import KubeClient
    from ._live import LiveWorkload
    from ._topology import Topology

Json = dict[str, t.Any]

REGISTERED, DIFFERENT, NOT_CHECKED = "registered", "different", "not_checked"

METRICS_PORT = 9091
_PAGE = "metrics"
_MIX = "mix_coordinator"
_INDEX_NODES = "milvus_datacoord_index_node_num"
# Worker type → (coordinator, gauge) that has its count, the first that there is: Milvus 2.5 and later has one
# coordinator for all, 2.3 and later lists index nodes at the data coordinator. Streaming nodes have no such gauge.
_SOURCES: dict[str, tuple[tuple[str, str], ...]] = {
    "query_node": tuple((who, "milvus_querycoord_querynode_num") for who in (_MIX, "query_coordinator")),
    "data_node": tuple((who, "milvus_datacoord_datanode_num") for who in (_MIX, "data_coordinator")),
    "index_node": (
        (_MIX, _INDEX_NODES),
        ("data_coordinator", _INDEX_NODES),
        ("index_coordinator", "milvus_indexcoord_index_node_num"),
    ),
    "proxy": tuple((who, "milvus_rootcoord_proxy_num") for who in (_MIX, "root_coordinator")),
}
# A streaming node runs a query node inside itself, which registers as such (Milvus 2.6, cmd/milvus/util.go).
_ALSO_AS = {"query_node": ("streaming_node",)}


class Listing(t.NamedTuple):
    """How many workers of a type there are as pods, and how many Milvus lists.

    *listed* is None where that is not known, with the *reason*. *source* names the gauge and who has it.
    """

    type: str
    expected: int
    listed: int | None
    source: str = ""
    reason: str = ""

    @property
    def outcome(self) -> str:
        """One of the three words above."""
        if self.listed is None:
            return NOT_CHECKED
        return REGISTERED if self.listed == self.expected else DIFFERENT

    def as_result(self) -> Json:
        """Return it as the module does."""
        return {**self._asdict(), "outcome": self.outcome}


def expect(topology: Topology, live: t.Mapping[str, LiveWorkload], *, types: t.Collection[str]) -> dict[str, int]:
    """Return worker type → how many of it should be listed, for those *types* that there are."""
    desired: dict[str, int] = {}
    for part in topology.components:
        if part.type.role == WORKER and part.workload.key in live:
            desired[part.type.key] = desired.get(part.type.key, 0) + live[part.workload.key].counts.desired
    others = {key: sum(desired.get(also, 0) for also in _ALSO_AS.get(key, ())) for key in desired}
    return {key: count + others[key] for key, count in desired.items() if key in types}


def has_gauge(key: str) -> bool:
    """Whether Milvus counts a worker type at all."""
    return key in _SOURCES


def read_gauge(page: str, name: str) -> int | None:
    """Return the value of a gauge in the text format of Prometheus, over all its labels; None where it is absent.

    Absent is unknown, not 0: a coordinator that starts has no such line until it knows.
    """
    lines = re.findall(rf"^{name}(?:\{{.*\}})? +(\S+)", page, re.MULTILINE)
    return int(sum(map(float, lines))) if lines else None


class Register:
    """Asks the coordinators of a release, each page once."""

    def __init__(self, client: KubeClient, topology: Topology, *, release: str) -> None:
        self._client = client
        self._release = release
        self._parts = {part.type.key: part for part in topology.components}
        # Coordinator → pods with their pages, and why there are none.
        self._pages: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {}

    def look(self, expected: t.Mapping[str, int]) -> tuple[Listing, ...]:
        """Return what Milvus lists of each type of *expected*, as of now."""
        self._pages.clear()
        return tuple(self._look_for(key, count) for key, count in expected.items())

    def _look_for(self, key: str, count: int) -> Listing:
        reasons: dict[str, None] = {}
        for coordinator, gauge in _SOURCES.get(key, ()):
            for pod, page in self._read(coordinator, reasons):
                value = read_gauge(page, gauge)
                if value is not None:
                    return Listing(key, count, value, f"{gauge} of pod {pod}")
                reasons[f"pod {pod} has no {gauge}"] = None
        return Listing(key, count, None, reason="; ".join(reasons) or "no coordinator of this Milvus has their count")

    def _read(self, coordinator: str, reasons: dict[str, None]) -> tuple[tuple[str, str], ...]:
        """Return the pages of a coordinator's ready pods: of several one is active, and the others stand by."""
        part = self._parts.get(coordinator)
        if part is None:
            return ()
        if coordinator not in self._pages:
            try:
                self._pages[coordinator] = tuple(self._read_pods(part.type.label)), ""
            except KubeError as exc:
                self._pages[coordinator] = (), str(exc) if isinstance(exc, ForbiddenError) else exc.reason
        pages, reason = self._pages[coordinator]
        reasons.update({reason: None} if reason else {})
        return pages

    def _read_pods(self, label: str) -> t.Iterator[tuple[str, str]]:
        selector = f"{INSTANCE_LABEL}={self._release},{COMPONENT_LABEL}={label}"
        for row in map(read_row, self._client.list_table(PODS, selector=selector)):
            if row.state == READY:
                yield row.name, self._client.read_served(row.name, port=METRICS_PORT, path=_PAGE)
