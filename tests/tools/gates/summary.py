# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a run of the gates came to: one row per step and the count over all of them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from xml.etree import ElementTree


@dataclasses.dataclass(frozen=True)
class Step:
    """One command of a session.

    session: name of the nox session, as nox reports it
    seconds: wall time
    succeeded: whether the command ended with exit status 0
    reports: JUnit files that count the tests which it ran; None for a command that is one check by itself
    skipped: why this machine could not run it, if so
    """

    session: str
    name: str
    seconds: float
    succeeded: bool
    reports: list[str] | None = None
    skipped: str = ""


@dataclasses.dataclass(frozen=True)
class Count:
    """Number of checks by outcome: a test, or a tool that is one check by itself."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table; note says why something failed or was skipped."""

    name: str
    count: Count
    seconds: float
    note: str = ""

    @property
    def result(self) -> str:
        """The row in one word."""
        if self.count.failed:
            return "FAILED"
        return "passed" if self.count.passed else "skipped"


@dataclasses.dataclass(frozen=True)
class Session:
    """What nox's report file says of a session; seconds include making its environment."""

    name: str
    result: str
    reason: str
    seconds: float


def read_nox(path: Path) -> list[Session]:
    """Return the sessions of a nox report."""
    sessions = json.loads(path.read_text(encoding="utf-8"))["sessions"]
    return [
        Session((one["signatures"] or [one["name"]])[0], one["result"], (one["reason"] or "").strip(), one["duration"])
        for one in sessions
    ]


def read_steps(log: Path) -> list[Step]:
    """Return the steps that a log holds, in the order in which they ended."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [Step(**json.loads(line)) for line in lines]


def read_junit(path: Path) -> Count:
    """Count the test cases of a JUnit file; one that is cut off counts as a failure."""
    try:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return Count(failed=1)
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Count(len(cases) - failed - skipped, failed, skipped)


def judge_step(step: Step) -> Row:
    """Return a step's row. A step that ran no test, or broke off without a failed one, has failed."""
    name = f"{step.session}: {step.name}"
    if step.skipped:
        return Row(name, Count(skipped=1), step.seconds, step.skipped)
    if step.reports is None:
        count = Count(passed=1) if step.succeeded else Count(failed=1)
        return Row(name, count, step.seconds)
    count = sum((read_junit(Path(report)) for report in step.reports), Count())
    if count == Count():
        return Row(name, Count(failed=1), step.seconds, "ran no test")
    if not step.succeeded and not count.failed:
        return Row(name, count + Count(failed=1), step.seconds, "broke off")
    return Row(name, count, step.seconds)


def judge_session(session: Session, rows: list[Row]) -> list[Row]:
    """Return the rows that a session adds to those of its steps: it was skipped, broke off, or did nothing."""
    if session.result == "skipped":
        return [Row(session.name, Count(skipped=1), session.seconds, session.reason)]
    if session.result != "success" and not any(row.count.failed for row in rows):
        return [Row(session.name, Count(failed=1), session.seconds, session.reason or session.result)]
    if not rows:
        return [Row(session.name, Count(failed=1), session.seconds, "ran nothing")]
    return []


def tabulate(sessions: list[Session], steps: list[Step]) -> list[Row]:
    """Return the rows of a whole run in the order of nox's report."""
    rows: list[Row] = []
    for session in sessions:
        own = [judge_step(step) for step in steps if step.session == session.name]
        rows += own + judge_session(session, own)
    known = {session.name for session in sessions}
    return rows + [judge_step(step) for step in steps if step.session not in known]


def render(rows: list[Row], seconds: float) -> str:
    """Return the table, and below it the count as the last line."""
    lines = [("step", "result", "seconds", "checks", "")]
    for row in rows:
        checks = str(row.count) if sum(dataclasses.astuple(row.count)) > 1 else ""
        lines.append((row.name, row.result, f"{row.seconds:.1f}", checks, row.note))
    lines.append(("all", "", f"{seconds:.1f}", "", ""))
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    table = [
        f"{name:<{widths[0]}}  {result:<{widths[1]}}  {time:>{widths[2]}}  {'  '.join(filter(None, rest))}".rstrip()
        for name, result, time, *rest in lines
    ]
    total = sum((row.count for row in rows), Count())
    return "\n".join(["", *table, "", str(total)])
