# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The short form of the tests: of what could run with either helm, each test runs with one of them, in turn.

Tests that are about what the two do differently are marked `both_helms`. Of a test that is marked `one_will_do` one of
its sets of parameters runs. With `--both-helms` all is run.
"""

from __future__ import annotations

import collections
import typing as t
import zlib

import pytest

from milvus_lab.client import HELMS

OPTION = "--both-helms"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, action="store_true", help="run each test with both helms and with all of its parameters")


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what the short form leaves out. What that is depends on names and their order alone."""
    if config.getoption(OPTION):
        return
    left = _find_other_helm(items)
    left |= _find_alike(item for item in items if item not in left)
    config.hook.pytest_deselected(items=[item for item in items if item in left])
    items[:] = [item for item in items if item not in left]


def _find_other_helm(items: t.Iterable[pytest.Item]) -> set[pytest.Item]:
    """Return what has its turn with the other helm."""
    pairs: dict[str, dict[str, dict[str, pytest.Item]]] = collections.defaultdict(lambda: collections.defaultdict(dict))
    for item in items:
        helm = _find_helm(item)
        if helm and not item.get_closest_marker("both_helms"):
            pairs[_name(item)][item.nodeid.replace(helm, "helm")][helm] = item
    return {item for test, twins in pairs.items() for item in _leave(test, twins.values())}


def _find_alike(items: t.Iterable[pytest.Item]) -> set[pytest.Item]:
    """Return all but one of each test of which one will do."""
    alike: dict[str, list[pytest.Item]] = collections.defaultdict(list)
    for item in items:
        if item.get_closest_marker("one_will_do"):
            alike[_name(item)].append(item)
    kept = {found[zlib.crc32(test.encode()) % len(found)] for test, found in alike.items()}
    return {item for found in alike.values() for item in found if item not in kept}


def _name(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _find_helm(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    values = callspec.params.values() if callspec else ()
    return next((value for value in values if isinstance(value, str) and value in HELMS), "")


def _leave(test: str, twins: t.Iterable[dict[str, pytest.Item]]) -> t.Iterator[pytest.Item]:
    """Of each two that differ in the helm alone the one to leave: neighbours take turns, from test to test, too."""
    helms = sorted(HELMS)
    for number, twin in enumerate(twins, start=zlib.crc32(test.encode())):
        if len(twin) == len(helms):
            yield twin[helms[number % len(helms)]]
