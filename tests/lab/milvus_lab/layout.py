# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab consists of on disk, and the facts that its parts share."""

from __future__ import annotations

import ipaddress
import json
import os
import typing as t
from dataclasses import dataclass
from pathlib import Path

EGRESS_SOCKET = "egress.sock"
PORT_NAMES = ("api", "etcd", "etcd_peer", "kubelet", "charts")


@dataclass(frozen=True)
class Layout:
    """The private folder of one lab, its ports and the programs that it runs.

    A real node has programs of its own, and a network: the address range that this machine routes to it.
    """

    folder: Path
    programs: Path
    ports: t.Mapping[str, int]
    strength: str = "sim"
    network: str = ""
    node_programs: Path | None = None

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def certificates(self) -> Path:
        return self.folder / "certificates"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def charts(self) -> Path:
        return self.folder / "charts"

    @property
    def egress_socket(self) -> Path:
        return self.folder / EGRESS_SOCKET

    @property
    def api_address(self) -> str:
        """Where the API server listens: this machine's first address in the lab's network, which its pods reach."""
        return str(ipaddress.ip_network(self.network)[1]) if self.network else "127.0.0.1"

    @property
    def api_url(self) -> str:
        return f"https://{self.api_address}:{self.ports['api']}"

    def write_state(self, **state: t.Any) -> None:
        """Replace the state file: ``phase`` (starting, ready, degraded, failed), ``detail``, pids by component."""
        unfinished = self.folder / "state.json.unfinished"
        unfinished.write_text(json.dumps(state))
        unfinished.rename(self.folder / "state.json")

    def read_state(self) -> dict[str, t.Any]:
        """The state file, or ``{"phase": "starting", …}`` before there is one."""
        try:
            state: dict[str, t.Any] = json.loads((self.folder / "state.json").read_text())
        except FileNotFoundError:
            return {"phase": "starting", "detail": "its supervisor", "components": {}}
        return state

    def save(self) -> None:
        """Write what :meth:`load` needs."""
        content = {
            "programs": str(self.programs),
            "ports": dict(self.ports),
            "strength": self.strength,
            "network": self.network,
            "node_programs": str(self.node_programs) if self.node_programs else None,
        }
        (self.folder / "layout.json").write_text(json.dumps(content))

    @classmethod
    def load(cls, folder: Path) -> Layout:
        """The layout of the lab in ``folder``."""
        content = json.loads((folder / "layout.json").read_text())
        own = content.get("node_programs")  # not in labs of earlier versions
        return cls(
            folder,
            Path(content["programs"]),
            content["ports"],
            content["strength"],
            network=content.get("network", ""),
            node_programs=Path(own) if own else None,
        )


def private_folder(path: Path) -> Path:
    """Create ``path`` readable by its owner alone."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(path, 0o700)
    return path
