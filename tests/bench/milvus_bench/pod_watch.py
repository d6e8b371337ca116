# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""When pods become ready, more exactly than the whole seconds in their conditions: changes are stamped as they come."""

from __future__ import annotations

import subprocess
import threading
import time
import typing as t

from milvus_lab.client import Client

from .work import BenchError

PATIENCE = 30
"""Seconds that the watch may take to list the pods that there are."""

PAUSE = 0.05
"""Seconds from the end of a watch to the next one."""

LINE = '{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}'


class PodWatch:
    """Watches the pods of a namespace that has some; a context manager.

    The API server ends the watch of a client that falls behind while very many pods change. Then it is begun anew.
    """

    def __init__(self, lab: Client, namespace: str) -> None:
        words = ("get", "pods", "--namespace", namespace, "--watch", "--output", f"jsonpath={LINE}")
        self._command = [str(lab.program("kubectl")), *words]
        self._env = lab.env
        self._namespace = namespace
        self._ready: set[str] = set()
        self._unready: set[str] = set()
        self._first_unready: float | None = None
        self._last_ready: float | None = None
        self._has_begun = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="pod-watch", daemon=True)

    def __enter__(self) -> t.Self:
        self._process = self._start()
        self._thread.start()
        if not self._has_begun.wait(PATIENCE):
            self.__exit__()
            raise BenchError(f"watching the pods of {self._namespace} tells of none within {PATIENCE} s")
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        while self._thread.is_alive():  # it may be about to begin anew
            self._process.terminate()
            self._thread.join(PAUSE)

    @property
    def first_unready(self) -> float:
        """The moment when a pod was seen first that is not ready; raises ``BenchError`` if all were, all the time."""
        if self._first_unready is None:
            raise BenchError(f"every pod of {self._namespace} was ready while it was watched")
        return self._first_unready

    @property
    def last_ready(self) -> float:
        """The moment when a pod became ready last, in seconds since the epoch; raises ``BenchError`` if none did."""
        if self._last_ready is None:
            raise BenchError(f"no pod of {self._namespace} became ready while it was watched")
        return self._last_ready

    def note(self, line: str, *, moment: float, is_anew: bool = False) -> None:
        """Take a line of the watch: a pod's name and the status of its condition Ready, nothing without one.

        A watch that ``is_anew`` may tell of pods that became ready between it and the one before.
        """
        name, _blank, ready = line.strip().partition(" ")
        if ready != "True":
            self._ready.discard(name)
            self._unready.add(name)
            self._first_unready = self._first_unready or moment
            return
        if name in self._unready or (is_anew and name not in self._ready):
            self._last_ready = moment
        self._unready.discard(name)
        self._ready.add(name)

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(self._command, env=self._env, stdout=subprocess.PIPE, text=True)

    def _read(self) -> None:
        is_anew = False
        while True:
            for line in self._process.stdout or ():
                self.note(line, moment=time.time(), is_anew=is_anew)
                self._has_begun.set()
            self._process.wait()
            if self._is_over.wait(PAUSE):
                return
            self._process, is_anew = self._start(), True
