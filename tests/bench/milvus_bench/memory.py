# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The memory of modules at work: their own processes and what these start, such as helm."""

from __future__ import annotations

import contextlib
import threading
import typing as t

import psutil

INTERVAL = 0.02
"""Seconds between two looks."""

MODULE_FILE = "AnsiballZ_"
"""How the file begins as which Ansible runs a module."""

MEBIBYTE = 1024 * 1024


class PeakMemory:
    """Looks every ``INTERVAL`` at the modules that run below this process; a context manager."""

    def __init__(self) -> None:
        self.bytes = 0
        self._thread = threading.Thread(target=self._sample, name="peak-memory", daemon=True)
        self._is_over = threading.Event()

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    @property
    def mebibytes(self) -> float:
        """The largest sum that was seen."""
        return self.bytes / MEBIBYTE

    def _sample(self) -> None:
        this = psutil.Process()
        while not self._is_over.wait(INTERVAL):
            below = this.children(recursive=True)
            self.bytes = max(self.bytes, sum(map(_resident_below, filter(_is_module, below))))


def _is_module(process: psutil.Process) -> bool:
    """Whether it is the Python that runs a module, not the shell around it."""
    with contextlib.suppress(psutil.Error):
        command = process.cmdline()
        return len(command) > 1 and command[1].rpartition("/")[2].startswith(MODULE_FILE)
    return False


def _resident_below(process: psutil.Process) -> int:
    """The resident bytes of a process and of all that it has started."""
    total = 0
    with contextlib.suppress(psutil.Error):
        for each in (process, *process.children(recursive=True)):
            total += _resident(each)
    return total


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return process.memory_info().rss
    return 0
