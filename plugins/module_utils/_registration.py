# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which workers Milvus itself lists: by name where it says so, else by the gauges of its coordinators. PRIVATE.

A pod that is ready is not yet a worker, and one that has gone may still be listed: each worker holds a session in etcd,
which outlives a crash, and for most types also an orderly end, by its time to live.
"""

from __future__ import annotations

import re
import typing as t

from ._errors import ForbiddenError, KubeError
from ._kube import PODS
from ._pod_rows import READY, read_row
from ._sightings import SOURCES, Place, Source, compare, read_nodes
from ._topology import COMPONENT_LABEL, INSTANCE_LABEL, WORKER
from ._verify_outcome import enumerate_some

if t.TYPE_CHECKING:
    from ._kube import KubeClient
    from ._live import LiveWorkload
    from ._topology import Topology

Json = dict[str, t.Any]

REGISTERED, DIFFERENT, NOT_CHECKED = "registered", "different", "not_checked"

METRICS_PORT = 9091
_NO_SUCH_PAGE = 404
METRICS_PAGE = "metrics"
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

    *listed* is None where that is not known, with the *reason*. *source* names the gauge or the list, and who has it;
    *detail*: where a list has other workers than there are pods, which ones.
    """

    type: str
    expected: int
    listed: int | None
    source: str = ""
    reason: str = ""
    detail: str = ""

    @property
    def outcome(self) -> str:
        """One of the three words above."""
        if self.listed is None:
            return NOT_CHECKED
        return REGISTERED if self.listed == self.expected and not self.detail else DIFFERENT

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
    values = [value for _labels, value in read_samples(page, name)]
    return sum(values) if values else None


def read_samples(page: str, name: str) -> t.Iterator[tuple[str, int]]:
    """Yield the labels, as they stand there, and the value of each sample of a metric in that format."""
    for labels, value in re.findall(rf"^{name}(?:\{{(.*)\}})? +(\S+)", page, re.MULTILINE):
        yield labels, int(float(value))


class Register:
    """Asks the coordinators of a release, each page once."""

    def __init__(self, client: KubeClient, topology: Topology, *, release: str) -> None:
        self._client = client
        self._release = release
        self._parts = {part.type.key: part for part in topology.components}
        # Coordinator → pods with their pages, and why there are none.
        self._pages: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {}
        # Worker types that this Milvus has no list of.
        self._unlisted: set[str] = set()

    def look(self, expected: t.Mapping[str, int]) -> tuple[Listing, ...]:
        """Return what Milvus lists of each type of *expected*, as of now."""
        self._pages.clear()
        return tuple(self._look_for(key, count) for key, count in expected.items())

    def _look_for(self, key: str, count: int) -> Listing:
        counted = self._count(key, count)
        # Where the gauges cannot be read, the lists cannot either.
        if key not in SOURCES or key in self._unlisted or not any(pages for pages, _reason in self._pages.values()):
            return counted
        return self._name(key, count) or counted

    def _name(self, key: str, count: int) -> Listing | None:
        """Return what the list of a worker type says, None where there is none."""
        source = SOURCES[key]
        try:
            for pod in self._find_ready(source.type):
                served = self._client.ask_pod(pod, port=METRICS_PORT, path=source.path)
                nodes = read_nodes(served.text) if served.status == 200 else None
                if nodes is not None:
                    listed, differences = compare(nodes, self._find_places(source), source=source)
                    detail = enumerate_some(differences)
                    return Listing(key, count, listed, f"/{source.path} of pod {pod}", detail=detail)
                if served.status == _NO_SUCH_PAGE:
                    self._unlisted.add(key)
                break
        except KubeError:
            pass
        return None

    def _find_ready(self, key: str) -> t.Iterator[str]:
        part = self._parts.get(key)
        yield from (
            row.name for row in map(read_row, self._list_rows(part.type.label) if part else ()) if row.state == READY
        )

    def _find_places(self, source: Source) -> dict[str, Place]:
        """Return address → pod, of all types that may be in a list."""
        keys = [key for key in self._parts if key in source.listed or source.has_guests]
        return {
            str(row["IP"]): Place(str(row["Name"]), key, read_row(row).state == READY)
            for key in keys
            for row in self._list_rows(self._parts[key].type.label)
            if row.get("IP")
        }

    def _count(self, key: str, count: int) -> Listing:
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
        for row in map(read_row, self._list_rows(label)):
            if row.state == READY:
                yield row.name, self._client.read_served(row.name, port=METRICS_PORT, path=METRICS_PAGE)

    def _list_rows(self, label: str) -> t.Iterator[Json]:
        selector = f"{INSTANCE_LABEL}={self._release},{COMPONENT_LABEL}={label}"
        return self._client.list_table(PODS, selector=selector)
