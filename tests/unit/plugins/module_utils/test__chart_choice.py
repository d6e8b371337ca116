# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._chart_choice import ChartChoice, ChartWish
from ansible_collections.milvus.cluster.plugins.module_utils._chart_source import interpret
from ansible_collections.milvus.cluster.plugins.module_utils._errors import OptionError
from ansible_collections.milvus.cluster.plugins.module_utils._release import Release
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.releases import deployment, release


def choose(
    chart: str, constraint: str, *, running: str | None, applied_digest: str = "", remembered: str = ""
) -> ChartChoice:
    deployed: Release | None = release(deployment("proxy"), version=running) if running else None
    wish = ChartWish(interpret({"chart_ref": chart}), constraint)
    return wish.choose(deployed, applied_digest=applied_digest, remembered=remembered)


@pytest.mark.parametrize(
    ("constraint", "running", "remembered", "choice"),
    [
        ("", None, "", ("", "")),
        ("~5.0", None, "", ("~5.0", "")),
        ("", None, "5.0.17", ("5.0.17", "")),
        ("5.0.19", None, "5.0.17", ("5.0.19", "")),
        ("", "5.0.17", "", ("5.0.17", "")),
        ("~5.0", "5.0.17", "", ("5.0.17", "")),
        (">5.0.17", "5.0.17", "", (">5.0.17", "chart milvus >5.0.17")),
    ],
)
def test_a_chart_of_a_repository(constraint: str, running: str | None, remembered: str, choice: t.Any) -> None:
    assert choose("milvus", constraint, running=running, remembered=remembered) == choice


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "Chart.yaml").write_text("{name: milvus, version: 5.0.19, appVersion: 2.6.15}", encoding="utf-8")
    return str(tmp_path)


def test_a_local_chart_is_what_it_holds(folder: str) -> None:
    assert choose(folder, "", running=None) == ("5.0.19", "")
    assert choose(folder, "", running="5.0.17") == ("5.0.19", "chart milvus 5.0.19")
    assert choose(folder, "", running="5.0.19") == ("5.0.19", "")


def test_other_content_of_the_same_version(folder: str) -> None:
    digest = ChartWish(interpret({"chart_ref": folder}), "").digest
    assert len(digest) == 32
    assert choose(folder, "", running="5.0.19", applied_digest=digest) == ("5.0.19", "")
    (Path(folder) / "values.yaml").write_text("a: 1", encoding="utf-8")
    changed = choose(folder, "", running="5.0.19", applied_digest=digest)
    assert changed == ("5.0.19", "chart milvus 5.0.19 with other content")


def test_a_local_chart_of_another_version_than_asked_for(folder: str) -> None:
    with pytest.raises(OptionError, match=r"is of version 5\.0\.19, which is not '<5'\. Correct one of the two"):
        choose(folder, "<5", running=None)
