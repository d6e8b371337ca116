# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Free loopback ports for a lab, kept apart from those of its neighbours."""

from __future__ import annotations

import random
import socket
import typing as t

# Below the ranges from which Linux (32768) and macOS (49152) take the ports of outgoing connections, so that none
# of those can slip in between the choice of a port and its use.
RANGE = range(20000, 32000)


def choose(names: t.Sequence[str], *, taken: t.Container[int]) -> dict[str, int]:
    """A free port per name, none of them in ``taken``."""
    candidates = iter(random.sample(RANGE, len(RANGE)))
    return {name: next(port for port in candidates if port not in taken and _is_free(port)) for name in names}


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
