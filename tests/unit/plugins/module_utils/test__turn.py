# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._turn import Turn, take_turn

RELEASE = ("https://a", "milvus", "my-release")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"milvus.cluster-{os.getuid()}"


def test_one_at_a_time_and_release() -> None:
    with take_turn(*RELEASE) as turn, take_turn(*RELEASE) as second, take_turn("https://b", *RELEASE[1:]) as other:
        assert turn
        assert second is None
        assert other
    with take_turn(*RELEASE) as again:
        assert again


def test_what_was_noted_stays() -> None:
    with take_turn(*RELEASE) as turn:
        assert turn
        turn.note("a longer note")
        turn.note("8.1795521600.host-1")
    with take_turn(*RELEASE) as turn:
        assert turn
        assert turn.noted == "8.1795521600.host-1"


def test_a_child_keeps_the_turn_of_a_parent_that_is_gone() -> None:
    with take_turn(*RELEASE) as turn:
        assert turn
        assert turn.descriptor is not None
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[turn.descriptor])
    with take_turn(*RELEASE) as second:
        assert second is None
    child.send_signal(signal.SIGKILL)
    child.communicate()
    with take_turn(*RELEASE) as third:
        assert third


def test_nobody_else_can_look(folder: Path) -> None:
    with take_turn(*RELEASE):
        (file,) = folder.iterdir()
        assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_place_that_is_not_ours_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with take_turn(*RELEASE) as turn:
        assert turn == Turn()
        turn.note("nowhere")
        assert turn.noted == ""
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_no_place_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with take_turn(*RELEASE) as turn, take_turn(*RELEASE) as second:
        assert turn == second == Turn()
