# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The README says of what it is tested with what the tests run with; so does the workflow of the repository's host."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from gates.support_matrix import find_section, list_rows, read_constants, render

COLLECTION = Path(__file__).parents[2]
README = (COLLECTION / "README.md").read_text(encoding="utf-8")
WORKFLOW = COLLECTION / ".github/workflows/ci.yml"


def test_the_readme_is_up_to_date() -> None:
    _head, section, _tail = find_section(README)
    assert section.strip() == render(list_rows()).strip(), "run python tests/tools/gates/support_matrix.py"


def test_what_is_required_is_the_oldest_that_is_tested() -> None:
    versions = {row.thing: row.versions for row in reversed(list_rows())}
    runtime = yaml.safe_load((COLLECTION / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert runtime["requires_ansible"] == f">={versions['ansible-core']}.0"
    assert f"- ansible-core {versions['ansible-core']} or newer." in README
    assert f"kubernetes/) {versions['Python package kubernetes']} or newer" in README
    assert f"Python {versions['Python of modules']} or newer" in README


def test_the_workflow_runs_the_readmes_commands_on_each_python() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    runs = {step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step}
    commands = {command for run in runs for command in re.findall(r"^make \w+", run, flags=re.MULTILINE)}
    assert {"make test", "make demo"} <= commands
    makefile = (COLLECTION / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{command.split()[1]}: " in makefile for command in commands)
    # The Python that is given last leads.
    given = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    constants = read_constants(COLLECTION / "noxfile.py", "CORES", "OLDEST_TARGET")
    preferred = {pythons[0] for pythons in constants["CORES"].values()} | {constants["OLDEST_TARGET"]}
    assert preferred <= set(" ".join(given).split())
