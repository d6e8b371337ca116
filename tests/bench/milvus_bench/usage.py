# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What modules at work use: the memory and CPU time of their own processes and of what these start, such as helm."""

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


class Usage:
    """Looks every ``INTERVAL`` at the modules that run below this process; a context manager."""

    def __init__(self) -> None:
        self._largest = 0
        self._seconds: dict[psutil.Process, float] = {}
        self._thread = threading.Thread(target=self._sample, name="usage", daemon=True)
        self._is_over = threading.Event()

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    @property
    def peak_mebibytes(self) -> float:
        """The largest sum of resident memory that was seen."""
        return self._largest / MEBIBYTE

    @property
    def cpu_seconds(self) -> float:
        """The CPU time that each process had used when it was seen last, in one sum."""
        return sum(self._seconds.values())

    def _sample(self) -> None:
        this = psutil.Process()
        while not self._is_over.wait(INTERVAL):
            modules = filter(_is_module, this.children(recursive=True))
            processes = {each for module in modules for each in _list_family(module)}
            self._largest = max(self._largest, sum(map(self._read, processes)))

    def _read(self, process: psutil.Process) -> int:
        """Note the CPU time of a process, and return its resident bytes."""
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            self._seconds[process] = times.user + times.system
            return process.memory_info().rss
        return 0


def _is_module(process: psutil.Process) -> bool:
    """Whether it is the Python that runs a module, not the shell around it."""
    with contextlib.suppress(psutil.Error):
        command = process.cmdline()
        return len(command) > 1 and command[1].rpartition("/")[2].startswith(MODULE_FILE)
    return False


def _list_family(process: psutil.Process) -> list[psutil.Process]:
    """The process and all that it has started and that still runs."""
    with contextlib.suppress(psutil.Error):
        return [process, *process.children(recursive=True)]
    return []
