# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._manifest import Item
from ansible_collections.milvus.cluster.plugins.module_utils._preflight_names import judge_names


def item(kind: str, length: int, **labels: str) -> Item:
    body: dict[str, t.Any] = {"metadata": {"labels": labels}, "spec": {"template": {"metadata": {"labels": labels}}}}
    return Item(kind, "n" * length, body)


@pytest.mark.parametrize(
    ("kind", "longest"), [("Service", 63), ("Job", 63), ("StatefulSet", 52), ("CronJob", 52), ("ConfigMap", 253)]
)
def test_the_longest_name(kind: str, longest: int) -> None:
    assert judge_names([item(kind, longest)], release="r").outcome == "passed"
    check = judge_names([item(kind, longest + 2)], release="r")
    assert check.outcome == "failed"
    assert f"has {longest + 2} characters, and {longest} are the most" in check.evidence
    assert "a release_name that is 2 characters shorter than r" in check.remedy


def test_labels() -> None:
    assert judge_names([item("ConfigMap", 5, app="a" * 63)], release="r").outcome == "passed"
    check = judge_names([item("ConfigMap", 5, app="a" * 64)], release="r")
    assert check.evidence.startswith("the label app of ConfigMap nnnnn has 64 characters, and 63 are the most")


def test_only_a_few_are_shown() -> None:
    check = judge_names([item("Service", 64 + number) for number in range(8)], release="r")
    assert check.evidence.endswith("; and 3 more")
    assert "8 characters shorter" in check.remedy
