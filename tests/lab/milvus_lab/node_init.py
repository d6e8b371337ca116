# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first process of a real node: it makes the node's own view of files and network, then waits for the others' ends.

All that it sets up is in namespaces of its own, and ends with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from .layout import Layout
from .real_network import LINK_IN_NODE, Network
from .real_parts import HIDDEN, find

NODE = "node-1"
READY = "node-is-laid-out"
# What the kubelet would set on the whole machine; it finds these files there instead, and leaves them so.
_KERNEL_SETTINGS = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1000000,
    "kernel/keys/root_maxbytes": 25000000,
}
_KEPT = ("kubelet", "containerd")  # of /var/lib, on disk


def main() -> None:
    """``python -m milvus_lab.node_init FOLDER``, as process 1 of new namespaces."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))
    layout = Layout.load(Path(sys.argv[1]))
    folder = layout.folder / "node"
    _lay_out_files(folder, layout)
    _lay_out_network(Network(layout.network))
    (folder / READY).touch()
    while True:
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(0.2)


def _lay_out_files(folder: Path, layout: Layout) -> None:
    _run("mount", "--make-rshared", "/")
    for hidden in HIDDEN:
        _run("mount", "-t", "tmpfs", "tmpfs", hidden)
    for name in _KEPT:
        _bind(folder / name, Path("/var/lib", name))
    _bind(layout.logs / "pods", Path("/var/log/pods"))
    resolver = Path("/etc/resolv.conf").resolve()
    resolver.parent.mkdir(parents=True, exist_ok=True)
    resolver.touch()
    _run("mount", "--bind", str(folder / "resolv.conf"), str(resolver))
    for name, value in _KERNEL_SETTINGS.items():
        file = folder / name.replace("/", ".")
        file.write_text(f"{value}\n")
        target = Path("/proc/sys", name)
        if target.exists():
            _run("mount", "--bind", str(file), str(target))


def _bind(source: Path, target: Path) -> None:
    for path in (source, target):
        path.mkdir(parents=True, exist_ok=True)
    _run("mount", "--bind", str(source), str(target))


def _lay_out_network(network: Network) -> None:
    while not Path("/proc/self/net/dev").read_text().count(f"{LINK_IN_NODE}:"):
        time.sleep(0.01)
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "address", "add", f"{network.node}/30", "dev", LINK_IN_NODE)
    _run("ip", "link", "set", LINK_IN_NODE, "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _run(program: str, *words: str) -> None:
    subprocess.run([find(program) or program, *words], check=True)


if __name__ == "__main__":
    main()
