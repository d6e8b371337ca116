# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network of a real node: a range of its own that this machine routes to it, over a pair of virtual links."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import subprocess
import typing as t
from pathlib import Path

from .errors import LabError
from .real_parts import find

LINK_IN_NODE = "eth0"
# Each lab takes one block: its first four addresses for the link, its second quarter for pods, its third for Services.
_BLOCKS = tuple(ipaddress.IPv4Network("10.251.0.0/16").subnets(new_prefix=20))


class Network:
    """The addresses within one lab's block."""

    def __init__(self, block: str) -> None:
        whole = ipaddress.IPv4Network(block)
        quarters = list(whole.subnets(prefixlen_diff=2))
        self.host, self.node = str(whole[1]), str(whole[2])
        self.pods, self.services = str(quarters[1]), str(quarters[2])
        self.api_service, self.dns_service = str(quarters[2][1]), str(quarters[2][10])


def choose(taken: t.Container[str]) -> str:
    """A block that is not in ``taken`` and to which this machine has no route."""
    for block in map(str, _BLOCKS):
        if block not in taken and not json.loads(_ip("-json", "route", "show", "root", block) or "[]"):
            return block
    raise LabError(f"every range of {_BLOCKS[0].supernet(new_prefix=16)} is in use; end a lab: tests/lab/lab down")


def link_name(folder: Path) -> str:
    """The link of the lab in ``folder`` on this machine."""
    return f"mlab{name_of(folder)}"


def name_of(folder: Path) -> str:
    """Eight hex digits that tell the lab in ``folder`` from all others on this machine."""
    return hashlib.sha256(str(folder).encode()).hexdigest()[:8]


def connect(folder: Path, network: Network, *, pid: int) -> None:
    """Lay the link into the network namespace of the process ``pid``, and route the lab's block there."""
    link = link_name(folder)
    remove(folder)
    _ip("link", "add", link, "type", "veth", "peer", "name", LINK_IN_NODE, "netns", str(pid))
    _ip("address", "add", f"{network.host}/30", "dev", link)
    _ip("link", "set", link, "up")
    for block in (network.pods, network.services):
        _ip("route", "add", block, "via", network.node, "dev", link)


def remove(folder: Path) -> None:
    """Remove the link with its routes, where it is."""
    link = link_name(folder)
    if Path("/sys/class/net", link).exists():
        subprocess.run([find("ip") or "ip", "link", "delete", link], capture_output=True, check=False)


def _ip(*words: str) -> str:
    result = subprocess.run([find("ip") or "ip", *words], capture_output=True, text=True, check=False)
    if result.returncode:
        raise LabError(f"ip {' '.join(words)}: {result.stderr.strip()}")
    return result.stdout
