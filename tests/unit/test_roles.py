# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A role has each option of its module as a variable, in its defaults, its specification and its task."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import COMMON, INSTALL, LOCK, WAIT

ROLES = Path(__file__).parents[2] / "roles"
OPTIONS = {"milvus_install": {**COMMON, **WAIT, **LOCK, **INSTALL}}
# Variables that are no option of the module.
OWN = {"milvus_install": {"milvus_install_show_plan"}}


def read(role: str, name: str) -> t.Any:
    return yaml.safe_load((ROLES / role / name).read_text(encoding="utf-8"))


def expected(role: str) -> set[str]:
    return {f"{role}_{option}" for option in OPTIONS[role]} | OWN[role]


@pytest.mark.parametrize("role", OPTIONS)
def test_variables(role: str) -> None:
    assert set(read(role, "defaults/main.yml")) == expected(role)
    assert set(read(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]) == expected(role)


@pytest.mark.parametrize("role", OPTIONS)
def test_defaults_are_the_modules(role: str) -> None:
    defaults = read(role, "defaults/main.yml")
    for option, spec in OPTIONS[role].items():
        value = defaults[f"{role}_{option}"]
        assert value == spec.get("default", "") or str(value).startswith("{{ milvus_"), option


@pytest.mark.parametrize("role", OPTIONS)
def test_the_module_gets_them_all(role: str) -> None:
    (options,) = [task[f"milvus.cluster.{role}"] for task in read(role, "tasks/main.yml") if "register" in task][:1]
    assert set(options) == set(OPTIONS[role])
    assert all(f"{role}_{option}" in value for option, value in options.items())
