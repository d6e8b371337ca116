# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Each test that the page on reliability names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

COLLECTION = Path(__file__).parents[2]
PAGE = (COLLECTION / "docs/docsite/rst/reliability.rst").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"``(test_\w+)(?:\.py)?``", PAGE)))
FILES = sorted((COLLECTION / "tests").rglob("test_*.py"))
KNOWN = {path.stem for path in FILES} | {
    name
    for path in FILES
    for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_there(name: str) -> None:
    assert name in KNOWN


def test_the_table_names_some() -> None:
    assert len(NAMES) > 10
    assert "test_that_nobody_has_written" not in KNOWN
