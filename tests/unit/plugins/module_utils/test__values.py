# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.milvus.cluster.plugins.module_utils import _values
from ansible_collections.milvus.cluster.plugins.module_utils._values import MISSING, ValueChange

settings.register_profile("untimed", deadline=None)  # test machines are noisy
settings.load_profile("untimed")

KEYS = st.sampled_from(["a", "b", "c", "a.b", ""])  # few, so that maps meet
SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.integers() | st.floats() | st.text(max_size=3)
NODES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=10
)
VALUES = st.dictionaries(KEYS, NODES, max_size=4)
PATHS = st.lists(KEYS, min_size=1, max_size=4).map(tuple)


def apply(values: _values.Json, changes: t.Iterable[ValueChange]) -> _values.Json:
    """Carry out what compare() has found."""
    for change in sorted(changes, key=lambda change: change.kind != "removed"):
        if change.kind == "removed":
            values = _values.drop(values, change.path)
        else:
            values = _values.put(values, change.path, value=change.after)
    return values


def frozen(node: t.Any) -> str:
    """A text that tells nodes apart to the last detail, such as 1 from 1.0."""
    return json.dumps(node, sort_keys=True)


@pytest.mark.parametrize(
    ("base", "over", "expected"),
    [
        ({}, {}, {}),
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": [1, 2, {"x": 1}]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"b": None}}, {"a": {"b": None}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": {"b": {}}}, {"a": {"b": {}}}),
        ({"a": {"b": 1}}, {"a": 5}, {"a": 5}),
        ({"a": 5}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)
def test_merge(base: _values.Json, over: _values.Json, expected: _values.Json) -> None:
    assert _values.merge(base, over) == expected


@given(VALUES, VALUES)
def test_merged_is_all_of_over_and_what_it_leaves_of_base(base: _values.Json, over: _values.Json) -> None:
    merged, kept = _values.merge(base, over), _values.missing_paths(base, over)
    expected = {path: leaf for path, leaf in _values.leaves(over) if leaf != {}}
    expected.update((path, _values.find(base, *path)) for path in kept)
    for path, leaf in expected.items():
        assert frozen(_values.find(merged, *path)) == frozen(leaf)
    assert {path for path, leaf in _values.leaves(merged) if leaf != {}} <= expected.keys()


@given(VALUES, VALUES)
def test_merging_again_changes_nothing(base: _values.Json, over: _values.Json) -> None:
    merged = _values.merge(base, over)
    assert frozen(_values.merge(merged, over)) == frozen(merged)
    assert frozen(_values.merge(base, base)) == frozen(_values.merge({}, base)) == frozen(base)


@given(VALUES, VALUES, PATHS, NODES)
def test_inputs_are_neither_changed_nor_shared(
    base: _values.Json, over: _values.Json, path: _values.Path, node: t.Any
) -> None:
    before = frozen(base), frozen(over), frozen(node)
    for result in (
        _values.merge(base, over),
        _values.put(base, path, value=node),
        _values.put(base, path, value=over),
        _values.drop(base, path),
    ):
        _spoil(result)
    _values.compare(base, over)
    assert (frozen(base), frozen(over), frozen(node)) == before


def _spoil(node: t.Any) -> None:
    """Change every map and list in place."""
    if isinstance(node, (dict, list)):
        for inner in list(node.values() if isinstance(node, dict) else node):
            _spoil(inner)
        node.clear()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1.0, True),
        (0.0, -0.0, True),
        ("1", 1, False),
        (True, 1, False),
        (False, 0, False),
        (True, True, True),
        (None, 0, False),
        (None, "", False),
        (None, {}, False),
        (None, None, True),
        ([], {}, False),
        ("", [], False),
        (float("nan"), float("nan"), True),
        ([float("nan")], [float("nan")], True),
        (float("nan"), 1, False),
        ([1, [2]], [1.0, [2.0]], True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ([True], [1], False),
        ({"a": None}, {}, False),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}, True),
        # Helm has numbers as 64-bit floats, as JSON has.
        (2**53, 2**53 + 1, True),
        (2**53, 2**53 + 2, False),
        (2**63 - 1, 9223372036854776000, True),
        (10**400, 10**400, True),
        (10**400, 10**400 + 1, False),
    ],
)
def test_equal(one: t.Any, other: t.Any, expected: bool) -> None:
    assert _values.equal(one, other) is expected
    assert _values.equal(one=other, other=one) is expected
    assert (_values.compare({"x": one}, {"x": other}) == ()) is expected


@given(VALUES, VALUES)
def test_no_changes_if_and_only_if_equal(before: _values.Json, after: _values.Json) -> None:
    assert (_values.compare(before, after) == ()) is _values.equal(before, after)
    assert _values.compare(before, copy.deepcopy(before)) == ()


@given(VALUES, VALUES)
def test_the_changes_lead_from_before_to_after(before: _values.Json, after: _values.Json) -> None:
    changes = _values.compare(before, after)
    assert _values.equal(apply(before, changes), after)
    assert [change.path for change in changes] == sorted({change.path for change in changes})


@given(VALUES, VALUES)
def test_the_changes_back_are_the_changes_turned_around(before: _values.Json, after: _values.Json) -> None:
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    back = [ValueChange(c.path, turned[c.kind], c.after, c.before) for c in _values.compare(before, after)]
    assert repr(back) == repr(list(_values.compare(before=after, after=before)))


def test_changes_leaf_by_leaf() -> None:
    before = {"queryNode": {"replicas": 1, "resources": {}}, "list": [1, 2], "gone": {"deep": None}, "same": 1}
    after = {"queryNode": {"replicas": 2, "resources": {"cpu": 1}}, "list": [2], "same": 1.0, "new": [], "null": None}
    assert _values.compare(before, after) == (
        ValueChange(("gone", "deep"), "removed", None, None),
        ValueChange(("list",), "changed", [1, 2], [2]),
        ValueChange(("new",), "added", None, []),
        ValueChange(("null",), "added", None, None),
        ValueChange(("queryNode", "replicas"), "changed", 1, 2),
        ValueChange(("queryNode", "resources"), "removed", {}, None),
        ValueChange(("queryNode", "resources", "cpu"), "added", None, 1),
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("a", "b"), 1),
        (("a",), {"b": 1, "n": None}),
        (("a", "n"), None),
        (("a", "n", "x"), MISSING),
        (("a", "b", "x"), MISSING),
        (("l", "0"), MISSING),
        (("z",), MISSING),
        ((), {"a": {"b": 1, "n": None}, "l": [1]}),
    ],
)
def test_find(path: _values.Path, expected: t.Any) -> None:
    assert _values.find({"a": {"b": 1, "n": None}, "l": [1]}, *path) == expected


@given(VALUES, PATHS, NODES)
def test_what_is_put_is_found_and_can_be_dropped(values: _values.Json, path: _values.Path, node: t.Any) -> None:
    new = _values.put(values, path, value=node)
    assert frozen(_values.find(new, *path)) == frozen(node)
    assert _values.find(_values.drop(new, path), *path) is MISSING
    if _values.find(values, *path) is MISSING:
        assert frozen(_values.drop(values, path)) == frozen(values)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("a", "b", "c"), {"x": {}}),
        (("a", "b"), {"x": {}}),
        (("a", "b", "d"), {"a": {"b": {"c": 1}}, "x": {}}),
        (("x", "y"), {"a": {"b": {"c": 1}}, "x": {}}),
        (("x",), {"a": {"b": {"c": 1}}}),
    ],
)
def test_drop_leaves_no_empty_maps_behind(path: _values.Path, expected: _values.Json) -> None:
    assert _values.drop({"a": {"b": {"c": 1}}, "x": {}}, path) == expected


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ({}, [("a", "b"), ("a", "c"), ("e",), ("l",)]),
        ({"a": {"b": 2}}, [("a", "c"), ("e",), ("l",)]),
        ({"a": None}, [("e",), ("l",)]),
        ({"a": {}, "l": [], "e": {"x": 1}}, [("a", "b"), ("a", "c")]),
        ({"a": {"b": {"deeper": 1}}}, [("a", "c"), ("e",), ("l",)]),
        ({"a": 1, "e": None, "l": [1]}, []),
    ],
)
def test_missing_paths(task: _values.Json, expected: list[_values.Path]) -> None:
    release = {"l": [1, 2], "a": {"c": None, "b": 1}, "e": {}}
    assert list(_values.missing_paths(release, task)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("queryNode", "replicas"), "queryNode.replicas"),
        (("a", "b.c", "d"), 'a."b.c".d'),
        (("x y", ""), '"x y".""'),
        (('say "hi"', "ü"), '"say \\"hi\\"".ü'),
        (("a-b_c/d", "0"), "a-b_c/d.0"),
    ],
)
def test_format_path(path: _values.Path, expected: str) -> None:
    assert _values.format_path(path) == expected


@given(PATHS, PATHS)
def test_paths_that_differ_read_differently(one: _values.Path, other: _values.Path) -> None:
    assert (_values.format_path(one) == _values.format_path(other)) is (one == other)
