# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The strengths that a lab can have: what differs between them, in one table."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from . import real_network, real_node
from .layout import Layout
from .nodes import Nodes
from .real_node import RealNode
from .simulator import SimulatedNodes
from .toolchain import Say


@dataclass(frozen=True)
class Strength:
    """Kind of nodes: how they are made, the programs they need beside the control plane's, and their address range."""

    nodes: t.Callable[[Layout], Nodes]
    ensure_programs: t.Callable[[Say], Path | None]
    choose_network: t.Callable[[t.Container[str]], str]


STRENGTHS = {
    "sim": Strength(SimulatedNodes, lambda _say: None, lambda _taken: ""),
    "real": Strength(RealNode, real_node.ensure_parts, real_network.choose),
}
