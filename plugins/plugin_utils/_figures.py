# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The figures of a report: what is drawn where. Pure. PRIVATE to this collection.

Lengths across are in percent of the figure, so that it fits every width, those down are in pixels.
"""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.milvus.cluster.plugins.module_utils._topology import COMPONENT_TYPES, DEPENDENCY_ROLES, WORKER

if t.TYPE_CHECKING:
    from ansible_collections.milvus.cluster.plugins.plugin_utils._story import Part, Spot, Step, Story, Worker

Json = dict[str, t.Any]

_BOX, _BETWEEN = 60, 28  # pixels: height of a box, and what is between two tiers
_WIDEST, _GAP = 31.0, 2.5  # percent: of a box, and between two of them
_MOST_NODES = 40  # more of them are no figure any more: then there is a row for each zone
NO_NODE = "on no node yet"
_FOR_CLIENTS = "milvus"  # the name of the port; the other one is for metrics

# In this order kinds follow each other in a row of nodes.
_KINDS = {one.key if one.role == WORKER else one.role: one.title for one in COMPONENT_TYPES}
_KINDS = {**_KINDS, "coordinator": "coordinators", "tool": "tools"}
_KINDS = {**_KINDS, **{role: role.replace("_", " ") for role, _product in DEPENDENCY_ROLES.values()}}


def draw_topology(story: Story) -> Json:
    """Return boxes and lines: the clients, and below them the tiers of the cluster."""
    port = next((one["port"] for one in story.ports if one["port_name"] == _FOR_CLIENTS), None)
    words = f"port {port}" if port else ""
    clients = {"kind": "clients", "title": "clients", "addition": "", "words": words, "is_well": True}
    tiers = [[clients], *([_show_part(part) for part in tier] for tier in story.tiers)]
    rows = [list(_spread(tier, y=number * (_BOX + _BETWEEN))) for number, tier in enumerate(tiers)]
    return {
        "boxes": [box for row in rows for box in row],
        "lines": [line for upper, lower in zip(rows, rows[1:]) for line in _join(upper, lower)],
        "tiers": tiers,
        "height": len(tiers) * (_BOX + _BETWEEN) - _BETWEEN,
    }


def _show_part(part: Part) -> Json:
    return {**part._asdict(), "words": part.words, "is_well": part.is_well}


def _spread(tier: list[Json], *, y: int) -> t.Iterator[Json]:
    """Place the boxes of a tier side by side in the middle."""
    width = min(_WIDEST, (100 - _GAP * (len(tier) - 1)) / len(tier))
    left = (100 - width * len(tier) - _GAP * (len(tier) - 1)) / 2
    for number, box in enumerate(tier):
        x = left + number * (width + _GAP)
        across = {"x": round(x, 2), "width": round(width, 2), "middle": round(x + width / 2, 2)}
        yield {**box, **across, "y": y, "height": _BOX}


def _join(upper: list[Json], lower: list[Json]) -> t.Iterator[Json]:
    """Yield the lines from a tier to the next: down to a rail, along it, and down."""
    bottom = lower[0]["y"]
    rail = bottom - _BETWEEN // 2
    yield from ({"x1": box["middle"], "y1": bottom - _BETWEEN, "x2": box["middle"], "y2": rail} for box in upper)
    yield from ({"x1": box["middle"], "y1": rail, "x2": box["middle"], "y2": bottom} for box in lower)
    middles = [box["middle"] for box in (*upper, *lower)]
    if min(middles) < max(middles):
        yield {"x1": min(middles), "y1": rail, "x2": max(middles), "y2": rail}


def draw_workers(workers: t.Sequence[Worker]) -> list[Json]:
    """Return a row for each worker type, with two bars."""
    most = max((count for one in workers for count in (one.before or 0, one.after)), default=0) or 1
    return [
        {
            **one._asdict(),
            "is_moved": one.is_moved,
            "words": str(one.after) if one.before is None else f"{one.before} → {one.after}",
            "before_width": round(100 * (one.before or 0) / most, 2),
            "after_width": round(100 * one.after / most, 2),
        }
        for one in workers
    ]


def draw_placement(spots: t.Sequence[Spot]) -> Json:
    """Return the zones with a row for each node in them, or with one for all where there are too many nodes."""
    nodes = {spot.node for spot in spots} - {""}
    kinds = [kind for kind in _KINDS if any(spot.kind == kind for spot in spots)]
    is_folded = len(nodes) > _MOST_NODES
    groups: dict[str, dict[str, list[Spot]]] = collections.defaultdict(lambda: collections.defaultdict(list))
    for spot in sorted(spots, key=lambda spot: (not spot.node, spot.zone or "", spot.node)):
        zone = NO_NODE if not spot.node else _name_zone(spot.zone)
        groups[zone]["all nodes" if is_folded and spot.node else spot.node].append(spot)
    rows = {
        zone: {name: sum(spot.pods for spot in own) for name, own in inner.items()} for zone, inner in groups.items()
    }
    most = max((pods for inner in rows.values() for pods in inner.values()), default=1)
    zones = [
        {
            "name": zone,
            "pods": sum(rows[zone].values()),
            "nodes": len({spot.node for own in inner.values() for spot in own} - {""}),
            "rows": [_draw_node(name, own, kinds=kinds, most=most) for name, own in inner.items()],
        }
        for zone, inner in groups.items()
    ]
    return {
        "zones": zones,
        "legend": [{"kind": kind, "title": _KINDS[kind]} for kind in kinds],
        "nodes": len(nodes),
        "pods": sum(spot.pods for spot in spots),
        "ready": sum(spot.ready for spot in spots),
        "is_folded": is_folded,
    }


def _name_zone(zone: str | None) -> str:
    return zone or ("zone not known" if zone is None else "nodes without a zone")


def _draw_node(name: str, spots: list[Spot], *, kinds: list[str], most: int) -> Json:
    """Return a row with a segment for each of the kinds that has pods there; *numbers* has those of all kinds."""
    segments: list[Json] = []
    numbers, x = [], 0.0
    for kind in kinds:
        own = [spot for spot in spots if spot.kind == kind]
        pods, ready = sum(spot.pods for spot in own), sum(spot.ready for spot in own)
        numbers.append(pods)
        if pods:
            width, lag = 100 * pods / most, 100 * (pods - ready) / most
            shape = {"x": round(x, 2), "width": round(width, 2), "middle": round(x + width / 2, 2)}
            unready = {"unready_x": round(x + width - lag, 2), "unready_width": round(lag, 2)}
            segments.append({"kind": kind, "title": _KINDS[kind], "pods": pods, "ready": ready, **shape, **unready})
            x += width
    totals = {"pods": sum(numbers), "ready": sum(spot.ready for spot in spots)}
    return {"name": name, **totals, "numbers": numbers, "segments": segments}


def draw_timeline(steps: t.Sequence[Step]) -> list[Json]:
    """Return a row for each step, with a bar for it and one for the part of it in which it waited."""
    if not steps:
        return []
    first = min(step.started for step in steps)
    whole = (max(step.ended for step in steps) - first).total_seconds() or 1.0
    rows = []
    for step in steps:
        x, width = (100 * part / whole for part in ((step.started - first).total_seconds(), step.seconds))
        waited = min(step.waited, step.seconds)
        wait = 100 * waited / whole
        rows.append(
            {
                "title": step.title,
                "outcome": step.outcome,
                "started": f"{step.started:%H:%M:%S}",
                "ended": f"{step.ended:%H:%M:%S}",
                "took": show_seconds(step.seconds),
                "waited": show_seconds(waited) if waited else "",
                "x": round(x, 2),
                "width": round(max(width, 0.4), 2),
                "wait_x": round(x + width - wait, 2),
                "wait_width": round(wait, 2),
            }
        )
    return rows


def show_seconds(seconds: float) -> str:
    """Return a duration as people write it."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
