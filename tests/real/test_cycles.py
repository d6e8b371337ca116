# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A lab with a real Milvus comes and goes, and leaves nothing behind."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from pathlib import Path

import pytest

import real_lab
import real_traces
from milvus_cluster import MilvusCluster
from milvus_lab import labs, paths, toolchain
from milvus_lab.client import Client

pytestmark = [pytest.mark.real, pytest.mark.soak]

CYCLES = 20


def count_on_machine() -> dict[str, int]:
    """What there is on this machine of each kind that a lab makes."""
    namespaces = {target for process in Path("/proc").glob("[0-9]*") for target in find_targets(process / "ns")}
    return {
        "mounts": len(Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()),
        "links": len(os.listdir("/sys/class/net")),
        "namespaces": len(namespaces),
        "folders of labs": len(list(paths.labs_root().iterdir())),
    }


def find_targets(folder: Path) -> list[str]:
    """The namespaces of a process, none if it has ended, or is one of this machine that nobody may look into."""
    try:
        return [os.readlink(link) for link in folder.iterdir()]
    except OSError:
        return []


def test_cycles_leave_nothing(tmp_path: Path) -> None:
    archives = real_lab.find_archives()
    before, settings = count_on_machine(), real_traces.read_settings()
    disk = []
    for number in range(CYCLES):
        name, clock = f"cycle-{os.getpid()}", [time.monotonic()]
        layout = labs.up(name, strength="real", archives=archives, say=toolchain.say_plainly)
        clock.append(time.monotonic())
        cluster = MilvusCluster(Client(layout), tmp_path)
        cluster.install()
        clock.append(time.monotonic())
        cluster.scale(query_node=2, proxy=2)
        clock.append(time.monotonic())
        labs.down(name)
        clock.append(time.monotonic())
        assert real_traces.find_traces(layout) == []
        disk.append(shutil.disk_usage(paths.labs_root()).used)
        steps = [f"{end - begin:.0f}" for begin, end in itertools.pairwise(clock)]
        print(f"cycle {number + 1}: up, install, scale, down in {', '.join(steps)} s", flush=True)
    assert count_on_machine() == before
    assert real_traces.read_settings() == settings
    print(f"disk: {(disk[-1] - disk[1]) / 2**20:.0f} MiB more after the last cycle than after the second")
