# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The doc fragments say what the option groups are."""

from __future__ import annotations

import importlib
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import COMMON, ENVIRONMENT, GROUPS, LOCK, WAIT

FRAGMENTS = Path(__file__).parents[4] / "plugins/doc_fragments"
DEFAULTS = {"required": False, "aliases": [], "elements": None, "choices": None, "default": None}


def read_options(stem: str) -> dict[str, t.Any]:
    module = importlib.import_module(f"ansible_collections.milvus.cluster.plugins.doc_fragments.{stem}")
    options: dict[str, t.Any] = yaml.safe_load(module.ModuleDocFragment.DOCUMENTATION)["options"]
    return options


def test_each_group_has_a_fragment_of_its_name() -> None:
    stems = {path.stem for path in FRAGMENTS.glob("*.py")}
    assert stems == {*GROUPS, "_attributes"}


@pytest.mark.parametrize("stem", GROUPS)
def test_same_options_in_the_same_order(stem: str) -> None:
    assert list(read_options(stem)) == list(GROUPS[stem])


@pytest.mark.parametrize("stem", GROUPS)
def test_same_types_and_aliases(stem: str) -> None:
    documented = read_options(stem)
    for name, spec in GROUPS[stem].items():
        described = {key: documented[name].get(key, default) for key, default in {**DEFAULTS, "type": "str"}.items()}
        assert described == {key: spec.get(key, default) for key, default in {**DEFAULTS, "type": "str"}.items()}, name


@pytest.mark.parametrize("option", ENVIRONMENT)
def test_variables_are_documented(option: str) -> None:
    description = " ".join(read_options("_connection")[option]["description"])
    assert f"environment variable E({ENVIRONMENT[option]}) is used" in description


def test_no_name_or_alias_is_used_twice() -> None:
    names = [
        name
        for group in GROUPS.values()
        for option, spec in group.items()
        for name in (option, *spec.get("aliases", ()))
    ]
    assert len(names) == len(set(names))
    assert len({**COMMON, **WAIT, **LOCK}) == sum(map(len, GROUPS.values()))
