# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Resource groups as Milvus tells them, compared with what they request and with pods.

Their shape follows the source of Milvus 2.5.3 to 2.6 and milvus-proto, see milvus_api: no binary of these could be had.
"""

from __future__ import annotations

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._resource_groups import (
    Group,
    describe,
    find_problems,
    read_group,
)
from ansible_collections.milvus.cluster.plugins.module_utils._sightings import Node, Place
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.milvus_api import make_group

DEFAULT = "__default_resource_group"
PLACES = {
    "10.0.0.1": Place("query-1", "query_node", is_ready=True),
    "10.0.0.2": Place("query-2", "query_node", is_ready=True),
    "10.0.0.3": Place("streaming-1", "streaming_node", is_ready=True),
    "10.0.0.4": Place("query-4", "query_node", is_ready=False),
}
FIRST, SECOND, STREAMING = (f"10.0.0.{number}:21123" for number in (1, 2, 3))


def group(name: str, *addresses: str, requests: int = 0) -> Group:
    return read_group(name, make_group(name, *addresses, requests=requests))


def test_a_group() -> None:
    nodes = (Node(1, FIRST, pod="pod-1", group="rg1"), Node(2, SECOND, pod="pod-2", group="rg1"))
    assert group("rg1", FIRST, SECOND, requests=2) == ("rg1", 2, nodes)


@pytest.mark.parametrize("told", [{}, {"config": None, "nodes": None}, {"config": {"requests": {}}, "nodes": []}])
def test_what_is_zero_is_left_out(told: dict[str, None]) -> None:
    assert read_group("rg1", told) == ("rg1", 0, ())


def test_all_have_what_they_request() -> None:
    groups = [group(DEFAULT, FIRST), group("rg1", SECOND, requests=1), group("idle")]
    assert find_problems(groups, PLACES) == ()
    assert describe(groups) == f"query nodes by resource group: {DEFAULT} 1, rg1 1 (requests 1), idle 0"


def test_the_query_node_of_a_streaming_node_may_be_in_a_group() -> None:
    assert find_problems([group(DEFAULT, FIRST, SECOND, STREAMING)], PLACES) == ()


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (
            [group(DEFAULT, FIRST), group("rg1", SECOND, requests=2)],
            "resource group rg1 has 1 query nodes and requests 2",
        ),
        ([group(DEFAULT, FIRST, SECOND), group("rg1", requests=1)], "resource group rg1 has 0 query nodes and "),
        ([group(DEFAULT, FIRST)], "pod query-2 (10.0.0.2) is not listed"),
        ([group(DEFAULT, FIRST, SECOND), group("rg1", SECOND)], "pod query-2 is listed 2 times"),
        (
            [group(DEFAULT, FIRST, SECOND), group("rg1", "10.0.0.9:21123")],
            "10.0.0.9:21123 (node 1, pod-1, resource group rg1) is listed and no pod of these",
        ),
    ],
)
def test_what_differs_is_named(groups: list[Group], words: str) -> None:
    (problem,) = find_problems(groups, PLACES)
    assert problem.startswith(words)
