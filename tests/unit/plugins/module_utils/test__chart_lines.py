# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _chart_lines
from ansible_collections.milvus.cluster.plugins.module_utils._release import Chart, Release, decode
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils import conversations

HPA: dict[str, t.Any] = {"hpa": {"enabled": False}}


def release(chart: Chart, values: dict[str, t.Any] | None = None) -> Release:
    return Release("r", "ns", 1, "deployed", "", "", "", "ssa", chart, values or {}, "")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("5.0.19", (5, 0, 19)),
        ("v2.6.15", (2, 6, 15)),
        ("2.5.0-beta", (2, 5, 0)),
        ("4.2", (4, 2, 0)),
        ("5.0.19+build.7", (5, 0, 19)),
        ("2.0.0-rc.8", (2, 0, 0)),
        ("", (0, 0, 0)),
        ("main", (0, 0, 0)),
    ],
)
def test_version(text: str, version: tuple[int, int, int]) -> None:
    assert _chart_lines.parse_version(text) == version


@pytest.mark.parametrize(
    ("version", "defaults", "expected"),
    [
        ("4.1.4", {}, ((), False, False, {"streaming_node"})),
        ("4.1.5", {}, ((), False, True, {"streaming_node"})),
        (
            "4.2.58",
            {"queryNode": HPA, "indexNode": HPA, "proxy": HPA, "dataNode": {}},
            (("query_node", "index_node", "proxy"), False, True, {"streaming_node"}),
        ),
        # 5.x keeps the values of index nodes.
        ("5.0.0", {"queryNode": HPA, "indexNode": HPA}, (("query_node",), False, True, {"index_node"})),
        ("5.0.16", {"replicaResourceGroups": []}, ((), True, True, {"index_node"})),
        # Old defaults that --reuse-values has kept.
        ("5.0.17", {}, ((), True, True, {"index_node"})),
        ("6.1.0", {}, ((), True, True, {"index_node"})),
    ],
)
def test_what_a_chart_can_do(version: str, defaults: dict[str, t.Any], expected: tuple[t.Any, ...]) -> None:
    found = _chart_lines.describe(release(Chart("milvus", version, "2.6.15", defaults)))
    assert (found.autoscaling, found.resource_groups, found.open_count, set(found.missing)) == expected


def test_lines() -> None:
    found = _chart_lines.describe(release(Chart("milvus", "5.0.19", "2.6.15", {})))
    assert (found.chart_line, found.milvus_line) == ("5.0", "2.6")
    assert _chart_lines.describe(release(Chart("", "", "", {}))).chart_line == ""


def test_no_reuse_in_recorded_releases() -> None:
    reuse = {name: find_reuse(name) for name in conversations.NAMES if name not in ("absent", "operator")}
    assert {name for name, reason in reuse.items() if reason} == {"reused-values"}
    assert reuse["reused-values"] == "chart 5.0.19 is of Milvus 2.6.15, its stored default image tag is v2.6.14"


def find_reuse(name: str) -> str:
    return _chart_lines.find_reuse(decode(conversations.find_record(name)))


@pytest.mark.parametrize(
    ("values", "defaults", "reused"),
    [
        ({}, {}, False),
        ({}, {"image": {"all": {"tag": "v2.6.15"}}}, False),
        ({}, {"image": {"all": {"tag": "2.6.15"}}}, False),
        ({}, {"image": {"all": {"tag": "v2.6.14"}}}, True),
        ({"image": {"all": {"tag": "v2.6.14"}}}, {"image": {"all": {"tag": "v2.6.15"}}}, False),
        ({"queryNode": {"replicas": 2}}, {"queryNode": {"replicas": 2}}, True),
        ({"queryNode": {"replicas": 1}}, {"queryNode": {"replicas": 1}}, False),
        # A chart of somebody else's with another default.
        ({}, {"queryNode": {"replicas": 2}}, False),
        ({"queryNode": {"replicas": 3}}, {"queryNode": {"replicas": 2}}, False),
    ],
)
def test_signs_of_reused_values(values: dict[str, t.Any], defaults: dict[str, t.Any], reused: bool) -> None:
    found = _chart_lines.find_reuse(release(Chart("milvus", "5.0.19", "2.6.15", defaults), values))
    assert bool(found) == reused
