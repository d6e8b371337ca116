# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether the nodes have room for the pods that a change adds. Pure. PRIVATE to this collection.

A rough picture of the scheduler: it knows requests, places for pods, node selectors and taints; no affinity, no
spreading, no volumes bound to a zone.
"""

from __future__ import annotations

import dataclasses
import typing as t
from fractions import Fraction

from ._pod_size import COMPUTE, Amounts, measure
from ._preflight_check import FAILED, PASSED, WARNED, Check
from ._quantity import read_quantity, show_quantity
from ._topology import dig

if t.TYPE_CHECKING:
    from ._preflight_demand import PodSet

Json = dict[str, t.Any]

NAME = "capacity"

_PODS = "pods"
_KEEPS_OUT = ("NoSchedule", "NoExecute")
_ROUGHLY = "affinity, spreading and zones are not regarded"
_REMEDY = "Add nodes, or ask for less in release_values; where nodes come by themselves, nothing is to be done."


@dataclasses.dataclass(frozen=True)
class Node:
    """A node that takes pods. *free* goes down as pods are put on it: COMPUTE and "pods"."""

    labels: t.Mapping[str, str]
    taints: tuple[Json, ...]
    free: dict[str, Fraction]

    def take(self, amounts: Amounts) -> None:
        """Let a pod have its part."""
        for resource, amount in amounts.items():
            self.free[resource] = self.free.get(resource, Fraction(0)) - amount

    def suits(self, spec: Json) -> bool:
        """Whether selector and taints let a pod be here."""
        selector, tolerations = spec.get("nodeSelector") or {}, spec.get("tolerations") or ()
        return selector.items() <= self.labels.items() and all(
            any(_tolerates(one, taint) for one in tolerations) for taint in self.taints
        )


class _Piece(t.NamedTuple):
    """What has to be put on one node."""

    key: str
    amounts: Amounts
    spec: Json


def read_nodes(items: t.Iterable[Json]) -> dict[str, Node]:
    """Return the nodes that are ready and take pods, with all their room, by name."""
    return {item["metadata"]["name"]: _read_node(item) for item in items if _takes_pods(item)}


def _takes_pods(item: Json) -> bool:
    conditions = dig(item, "status").get("conditions") or ()
    is_ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return is_ready and not dig(item, "spec").get("unschedulable")


def _read_node(item: Json) -> Node:
    room = dig(item, "status", "allocatable")
    taints = (taint for taint in dig(item, "spec").get("taints") or () if taint.get("effect") in _KEEPS_OUT)
    free = {resource: read_quantity(room.get(resource, 0)) for resource in (*COMPUTE, _PODS)}
    return Node(dig(item, "metadata", "labels"), tuple(taints), free)


def fill(nodes: t.Mapping[str, Node], pods: t.Iterable[Json]) -> None:
    """Put the pods that there are on their nodes."""
    for pod in pods:
        node = nodes.get(dig(pod, "spec").get("nodeName") or "")
        if node is not None:
            node.take({**measure(pod["spec"]).requests, _PODS: Fraction(1)})


def judge_room(pod_sets: t.Sequence[PodSet], nodes: t.Mapping[str, Node], *, is_required: bool) -> Check:
    """Put what is added on the nodes, the largest first, and tell what finds no room."""
    pieces = sorted(_cut(pod_sets), key=lambda piece: _weigh(piece.amounts, nodes), reverse=True)
    if not pieces:
        return Check(NAME, PASSED, "nothing is added that needs room")
    left: dict[str, list[Amounts]] = {}
    for piece in pieces:
        suitable = [node for node in nodes.values() if node.suits(piece.spec)]
        fitting = (node for node in suitable if all(node.free[key] >= amount for key, amount in piece.amounts.items()))
        node = next(fitting, None)
        if node is None:
            left.setdefault(piece.key, []).append(piece.amounts)
        else:
            node.take(piece.amounts)
    if not left:
        return Check(NAME, PASSED, f"room for {_sum(pieces)} on {_count(len(nodes), 'node')} ({_ROUGHLY})")
    evidence = "; ".join(f"no room for {_describe(key, amounts)}" for key, amounts in left.items())
    return Check(NAME, FAILED if is_required else WARNED, f"{evidence}; {_describe_room(nodes)} ({_ROUGHLY})", _REMEDY)


def _cut(pod_sets: t.Iterable[PodSet]) -> t.Iterator[_Piece]:
    """Yield the pods that are added, and what the others will ask for beyond what they do."""
    for one in pod_sets:
        for _pod in range(one.added):
            yield _Piece(one.key, {**one.new.requests, _PODS: Fraction(1)}, one.spec)
        for _pod in range(one.kept if one.growth else 0):
            yield _Piece(one.key, one.growth, one.spec)


def _weigh(amounts: Amounts, nodes: t.Mapping[str, Node]) -> Fraction:
    """Return how much of all there is a piece wants, of the resource that it wants most of."""
    total = {key: sum((node.free[key] for node in nodes.values()), Fraction(0)) for key in COMPUTE}
    return max((amounts.get(key, Fraction(0)) / total[key] for key in COMPUTE if total[key] > 0), default=Fraction(0))


def _sum(pieces: t.Sequence[_Piece]) -> str:
    pods = sum(_PODS in piece.amounts for piece in pieces)
    total = {key: sum((one.amounts.get(key, Fraction(0)) for one in pieces), Fraction(0)) for key in COMPUTE}
    return f"{_count(pods, 'more pod')}, {_show(total)},"


def _describe(key: str, amounts: t.Sequence[Amounts]) -> str:
    pods = [one for one in amounts if _PODS in one]
    if pods:
        return f"{_count(len(pods), 'pod')} of {key} ({_show(pods[0])} each)"
    return f"the growth of {_count(len(amounts), 'pod')} of {key} (by {_show(amounts[0])} each)"


def _describe_room(nodes: t.Mapping[str, Node]) -> str:
    """Tell how much is free where most is."""
    if not nodes:
        return "no node is ready and takes pods"
    most = {key: max(Fraction(0), *(node.free[key] for node in nodes.values())) for key in (*COMPUTE, _PODS)}
    places = _count(int(most[_PODS]), "pod")
    return f"of {_count(len(nodes), 'node')} none has more left than {_show(most)} and places for {places}"


def _show(amounts: Amounts) -> str:
    return ", ".join(f"{key} {show_quantity(key, amounts[key])}" for key in COMPUTE if key in amounts)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _tolerates(toleration: Json, taint: Json) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint.get("key"):
        return False
    return toleration.get("operator") == "Exists" or (toleration.get("value") or "") == (taint.get("value") or "")
