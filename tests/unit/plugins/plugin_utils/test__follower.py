# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import threading

import pytest

from ansible_collections.milvus.cluster.plugins.plugin_utils._follower import Follower, Lines

LONG = 60.0  # seconds; nothing waits for it


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([], []),
        ([b""], [[]]),
        ([b"one\ntwo\n"], [["one", "two"]]),
        ([b"on", b"e\ntw", b"o\n"], [[], ["one"], ["two"]]),
        (["größer\n".encode()[:3], "größer\n".encode()[3:]], [[], ["größer"]]),
        ([b"\xff\n"], [["\N{REPLACEMENT CHARACTER}"]]),
        ([b"ends with no line end"], [[]]),
    ],
)
def test_chunks_become_whole_lines(chunks: list[bytes], expected: list[list[str]]) -> None:
    lines = Lines()
    assert [lines.feed(chunk) for chunk in chunks] == expected
    assert lines.offset == len(b"".join(chunks))


def refuse(complaint: str) -> None:
    raise AssertionError(complaint)


class Growing:
    """A file that *text* is appended to; reading it tells that it was read."""

    def __init__(self, text: bytes = b"") -> None:
        self.text = text
        self.offsets: list[int] = []
        self.error: Exception | None = None
        self.was_read = threading.Event()

    def read(self, offset: int) -> bytes:
        self.offsets.append(offset)
        self.was_read.set()
        if self.error is not None:
            raise self.error
        return self.text[offset:]


class Shown:
    """What was shown; await_line() returns once there is a line more."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = threading.Semaphore(0)

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self._more.release()

    def await_line(self) -> None:
        assert self._more.acquire(timeout=LONG)


def test_lines_are_shown_while_the_file_grows() -> None:
    file, shown = Growing(), Shown()
    with Follower(file.read, shown, complain=refuse, interval=0.01):
        for number in range(3):
            file.text += f"line {number}\n".encode()
            shown.await_line()
    assert shown.lines == ["line 0", "line 1", "line 2"]


def test_the_last_lines_are_shown_at_the_end() -> None:
    file, shown = Growing(b"one\ntwo\n"), Shown()
    with Follower(file.read, shown, complain=refuse, interval=LONG):
        assert shown.lines == []
    assert (shown.lines, file.offsets) == (["one", "two"], [0])


def test_the_last_lines_are_shown_when_the_task_fails() -> None:
    file, shown = Growing(b"one\n"), Shown()
    with pytest.raises(ValueError, match="the task"), Follower(file.read, shown, complain=refuse, interval=LONG):
        raise ValueError("the task")
    assert shown.lines == ["one"]


def test_reading_goes_on_after_an_error() -> None:
    file, shown = Growing(b"one\n"), Shown()
    file.error, complaints = OSError("away"), list[str]()
    with Follower(file.read, shown, complain=complaints.append, interval=0.01):
        assert file.was_read.wait(LONG)
        file.error = None
        shown.await_line()
    assert shown.lines == ["one"]
    assert set(complaints) == {"The progress cannot be read: away"}


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    with Follower(Growing().read, Shown(), complain=refuse):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
