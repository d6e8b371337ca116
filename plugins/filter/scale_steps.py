# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A filter that divides a foretold scale into tasks."""

from __future__ import annotations

import typing as t

from ansible_collections.milvus.cluster.plugins.module_utils._topology import WORKER_TYPES

Json = dict[str, t.Any]

_TOGETHER = "together"
_REST = "what is left, and every pod"


class Move(t.NamedTuple):
    """A worker type with the different counts of its Deployments, from and to."""

    type: str
    before: tuple[int | None, ...]
    after: tuple[int | None, ...]

    @property
    def is_single(self) -> bool:
        """Whether one number says where it goes, and it is there: only then can it be a step of its own."""
        return None not in self.before and None not in self.after and len(self.after) == 1

    @property
    def is_mixed(self) -> bool:
        """Whether its resource groups differ now."""
        return len(self.before) > 1

    @property
    def grows(self) -> bool:
        """Whether pods are added everywhere."""
        return all(count < self.after[0] for count in self.before)  # type: ignore[operator]

    def __str__(self) -> str:
        """The type, from how many to how many."""
        return f"{self.type} {_show(self.before)} → {_show(self.after)}"


def _show(counts: t.Iterable[int | None]) -> str:
    return "/".join("none" if count is None else str(count) for count in counts)


def scale_steps(foretold: Json, *, strategy: str = "one_by_one", autoscaling: Json | None = None) -> list[Json]:
    """Return the tasks that bring about what milvus_scale has *foretold*: title, counts, former counts.

    There is none where it found nothing to do and nothing to wait for. The last one, whose counts are null, is for all
    that the task asks for. It alone sets autoscalers, and the counts of types that have one in *autoscaling*, for
    these cannot be told apart by counts.
    """
    if foretold["waited"] is not None:
        return []
    apart = {worker.key for worker in WORKER_TYPES for name in (autoscaling or ()) if name in worker[:3]}
    moves = _find_moves(foretold["counts"])
    steps = [move for move in moves if move.is_single and move.type not in apart]
    rest = [move for move in moves if move not in steps]
    title = ", ".join([*map(str, rest), *sorted(f"autoscaler of {each}" for each in apart), _REST])
    tasks = [_make_task(wave) for wave in _order(steps, strategy)]
    return [*tasks, {"title": title, "counts": None, "former": {}}]


def _find_moves(rows: list[Json]) -> list[Move]:
    moves = []
    for key in dict.fromkeys(row["type"] for row in rows):
        own = [row for row in rows if row["type"] == key]
        if any(row["before"] != row["after"] for row in own):
            before, after = (tuple(dict.fromkeys(row[side] for row in own)) for side in ("before", "after"))
            moves.append(Move(key, before, after))
    return moves


def _order(moves: list[Move], strategy: str) -> t.Iterator[list[Move]]:
    """Yield what one task does each: types that grow before those that shrink.

    Resource groups that differ come first, in one task: what a task does not name is kept as one number for all groups.
    """
    mixed = [move for move in moves if move.is_mixed]
    outs = [move for move in moves if move.grows and not move.is_mixed]
    ins = [move for move in moves if move not in mixed and move not in outs]
    singles = [[move] for move in (ins if strategy == _TOGETHER else [*outs, *ins])]
    yield from filter(None, [mixed, outs if strategy == _TOGETHER else [], *singles])


def _make_task(moves: list[Move]) -> Json:
    return {
        "title": ", ".join(map(str, moves)),
        "counts": {move.type: move.after[0] for move in moves},
        "former": {move.type: move.before[0] for move in moves if not move.is_mixed},
    }


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return them by name."""
        return {"scale_steps": scale_steps}
