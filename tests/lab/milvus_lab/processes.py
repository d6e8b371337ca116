# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding and ending the processes of one lab, by a mark in their environment.

The process table is the only record: a lab killed at any moment leaves nothing that could be out of date.
"""

from __future__ import annotations

import contextlib
import os
import typing as t
from pathlib import Path

import psutil

MARK = "MILVUS_LAB_FOLDER"
PATIENCE = 3  # seconds: a lab that ends has no data to save, and kube-apiserver without etcd would take a minute


def marked_environment(folder: Path) -> dict[str, str]:
    """The environment for every process of the lab in ``folder``."""
    return {**os.environ, MARK: str(folder)}


def lab_processes(folder: Path) -> list[psutil.Process]:
    """The living processes of the lab in ``folder``, this one left out."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(folder):
                found.append(process)
    return found


def end(processes: t.Sequence[psutil.Process]) -> None:
    """Ask the processes to stop, wait a little, kill those that still live."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    alive = psutil.wait_procs(processes, timeout=PATIENCE)[1]
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)


def end_lab(folder: Path) -> None:
    """End every process of the lab in ``folder``."""
    while processes := lab_processes(folder):
        end(processes)
