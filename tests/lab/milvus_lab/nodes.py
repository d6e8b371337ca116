# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the supervisor asks of the nodes of a lab, whatever their strength."""

from __future__ import annotations

import typing as t

from .api import Api, Object
from .control_plane import Component, Identities, Terms


class Nodes(t.Protocol):
    """The nodes of one lab; the supervisor calls each method once in this order, but ``lack`` until it is empty."""

    title: str
    count: int
    terms: Terms

    def prepare(self, start: t.Callable[[Component], int], /) -> None:
        """Do what must be done before etcd starts; ``start`` starts a process and gives its process id."""

    def objects(self) -> list[Object]:
        """What the API server must hold before the nodes start."""

    def components(self, identities: Identities) -> t.Iterable[Component]:
        """The processes to start once there is a control plane."""

    def lack(self) -> str:
        """What keeps ready nodes from being used, or nothing."""

    def serve(self, api: Api) -> None:
        """Begin the work beside the processes, in threads, and return."""
