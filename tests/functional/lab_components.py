# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A component of a lab, to end and start again, or to hold for a while."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from milvus_lab import processes
from milvus_lab.client import Client


class Component:
    """A component of a lab's control plane, such as "kube-apiserver"."""

    def __init__(self, lab: Client, name: str) -> None:
        self._lab = lab
        self._name = name
        self._pid = int(lab.layout.read_state()["components"][name])
        words = Path(f"/proc/{self._pid}/cmdline").read_bytes().split(b"\0")
        self._argv = [word.decode() for word in words if word]

    def end(self) -> None:
        """Kill it."""
        os.kill(self._pid, signal.SIGKILL)

    def start(self) -> None:
        """Start it as it was started."""
        folder = self._lab.layout.folder
        log = (self._lab.layout.logs / f"{self._name}.log").open("ab")
        environment = processes.marked_environment(folder)
        self._pid = subprocess.Popen(self._argv, cwd=folder, env=environment, stdout=log, stderr=log).pid

    def hold(self) -> None:
        """Let it take connections and not answer."""
        os.kill(self._pid, signal.SIGSTOP)

    def release(self) -> None:
        """Let it go on."""
        os.kill(self._pid, signal.SIGCONT)
