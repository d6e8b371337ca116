# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.filter.scale_steps import FilterModule

Rows = list[tuple[str, t.Optional[int], t.Optional[int]]]
LAST = "what is left, and every pod"
OUTS_AND_INS: Rows = [("query_node", 3, 1), ("data_node", 1, 2), ("streaming_node", 1, 1), ("proxy", 1, 3)]
GROUPS: Rows = [("query_node", 1, 2), ("query_node", 3, 2), ("data_node", 1, 2)]


def divide(rows: Rows, waited: float | None = None, **options: t.Any) -> list[dict[str, t.Any]]:
    counts = [{"type": key, "before": before, "after": after} for key, before, after in rows]
    foretold = {"counts": counts, "waited": waited}
    tasks: list[dict[str, t.Any]] = FilterModule().filters()["scale_steps"](foretold, **options)
    return tasks


@pytest.mark.parametrize(
    ("rows", "options", "titles"),
    [
        ([], {}, [LAST]),
        ([("proxy", 2, 2)], {}, [LAST]),
        (OUTS_AND_INS, {}, ["data_node 1 → 2", "proxy 1 → 3", "query_node 3 → 1", LAST]),
        (OUTS_AND_INS, {"strategy": "together"}, ["data_node 1 → 2, proxy 1 → 3", "query_node 3 → 1", LAST]),
        (GROUPS, {}, ["query_node 1/3 → 2", "data_node 1 → 2", LAST]),
        ([("proxy", None, 2)], {}, [f"proxy none → 2, {LAST}"]),
        (
            OUTS_AND_INS,
            {"autoscaling": {"queryNode": {"enabled": False}, "streaming_node": {}}},
            [
                "data_node 1 → 2",
                "proxy 1 → 3",
                f"query_node 3 → 1, autoscaler of query_node, autoscaler of streaming_node, {LAST}",
            ],
        ),
    ],
)
def test_titles(rows: Rows, options: dict[str, t.Any], titles: list[str]) -> None:
    assert [task["title"] for task in divide(rows, **options)] == titles


def test_counts() -> None:
    groups, data, last = divide(GROUPS)
    assert (groups["counts"], groups["former"]) == ({"query_node": 2}, {})
    assert (data["counts"], data["former"]) == ({"data_node": 2}, {"data_node": 1})
    assert (last["counts"], last["former"]) == (None, {})


def test_there_is_none_where_nothing_is_to_be_done_or_waited_for() -> None:
    assert divide([("proxy", 2, 2)], waited=0.0, autoscaling={"queryNode": {"enabled": True}}) == []
