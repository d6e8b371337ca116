# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import pytest

from ansible_collections.milvus.cluster.plugins.filter.near_misses import FilterModule, count_edits


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "abd", 1), ("abc", "ab", 1), ("", "abc", 3), ("kitten", "sitting", 3)],
)
def test_edits(one: str, other: str, edits: int) -> None:
    assert count_edits(one, other) == count_edits(one=other, other=one) == edits


def test_near_misses() -> None:
    near_misses = FilterModule().filters()["near_misses"]
    names = ["milvus_install_chart_versoin", "milvus_install_wait", "milvus_install_my_own"]
    assert near_misses(names, ["milvus_install_chart_version", "milvus_install_wait"]) == {
        "milvus_install_chart_versoin": "milvus_install_chart_version"
    }
    assert near_misses(names, []) == {}
