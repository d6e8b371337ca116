# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which workers Milvus names, by address, and which pods these are: more than their number. Pure. PRIVATE.

The names come from its management API, on port 9091: of query nodes from any proxy of Milvus 2.3.14 and later, of
streaming nodes from the mix coordinator of 2.6.2 and later. The lists have one shape in all versions.
"""

from __future__ import annotations

import json
import typing as t

_SERVING = ("", "Normal", "active")  # up to 2.5, and from 2.6.2; the others stop, or are suspended


class Source(t.NamedTuple):
    """Who has a list, at which *path*, and the worker types whose pods are to be in it.

    *has_guests*: workers of other types may be in it as well.
    """

    type: str
    path: str
    listed: tuple[str, ...]
    has_guests: bool = False


# A streaming node has a query node inside, which is listed at the same address but for the port.
SOURCES: t.Mapping[str, Source] = {
    "query_node": Source("proxy", "management/querycoord/node/list", ("query_node", "streaming_node")),
    "streaming_node": Source("mix_coordinator", "management/streaming/nodes", ("streaming_node",), has_guests=True),
}


class Node(t.NamedTuple):
    """A worker as Milvus lists it. *number* is anew after each start, *pod* and *group* are "" where it is silent."""

    number: int
    address: str
    state: str = ""
    pod: str = ""
    group: str = ""

    @property
    def host(self) -> str:
        """The address without the port."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def title(self) -> str:
        """What it is called where no pod is known."""
        about = (f"node {self.number}", self.pod, f"resource group {self.group}" if self.group else "")
        return f"{self.address} ({', '.join(filter(None, about))})"


class Place(t.NamedTuple):
    """A pod at an address; *is_ready* ones have to be listed."""

    pod: str
    type: str
    is_ready: bool


def read_nodes(text: str) -> tuple[Node, ...] | None:
    """Read a list of nodes; None where it is none."""
    try:
        entries = json.loads(text)["nodeInfos"]
        return tuple(
            Node(int(entry.get("ID") or 0), str(entry["address"]), str(entry.get("state") or ""))
            for entry in entries or ()
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


class Comparison(t.NamedTuple):
    """How many workers a list has, and which *differences* there are to the pods."""

    listed: int
    differences: tuple[str, ...]


def compare(nodes: t.Sequence[Node], places: t.Mapping[str, Place], *, source: Source) -> Comparison:
    """Compare the list of a *source* with the pods, given by address."""
    others = {host for host, place in places.items() if place.type not in source.listed}
    nodes = [node for node in nodes if not (source.has_guests and node.host in others)]
    hosts = [node.host for node in nodes]
    missing = [
        f"pod {place.pod} ({host}) is not listed"
        for host, place in places.items()
        if place.type in source.listed and place.is_ready and host not in hosts
    ]
    strange = [
        f"{node.title} is listed and no pod of these"
        for node in nodes
        if node.host not in places or node.host in others
    ]
    twice = [
        f"pod {places[host].pod} is listed {hosts.count(host)} times"
        for host in dict.fromkeys(hosts)
        if hosts.count(host) > 1 and host in places
    ]
    leaving = [
        f"{places[node.host].pod if node.host in places else node.address} (node {node.number}) is {node.state.lower()}"
        for node in nodes
        if node.state not in _SERVING
    ]
    return Comparison(len(nodes), (*missing, *strange, *twice, *leaving))
