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

LINE = '{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}'


class PodWatch:
    """Watches the pods of a namespace that has some; a context manager."""

    def __init__(self, lab: Client, namespace: str) -> None:
        words = ("get", "pods", "--namespace", namespace, "--watch", "--output", f"jsonpath={LINE}")
        self._command = [str(lab.program("kubectl")), *words]
        self._env = lab.env
        self._namespace = namespace
        self._unready: set[str] = set()
        self._last_ready: float | None = None
        self._has_begun = threading.Event()

    def __enter__(self) -> t.Self:
        self._process = subprocess.Popen(self._command, env=self._env, stdout=subprocess.PIPE, text=True)
        self._thread = threading.Thread(target=self._read, name="pod-watch", daemon=True)
        self._thread.start()
        if not self._has_begun.wait(PATIENCE):
            self.__exit__()
            raise BenchError(f"watching the pods of {self._namespace} tells of none within {PATIENCE} s")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._thread.join()

    @property
    def last_ready(self) -> float:
        """The moment when a pod became ready last, in seconds since the epoch; raises ``BenchError`` if none did."""
        if self._last_ready is None:
            raise BenchError(f"no pod of {self._namespace} became ready while it was watched")
        return self._last_ready

    def note(self, line: str, *, moment: float) -> None:
        """Take a line of the watch: a pod's name and the status of its condition Ready, nothing without one."""
        name, _blank, ready = line.strip().partition(" ")
        if ready != "True":
            self._unready.add(name)
        elif name in self._unready:
            self._unready.remove(name)
            self._last_ready = moment

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.note(line, moment=time.time())
            self._has_begun.set()
