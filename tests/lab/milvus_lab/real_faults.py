# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes of a real node, for tests that stop or kill them."""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

import psutil

from . import real_node
from .layout import Layout


def find_part(layout: Layout, name: str) -> psutil.Process | None:
    """The process of ``kubelet``, ``containerd``, ``kube-proxy`` or ``coredns``; none while it is started again."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.exe() == str(layout.node_programs and layout.node_programs / name) and _is_of(process, layout):
                return process
    return None


def first_process(layout: Layout) -> psutil.Process:
    """Process 1 of the node: all others end with it."""
    return psutil.Process(real_node.first_process(layout))


def pod_processes(pod: t.Mapping[str, t.Any]) -> list[psutil.Process]:
    """The processes in the containers of a pod, given as the API server gives it, and in its sandbox."""
    group = f"pod{pod['metadata']['uid']}/"
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if group in Path(f"/proc/{process.pid}/cgroup").read_text():
                found.append(process)
    return found


def _is_of(process: psutil.Process, layout: Layout) -> bool:
    return any(str(layout.folder) in word for word in process.cmdline())
