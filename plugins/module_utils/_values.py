# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Values of a chart: merged as Helm merges them, compared by what they mean. Pure. PRIVATE to this collection.

Values are JSON objects, their keys text. A path is the keys from the top to a node; lists have no paths inside.
"""

from __future__ import annotations

import copy
import json
import math
import re
import typing as t

Json = dict[str, t.Any]
Path = tuple[str, ...]

MISSING: t.Final = object()  # what find() returns where there is nothing; null is something
_PLAIN_KEY = re.compile(r"[\w/-]+")


def merge(base: Json, over: Json) -> Json:
    """Return *base* with *over* on top: maps merge, all else is replaced whole. Shares nothing with either.

    A null stays: in what Helm is given, it takes the chart's default away.
    """
    # A map of one side alone is merged with itself, which copies it.
    return {
        key: merge(base.get(key, value), value)
        if isinstance(value, dict) and isinstance(base.get(key, value), dict)
        else copy.deepcopy(value)
        for key, value in {**base, **over}.items()
    }


def equal(one: t.Any, other: t.Any) -> bool:
    """Whether two nodes mean the same: numbers by value (1 is 1.0), never across types (not "1", not true)."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        one, other = _as_helm_keeps(one), _as_helm_keeps(other)
    return bool(one == other or (_is_nan(one) and _is_nan(other)))


def _is_nan(node: t.Any) -> bool:
    return isinstance(node, float) and math.isnan(node)


def _as_helm_keeps(number: float) -> float:
    """Return a number as both helms store it and hand it to templates: 2**53 + 1 becomes 2**53."""
    try:
        return float(number)
    except OverflowError:  # helm refuses such a number
        return number


class ValueChange(t.NamedTuple):
    """A leaf that is "added", "changed" or "removed". *before* and *after* are None where it is not."""

    path: Path
    kind: str
    before: t.Any
    after: t.Any


def compare(before: Json, after: Json) -> tuple[ValueChange, ...]:
    """Return the leaves that differ, by path. *before* without the removed and with the others put is *after*."""
    old, new = dict(leaves(before)), dict(leaves(after))
    changes = (_compare_leaf(path, old.get(path, MISSING), after=new.get(path, MISSING)) for path in {*old, *new})
    return tuple(sorted(filter(None, changes), key=lambda change: change.path))


def _compare_leaf(path: Path, before: t.Any, *, after: t.Any) -> ValueChange | None:
    if before is MISSING:
        return ValueChange(path, "added", None, after)
    if after is MISSING:
        return ValueChange(path, "removed", before, None)
    return None if equal(before, after) else ValueChange(path, "changed", before, after)


def leaves(values: Json, path: Path = ()) -> t.Iterator[tuple[Path, t.Any]]:
    """Yield path and value of each leaf: whatever is no map, and maps that are empty."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def find(values: Json, *path: str) -> t.Any:
    """Return the node at *path*, MISSING where there is none."""
    node: t.Any = values
    for key in path:
        if not isinstance(node, dict) or key not in node:
            return MISSING
        node = node[key]
    return node


def put(values: Json, path: Path, *, value: t.Any) -> Json:
    """Return a copy with *value* at *path*; what is no map on the way there gives way to one."""
    new = node = copy.deepcopy(values)
    for key in path[:-1]:
        if not isinstance(node.get(key), dict):
            node[key] = {}
        node = node[key]
    node[path[-1]] = copy.deepcopy(value)
    return new


def drop(values: Json, path: Path) -> Json:
    """Return a copy without the node at *path*, nor the maps that it leaves empty."""
    new = copy.deepcopy(values)
    if find(new, *path) is not MISSING:
        del find(new, *path[:-1])[path[-1]]
        if len(path) > 1 and not find(new, *path[:-1]):
            return drop(new, path[:-1])
    return new


def missing_paths(release: Json, task: Json) -> tuple[Path, ...]:
    """Return the leaves of *release* that merging with *task* leaves as they are, since it does not name them."""
    return tuple(sorted(path for path, _value in leaves(release) if not _is_named(task, path)))


def _is_named(task: Json, path: Path) -> bool:
    node: t.Any = task
    for key in path:
        if not isinstance(node, dict):
            return True  # replaces all that is below
        if key not in node:
            return False
        node = node[key]
    return True


def format_path(path: Path) -> str:
    """Return a path as people write it, with quotes around keys that need them: a."b.c".d."""
    return ".".join(key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False) for key in path)
