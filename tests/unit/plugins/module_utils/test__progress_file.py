# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._progress_file import LONGEST, Progress, make_line

PREFIX = "milvus/my-release: "


def hide(text: str) -> str:
    return text.replace("a-secret", "********")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all is well", "all is well"),
        (" two\nlines\r\n", "two lines"),
        ("\x1b[31mred\x1b[0m and\ttabs", "[31mred [0m and tabs"),
        ("größer", "größer"),
    ],
)
def test_one_plain_line(text: str, expected: str) -> None:
    assert make_line(PREFIX, text) == PREFIX + expected


def test_what_is_too_long_is_cut() -> None:
    line = make_line(PREFIX, "x" * 5000)
    assert (len(line), line[-2:]) == (LONGEST, "x…")
    whole = "x" * (LONGEST - len(PREFIX))
    assert make_line(PREFIX, whole) == PREFIX + whole


def test_lines_are_appended_at_once(tmp_path: Path) -> None:
    path = tmp_path / "progress"
    path.write_text("before\n", encoding="utf-8")
    progress = Progress(str(path), prefix=PREFIX, mask=hide)
    for text in ("one", "größer"):
        progress.say(text)
        assert path.read_text(encoding="utf-8").endswith(f"{PREFIX}{text}\n")
    assert path.read_text(encoding="utf-8") == f"before\n{PREFIX}one\n{PREFIX}größer\n"


def test_secrets_are_masked_before_the_line_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "progress"
    path.touch()
    Progress(str(path), prefix=PREFIX, mask=hide).say("x" * (LONGEST - len(PREFIX) - 4) + "a-secret")
    assert "a-s" not in path.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_no_matter(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    (tmp_path / "link").symlink_to(target)
    for path in (tmp_path / "missing", tmp_path, tmp_path / "link", Path("/dev/full")):
        progress = Progress(str(path), prefix=PREFIX, mask=hide)
        progress.say("one")
        progress.say("two")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link", "target"]
    assert target.read_bytes() == b""
