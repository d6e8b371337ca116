# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

from ansible_collections.milvus.cluster.plugins.filter.fleet_rows import FilterModule

fleet_rows = FilterModule().filters()["fleet_rows"]


def test_a_row_for_each() -> None:
    outcomes = {
        "east/a/search": {
            "outcome": "changed",
            "release": {"chart_version": "5.0.19", "revision": 3},
            "counts": [{"type": "query_node", "before": 1, "after": 3}, {"type": "proxy", "before": 1, "after": 1}],
        },
        "east/b/search": {"outcome": "failed", "task": "Plan", "reason": "There is\n no room."},
        "east/c/search": {"outcome": "unchanged", "release": {}, "counts": []},
    }
    assert fleet_rows([*outcomes, "west/a/documents"], outcomes) == [
        "changed    east/a/search     chart 5.0.19, revision 3, query_node 3, proxy 1",
        "failed     east/b/search     Plan: There is no room.",
        "unchanged  east/c/search",
        "not begun  west/a/documents",
    ]


def test_none() -> None:
    assert fleet_rows([], {}) == []


def test_no_row_is_too_long_for_awx() -> None:
    (row,) = fleet_rows(["a"], {"a": {"outcome": "failed", "task": "Plan", "reason": "€" * 1000}})
    assert len(row.encode()) <= 404
    assert row.endswith("€ …")
