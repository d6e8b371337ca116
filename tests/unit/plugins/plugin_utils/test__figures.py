# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What is drawn where, and that its numbers are those of the results."""

from __future__ import annotations

import pytest

from ansible_collections.milvus.cluster.plugins.plugin_utils._figures import (
    NO_NODE,
    draw_placement,
    draw_timeline,
    draw_topology,
    draw_workers,
    show_seconds,
)
from ansible_collections.milvus.cluster.plugins.plugin_utils._story import Spot, read_story
from ansible_collections.milvus.cluster.tests.unit.plugins.plugin_utils.results import (
    COMMON,
    RESULTS,
    SCALE,
    component,
    count,
)

STORY = read_story(RESULTS)
OLD = ("root_coordinator", "query_coordinator", "data_coordinator", "index_coordinator")


def test_boxes_have_room_beside_each_other() -> None:
    story = read_story({"scale": {**COMMON, "components": [component(kind, 1) for kind in (*OLD, "proxy")]}})
    figure = draw_topology(story)
    for y in {box["y"] for box in figure["boxes"]}:
        row = [box for box in figure["boxes"] if box["y"] == y]
        assert all(left["x"] + left["width"] < right["x"] for left, right in zip(row, row[1:]))
        assert row[0]["x"] >= 0
        assert row[-1]["x"] + row[-1]["width"] <= 100.01
        assert max(box["y"] + box["height"] for box in row) <= figure["height"]


def test_lines_lead_from_tier_to_tier() -> None:
    figure = draw_topology(STORY)
    assert [box["title"] for box in figure["boxes"]][:3] == ["clients", "proxy", "mix"]
    assert figure["boxes"][0]["words"] == "port 19530"
    ends = {(line["x2"], line["y2"]) for line in figure["lines"]}
    assert all((box["middle"], box["y"]) in ends for box in figure["boxes"] if box["y"])


def test_a_release_without_a_service() -> None:
    figure = draw_topology(read_story({"scale": {**SCALE, "endpoints": []}}))
    assert figure["boxes"][0]["words"] == ""


def test_bars_of_workers() -> None:
    counts = [count("query_node", 2, 4), count("proxy", 1, 0)]
    parts = [component("query_node", 4, ready=3), component("proxy", 0)]
    story = read_story({"scale": {**SCALE, "components": parts, "counts": counts}})
    rows = draw_workers(story.workers)
    assert [(row["words"], row["before_width"], row["after_width"], row["is_moved"]) for row in rows] == [
        ("2 → 4", 50.0, 100.0, True),
        ("1 → 0", 25.0, 0.0, True),
    ]
    assert draw_workers(read_story({"verify": RESULTS["verify"]}).workers)[0]["words"] == "3"
    assert draw_workers(()) == []


def test_pods_on_nodes() -> None:
    figure = draw_placement(STORY.spots)
    assert (figure["pods"], figure["ready"], figure["nodes"], figure["is_folded"]) == (11, 11, 2, False)
    assert [(zone["name"], zone["pods"], zone["nodes"]) for zone in figure["zones"]] == [("east", 7, 1), ("west", 4, 1)]
    (east,), (west,) = (zone["rows"] for zone in figure["zones"])
    parts = [(part["kind"], part["pods"]) for part in east["segments"]]
    assert parts == [("query_node", 2), ("streaming_node", 1), ("proxy", 1), ("etcd", 3)]
    assert sum(part["width"] for part in east["segments"]) == pytest.approx(100, abs=0.05)
    assert sum(part["width"] for part in west["segments"]) == pytest.approx(100 * 4 / 7, abs=0.05)
    assert [entry["kind"] for entry in figure["legend"]] == [
        *("query_node", "data_node", "streaming_node", "proxy"),
        *("coordinator", "etcd"),
    ]


def test_pods_that_are_not_ready_or_nowhere() -> None:
    spots = (Spot("proxy", "a", None, 4, 3), Spot("etcd", "b", "", 1, 1), Spot("proxy", "", None, 2, 0))
    figure = draw_placement(spots)
    names = [zone["name"] for zone in figure["zones"]]
    assert names == ["zone not known", "nodes without a zone", NO_NODE]
    (part,) = figure["zones"][0]["rows"][0]["segments"]
    assert (part["pods"], part["ready"], part["unready_x"], part["unready_width"]) == (4, 3, 75.0, 25.0)
    assert (figure["zones"][2]["nodes"], figure["ready"], figure["pods"]) == (0, 4, 7)


def test_many_nodes_are_told_by_zone() -> None:
    spots = [Spot("query_node", f"node-{number}", f"zone-{number % 3}", 2, 2) for number in range(120)]
    figure = draw_placement(spots)
    assert figure["is_folded"]
    assert [(zone["nodes"], [row["pods"] for row in zone["rows"]]) for zone in figure["zones"]] == [(40, [80])] * 3


def test_bars_in_time() -> None:
    rows = draw_timeline(STORY.steps)
    assert [(row["title"], row["x"], row["took"]) for row in rows][:2] == [
        ("install", 0.0, "12.0 s"),
        ("scale query_node 1 → 3", 50.0, "5.0 s"),
    ]
    assert (rows[0]["wait_x"], rows[0]["wait_width"], rows[0]["waited"]) == (25.0, 15.0, "4.5 s")
    assert all(row["x"] + row["width"] <= 100.01 for row in rows)
    assert (rows[0]["started"], rows[-1]["ended"]) == ("06:00:00", "06:00:30")
    assert draw_timeline(()) == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (162, "2 min 42 s"), (3600, "1 h 0 min")]
)
def test_durations(seconds: float, words: str) -> None:
    assert show_seconds(seconds) == words
