# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The summary of the gates calls nothing passed that did not run and pass."""

from __future__ import annotations

import typing as t

import pytest

from gates.summary import Count, Session, Step, judge_step, render, tabulate

if t.TYPE_CHECKING:
    from pathlib import Path

CASES = {
    "passed": "<testcase name='a'/>",
    "failed": "<testcase name='b'><failure/></testcase>",
    "broken": "<testcase name='c'><error/></testcase>",
    "skipped": "<testcase name='d'><skipped/></testcase>",
}


def write_report(folder: Path, *outcomes: str) -> list[str]:
    path = folder / "report.xml"
    cases = "".join(CASES[outcome] for outcome in outcomes)
    path.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>", encoding="utf-8")
    return [str(path)]


def make_step(*, succeeded: bool, reports: list[str] | None = None, skipped: str = "") -> Step:
    return Step("session", "step", 1.0, succeeded=succeeded, reports=reports, skipped=skipped)


@pytest.mark.parametrize(
    ("outcomes", "succeeded", "count"),
    [
        pytest.param(["passed", "skipped"], True, Count(passed=1, skipped=1), id="counts-tests"),
        pytest.param(["passed", "failed", "broken"], False, Count(passed=1, failed=2), id="counts-failures-and-errors"),
        pytest.param(["passed"], False, Count(passed=1, failed=1), id="broke-off-after-a-passed-test"),
        pytest.param([], True, Count(failed=1), id="ran-no-test"),
    ],
)
def test_step_with_tests(tmp_path: Path, outcomes: list[str], succeeded: bool, count: Count) -> None:
    step = make_step(succeeded=succeeded, reports=write_report(tmp_path, *outcomes))
    assert judge_step(step).count == count


def test_report_that_is_cut_off_is_a_failure(tmp_path: Path) -> None:
    (report,) = write_report(tmp_path, "passed", "passed")
    text = (tmp_path / "report.xml").read_text(encoding="utf-8")
    (tmp_path / "report.xml").write_text(text[:-20], encoding="utf-8")
    assert judge_step(make_step(succeeded=True, reports=[report])).count == Count(failed=1)


@pytest.mark.parametrize(
    ("step", "count"),
    [
        pytest.param(make_step(succeeded=True), Count(passed=1), id="check-that-passed"),
        pytest.param(make_step(succeeded=False), Count(failed=1), id="check-that-failed"),
        pytest.param(make_step(succeeded=True, reports=[]), Count(failed=1), id="tests-without-a-report"),
        pytest.param(make_step(succeeded=True, skipped="no Python 3.9"), Count(skipped=1), id="not-possible-here"),
    ],
)
def test_step_without_report(step: Step, count: Count) -> None:
    assert judge_step(step).count == count


@pytest.mark.parametrize(
    ("session", "steps", "count"),
    [
        pytest.param(Session("session", "success", "", 1.0), [], Count(failed=1), id="did-nothing"),
        pytest.param(Session("session", "failed", "no index", 1.0), [], Count(failed=1), id="broke-off"),
        pytest.param(Session("session", "skipped", "no Python", 1.0), [], Count(skipped=1), id="skipped"),
        pytest.param(
            Session("session", "failed", "", 1.0),
            [make_step(succeeded=True)],
            Count(passed=1, failed=1),
            id="broke-off-after-a-step",
        ),
        pytest.param(
            Session("session", "failed", "", 1.0),
            [make_step(succeeded=False), make_step(succeeded=True)],
            Count(passed=1, failed=1),
            id="failed-step-is-counted-once",
        ),
        pytest.param(
            Session("other", "failed", "", 1.0),
            [make_step(succeeded=True)],
            Count(passed=1, failed=1),
            id="steps-of-a-session-that-nox-did-not-report",
        ),
    ],
)
def test_session(session: Session, steps: list[Step], count: Count) -> None:
    rows = tabulate([session], steps)
    assert sum((row.count for row in rows), Count()) == count


def test_last_line_is_the_count() -> None:
    rows = tabulate([Session("session", "success", "", 1.0)], [make_step(succeeded=True)])
    assert render(rows, 1.0).splitlines()[-1] == "1 passed, 0 failed, 0 skipped"
