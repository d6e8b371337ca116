# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a scale costs the searches that Milvus serves meanwhile. Pure. PRIVATE to this collection.

No order of steps avoids it: measured on Milvus 2.3.5 with data, every pod being ready all the while.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ._scale_plan import Move

# Worker type, and whether it grows → what searches meet. Other types cost them nothing.
_COSTS = {
    ("query_node", True): (
        "Searches may find too little for up to 10 s when Milvus moves data to the new query_node pods, "
        "unless queryCoord.autoBalance is off."
    ),
    ("query_node", False): (
        "Searches may find too little for up to 12 s each time a query_node pod hands over what it serves."
    ),
    ("proxy", False): (
        "Searches through any proxy may hang for up to 30 s each time a proxy pod has gone, until Milvus gives up its "
        "session."
    ),
}


def foretell_costs(moves: t.Iterable[Move]) -> tuple[str, ...]:
    """Return a sentence for each thing that searches may meet while Deployments go from their counts to others."""
    kinds = {(move.type, move.target > move.live.counts.desired): None for move in moves}
    return tuple(_COSTS[kind] for kind in kinds if kind in _COSTS)
