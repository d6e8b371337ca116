# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The page and the README tell of each playbook what its head says, and nothing of others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gates import playbook_reference

COLLECTION = Path(__file__).parents[2]
NAMES = {path.stem for path in (COLLECTION / "playbooks").glob("*.yml")}


def test_the_page_is_up_to_date() -> None:
    page = playbook_reference.PAGE.read_text(encoding="utf-8")
    assert page == playbook_reference.write(), "run python tests/tools/gates/playbook_reference.py"
    assert set(re.findall(r"^milvus\.cluster\.(\w+)\n-+$", page, flags=re.MULTILINE)) == NAMES


def test_the_readme_has_each_playbook() -> None:
    table = (COLLECTION / "README.md").read_text(encoding="utf-8").partition("| Playbooks |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `milvus\.cluster\.(\w+)`", table, flags=re.MULTILINE)) == NAMES


def test_a_head_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text("---\n# A licence.\n\n- hosts: localhost\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"own\.yml does not say"):
        playbook_reference.read_head(path)
