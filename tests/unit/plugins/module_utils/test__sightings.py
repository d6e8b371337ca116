# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Lists of workers as Milvus' management API has them, compared with pods.

The lists follow the documentation and source of Milvus 2.3.14 to 2.6 (internal/proxy/management.go, proto/query_coord):
no binary of these could be had.
"""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._sightings import (
    SOURCES,
    Node,
    Place,
    compare,
    read_nodes,
)

QUERY, STREAMING = SOURCES["query_node"], SOURCES["streaming_node"]
PLACES = {
    "10.0.0.1": Place("query-1", "query_node", is_ready=True),
    "10.0.0.2": Place("query-2", "query_node", is_ready=True),
    "10.0.0.3": Place("streaming-1", "streaming_node", is_ready=True),
    "10.0.0.4": Place("query-4", "query_node", is_ready=False),
}
# Milvus 2.6: the streaming node's own query node is in the list, too.
EMBEDDED = Node(7, "10.0.0.3:21123", "active")
ALL = (Node(5, "10.0.0.1:21123", "active"), Node(6, "10.0.0.2:21123", "active"), EMBEDDED)


def nodes(*entries: dict[str, t.Any]) -> str:
    return json.dumps({"nodeInfos": list(entries)})


@pytest.mark.parametrize("state", ["Normal", "active"])
def test_a_list(state: str) -> None:
    text = nodes({"ID": 5, "address": "10.0.0.5:21123", "state": state}, {"ID": 6, "address": "[fd00::6]:21123"})
    found = read_nodes(text)
    assert found is not None
    assert found == (Node(5, "10.0.0.5:21123", state), Node(6, "[fd00::6]:21123", ""))
    assert [node.host for node in found] == ["10.0.0.5", "fd00::6"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"nodeInfos": []}', ()),
        ('{"nodeInfos": null}', ()),
        ('{"msg": "failed to list query node"}', None),
        ("404 page not found", None),
        ("[]", None),
        ('{"nodeInfos": [5]}', None),
        ('{"nodeInfos": [{"ID": 5}]}', None),
    ],
)
def test_what_is_no_list(text: str, found: t.Any) -> None:
    assert read_nodes(text) == found


def test_all_are_listed() -> None:
    assert compare(ALL, PLACES, source=QUERY) == (3, ())


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (ALL[1:], "pod query-1 (10.0.0.1) is not listed"),
        (ALL[:2], "pod streaming-1 (10.0.0.3) is not listed"),
        ((*ALL, Node(9, "10.0.0.9:21123")), "10.0.0.9:21123 (node 9) is listed and no pod of these"),
        ((*ALL, Node(9, "10.0.0.2:21123")), "pod query-2 is listed 2 times"),
        ((*ALL[:2], EMBEDDED._replace(state="Stopping")), "streaming-1 (node 7) is stopping"),
        ((*ALL[:2], EMBEDDED._replace(state="suspended")), "streaming-1 (node 7) is suspended"),
    ],
)
def test_what_differs_is_named(listed: tuple[Node, ...], words: str) -> None:
    assert compare(listed, PLACES, source=QUERY) == (len(listed), (words,))


def test_one_too_many_does_not_hide_one_too_few() -> None:
    found = compare((*ALL[:1], EMBEDDED, Node(4, "10.0.0.8:21123")), PLACES, source=QUERY)
    assert found.listed == 3
    assert [words.split(" ")[1] for words in found.differences] == ["query-2", "(node"]


def test_a_list_of_streaming_nodes_has_query_nodes_as_well() -> None:
    streaming = Node(8, "10.0.0.3:22222", "active")
    assert compare((streaming, ALL[0]), PLACES, source=STREAMING) == (1, ())
    found = compare((ALL[0], Node(3, "10.0.0.9:22222")), PLACES, source=STREAMING)
    assert found.listed == 1
    assert found.differences == (
        "pod streaming-1 (10.0.0.3) is not listed",
        "10.0.0.9:22222 (node 3) is listed and no pod of these",
    )
