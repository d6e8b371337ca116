# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A role has each option of its module as a variable, in its defaults, its specification and its task."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import (
    COMMON,
    INSTALL,
    LOCK,
    SCALE,
    VERIFY,
    WAIT,
)
from ansible_collections.milvus.cluster.plugins.module_utils._topology import WORKER_TYPES

ROLES = Path(__file__).parents[2] / "roles"
OPTIONS = {
    "milvus_install": {**COMMON, **WAIT, **LOCK, **INSTALL},
    "milvus_scale": {**COMMON, **WAIT, **LOCK, **SCALE},
    "milvus_verify": {**COMMON, **VERIFY},
}
# Variables that are no option of the module.
OWN = {
    "milvus_install": {"milvus_install_show_plan"},
    "milvus_scale": {"milvus_scale_show_plan", *(f"milvus_scale_{worker.key}" for worker in WORKER_TYPES)},
    "milvus_verify": {"milvus_verify_show_checks"},
}
# Options whose variables are called otherwise: milvus_scale_proxy is the count of Milvus' proxies.
RENAMED = {"milvus_scale_proxy": "milvus_scale_http_proxy"}
# Defaults that are not the module's: the role has a task for each worker type.
DEFAULTS = {"milvus_scale_strategy": "one_by_one"}
# Where the task with the module is.
TASKS = {"milvus_install": "tasks/main.yml", "milvus_scale": "tasks/task.yml", "milvus_verify": "tasks/main.yml"}


def read(role: str, file: str) -> t.Any:
    return yaml.safe_load((ROLES / role / file).read_text(encoding="utf-8"))


def name(role: str, option: str) -> str:
    return RENAMED.get(f"{role}_{option}", f"{role}_{option}")


def expected(role: str) -> set[str]:
    return {name(role, option) for option in OPTIONS[role]} | OWN[role]


@pytest.mark.parametrize("role", OPTIONS)
def test_variables(role: str) -> None:
    assert set(read(role, "defaults/main.yml")) == expected(role)
    assert set(read(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]) == expected(role)


def test_variables_of_the_report() -> None:
    options = read("milvus_report", "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = read("milvus_report", "defaults/main.yml")
    assert set(options) == set(defaults)
    readme = (ROLES / "milvus_report/README.md").read_text(encoding="utf-8")
    for variable, spec in options.items():
        assert defaults[variable] == spec.get("default", f"{{{{ {variable.replace('report_', '')} | default({{}}) }}}}")
        assert f"| `{variable}` |" in readme


@pytest.mark.parametrize("role", OPTIONS)
def test_defaults_are_the_modules(role: str) -> None:
    defaults = read(role, "defaults/main.yml")
    for option, spec in OPTIONS[role].items():
        value = defaults[name(role, option)]
        wanted = DEFAULTS.get(name(role, option), spec.get("default", ""))
        assert value == wanted or str(value).startswith("{{ milvus_"), option


@pytest.mark.parametrize("role", OPTIONS)
def test_blank_is_a_choice(role: str) -> None:
    specs = read(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    for option, spec in OPTIONS[role].items():
        # The module knows what a list may hold.
        choices = ["", *spec["choices"]] if "choices" in spec and spec["type"] != "list" else None
        assert specs[name(role, option)].get("choices") == choices, option


@pytest.mark.parametrize("role", OPTIONS)
def test_the_module_gets_them_all(role: str) -> None:
    tasks = [one for task in read(role, TASKS[role]) for one in task.get("block", [task])]
    options = next(task[f"milvus.cluster.{role}"] for task in tasks if "register" in task)
    assert set(options) == set(OPTIONS[role])
    for option, value in options.items():
        assert name(role, option) in value or f"__{role}_{option}" in value, option
