# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""How Milvus groups its query nodes, compared with what the groups request and with the pods. Pure. PRIVATE.

Milvus moves nodes between groups until each has what it requests, as far as there are enough, and never more than its
limit but in the default group, which takes what is left over.
"""

from __future__ import annotations

import typing as t

from ._sightings import Node, Place, Source, compare
from ._topology import dig
from ._verify_outcome import enumerate_some

Json = dict[str, t.Any]

# The query node inside of a streaming node is in no group (Milvus 2.6, querycoordv2/meta/resource_manager.go).
_GROUPED = Source("proxy", "v2/vectordb/resource_groups", ("query_node",), has_guests=True)
TYPES = ("query_node", "streaming_node")  # whose pods may be in a group


class Group(t.NamedTuple):
    """A resource group with its *nodes*, and how many it *requests*."""

    name: str
    requests: int
    nodes: tuple[Node, ...]

    @property
    def words(self) -> str:
        """How many nodes it has."""
        return f"{self.name} {len(self.nodes)}" + (f" (requests {self.requests})" if self.requests else "")


def read_group(name: str, told: Json) -> Group:
    """Read what Milvus tells of a group; it leaves out what is zero or empty."""
    nodes = (
        Node(int(each.get("node_id") or 0), str(each.get("address") or ""), pod=each.get("hostname") or "", group=name)
        for each in told.get("nodes") or ()
    )
    return Group(name, int(dig(told, "config", "requests").get("node_num") or 0), tuple(nodes))


def find_problems(groups: t.Sequence[Group], places: t.Mapping[str, Place]) -> tuple[str, ...]:
    """Return which groups have too few nodes, and where these are not the pods, which are given by address."""
    small = [
        f"resource group {group.name} has {len(group.nodes)} query nodes and requests {group.requests}"
        for group in groups
        if len(group.nodes) < group.requests
    ]
    nodes = [node for group in groups for node in group.nodes]
    return (*small, *compare(nodes, places, source=_GROUPED).differences)


def describe(groups: t.Sequence[Group]) -> str:
    """Return how many query nodes each group has."""
    return f"query nodes by resource group: {enumerate_some([group.words for group in groups], comma=', ')}"
