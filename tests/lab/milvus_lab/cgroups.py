# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control groups of a real node's pods: one folder per hierarchy of the machine, of version 1 and 2 alike."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

_WANTED = ("cpu", "memory", "pids")
_PATIENCE = 5  # seconds: a group is busy until the kernel has done away with its last process


def hierarchies(mounts: str | None = None) -> list[Path]:
    """Where the machine's hierarchies are mounted, out of the text of ``/proc/self/mounts``."""
    table = Path("/proc/self/mounts")
    text = mounts if mounts is not None else table.read_text() if table.exists() else ""
    fields = (line.split(" ") for line in text.splitlines())
    return [Path(point) for _device, point, kind, *_rest in fields if kind in ("cgroup", "cgroup2")]


def lack() -> str:
    """What keeps pods from having control groups, or nothing."""
    found = set()
    for root in hierarchies():
        if not os.access(root, os.W_OK) or os.statvfs(root).f_flag & os.ST_RDONLY:
            return f"a real node needs control groups that it may write, and {root} is read-only"
        offered = root / "cgroup.subtree_control"
        found |= set(offered.read_text().split() if offered.exists() else root.name.split(","))
    missing = [name for name in _WANTED if name not in found]
    return f"a real node needs control groups for {', '.join(missing)}, and this machine has none" if missing else ""


def create(name: str) -> None:
    """Create the group ``name`` in every hierarchy."""
    for root in hierarchies():
        group = root / name
        group.mkdir(exist_ok=True)
        # A cpuset of version 1 begins empty, and no process can enter it.
        for field in ("cpuset.cpus", "cpuset.mems"):
            if (group / field).exists() and not (group / field).read_text().strip():
                with contextlib.suppress(OSError):  # version 2 inherits what is empty
                    (group / field).write_text((root / field).read_text())


def remove(name: str) -> None:
    """Remove the group ``name`` with all below it from every hierarchy, where it is."""
    deadline = time.monotonic() + _PATIENCE
    for root in hierarchies():
        for folder, _folders, _files in os.walk(root / name, topdown=False):
            while True:
                try:
                    os.rmdir(folder)
                except FileNotFoundError:
                    pass
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)
                    continue
                break
