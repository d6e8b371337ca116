# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Shows the lines of a file while it grows. Without Ansible's own code. PRIVATE to this collection."""

from __future__ import annotations

import contextvars
import threading
import typing as t

# Seconds.
_INTERVAL = 1.0  # between reads
_PATIENCE = 10.0  # for the last read, after the end of the module


class Lines:
    """Splits what is read of a file that grows into whole lines. *offset* counts the bytes read."""

    def __init__(self) -> None:
        self.offset = 0
        self._rest = b""

    def feed(self, chunk: bytes) -> list[str]:
        """Return the lines that are complete with the next *chunk*."""
        self.offset += len(chunk)
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        return [line.decode("utf-8", "replace") for line in whole]


class Follower:
    """Shows the lines of a file as they come, and the last of them when the context ends.

    *read* returns what there is from an offset in bytes on. It may fail; then it is tried again.
    """

    def __init__(
        self,
        read: t.Callable[[int], bytes],
        show: t.Callable[[str], None],
        *,
        complain: t.Callable[[str], None],
        interval: float = _INTERVAL,
    ) -> None:
        self._read = read
        self._show = show
        self._complain = complain
        self._interval = interval
        self._lines = Lines()
        self._is_over = threading.Event()
        # A daemon, for a read that hangs must not keep the worker; in the context in which core knows the task.
        work = contextvars.copy_context().run
        self._thread = threading.Thread(target=work, args=(self._follow,), name="progress", daemon=True)

    def __enter__(self) -> Follower:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._is_over.set()
        self._thread.join(_PATIENCE)

    def _follow(self) -> None:
        while not self._is_over.wait(self._interval):
            self._pass_on()
        self._pass_on()

    def _pass_on(self) -> None:
        try:
            for line in self._lines.feed(self._read(self._lines.offset)):
                self._show(line)
        except Exception as exc:  # whatever it is, the task goes on without these lines
            self._complain(f"The progress cannot be read: {exc}")
