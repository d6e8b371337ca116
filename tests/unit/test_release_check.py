# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What keeps a checkout from being released is said before anything is published."""

from __future__ import annotations

import typing as t

import pytest

from gates.release_check import find_problems

SUMMARY = {"release_summary": "Good."}
FIRST = {"1.0.0": {"changes": SUMMARY}}


def release(version: str, *sections: str, before: str = "1.2.3") -> dict[str, t.Any]:
    changes = {**SUMMARY, **{section: ["a"] for section in sections}}
    return {before: {"changes": SUMMARY}, version: {"changes": changes}}


@pytest.mark.parametrize(
    ("version", "releases"),
    [
        ("1.0.0", FIRST),
        ("1.2.4", release("1.2.4", "bugfixes", "security_fixes")),
        ("1.3.0", release("1.3.0", "minor_changes", "bugfixes")),
        ("2.0.0", release("2.0.0", "breaking_changes", "minor_changes")),
        ("1.10.0", release("1.10.0", "minor_changes", before="1.9.0")),
    ],
)
def test_it_can_be_released(version: str, releases: dict[str, t.Any]) -> None:
    assert find_problems(version, releases=releases, fragments=[]) == []


@pytest.mark.parametrize(
    ("version", "releases", "fragments", "words"),
    [
        ("1.0", FIRST, [], "1.0 in galaxy.yml is no version"),
        ("01.0.0", FIRST, [], "01.0.0 in galaxy.yml is no version"),
        ("1.0.1", FIRST, [], "The changelog has no 1.0.1"),
        ("1.0.0", FIRST, ["2-fix.yml", "1-new.yml"], "Fragments are in no release (1-new.yml, 2-fix.yml)"),
        ("1.0.0", {"1.0.0": {"changes": {}}}, [], "no release_summary"),
        ("1.2.2", release("1.2.2"), [], "1.2.2 is not newer than 1.2.3"),
        (
            "1.2.4",
            release("1.2.4", "minor_changes"),
            [],
            "has minor_changes, for which it has to be a new minor version",
        ),
        ("1.3.0", release("1.3.0", "removed_features"), [], "has removed_features, for which it has to be a new major"),
    ],
)
def test_it_cannot(version: str, releases: dict[str, t.Any], fragments: list[str], words: str) -> None:
    (problem,) = find_problems(version, releases=releases, fragments=fragments)
    assert words in problem
