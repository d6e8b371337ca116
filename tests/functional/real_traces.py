# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a machine has of a lab with a real node, which must all be gone after it."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import psutil

from milvus_lab import cgroups, real_network, real_node
from milvus_lab.layout import Layout

KERNEL_SETTINGS = ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward")


def read_settings() -> dict[str, str]:
    """What the kubelet and the CNI plugins would set on the machine."""
    return {name: Path("/proc/sys", name).read_text() for name in KERNEL_SETTINGS}


def find_traces(layout: Layout) -> list[str]:
    """Links, routes, mounts, control groups, namespaces and processes of a lab, each by its name."""
    link, block = real_network.link_name(layout.folder), layout.network
    routes = subprocess.run(["ip", "route", "show", "root", block], capture_output=True, text=True, check=True).stdout
    groups = [root / real_node.cgroup_name(layout.folder) for root in cgroups.hierarchies()]
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    return [
        *(name for _index, name in socket.if_nameindex() if name == link),
        *routes.splitlines(),
        *(line for line in mounts if layout.name in line),
        *(str(group) for group in groups if group.exists()),
        *(str(process) for process in psutil.process_iter() if _is_of(process, layout)),
        *([str(layout.folder)] if layout.folder.exists() else []),
    ]


def _is_of(process: psutil.Process, layout: Layout) -> bool:
    try:
        group = Path(f"/proc/{process.pid}/cgroup").read_text()
        words = [*process.cmdline(), *process.environ().values()]
    except (psutil.Error, OSError):
        return False
    return real_node.cgroup_name(layout.folder) in group or any(str(layout.folder) in word for word in words)
