# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Version constraints mean to the collection what they mean to both helms."""

from __future__ import annotations

import functools
import itertools
import json
import os
import subprocess
from concurrent import futures
from pathlib import Path

import pytest
import yaml

from ansible_collections.milvus.cluster.plugins.module_utils._chart_version import satisfies
from ansible_collections.milvus.cluster.plugins.module_utils._errors import OptionError

RELEASES = [
    f"{major}.{minor}.{patch}"
    for major, minor, patch in itertools.product((0, 1, 4, 5), (0, 1, 2), (0, 2, 3))
    if (major, minor, patch) != (0, 0, 0)
]
PRE_RELEASES = ["4.1.0-alpha", "4.1.2-rc.1", "4.1.2-rc.2", "4.1.2-rc.10", "5.0.0-1", "5.0.0-beta.x", "6.0.0-rc.1"]
VERSIONS = [*RELEASES, *PRE_RELEASES]
OPERANDS = ("4.1.2", "4.1", "4", "4.1.x", "0.1.2", "0.0.3", "0", "4.1.2-rc.2", "5.0.0-0")
OPERATORS = ("", "!=", ">", ">=", "<", "<=", "~", "^")
OTHERS = (
    "*",
    "=*",
    ">=*",
    "4.X",
    "v4.1.2",
    ">=v4.1.2",
    "=4.1.2",
    "=>4.1.2",
    "=<4.1.2",
    "~>4.1",
    "^0.0",
    ">=4.1.2, <5",
    ">=4.1.2 <5",
    ">= 4.1.2 , < 5",
    ">=4.1.2,<5",
    "4.1.2 || ^5.0.2",
    "<1||>=5.1",
    "4.0.2 - 4.2",
    "4.0 - 4.1.2",
    "4.1.0-0 - 5.0.0",
    ">4.1.0-0, <5",
    ">=4.1.2-rc.2 <6",
    "~4.1 || 5.x, !=5.1.2",
    "4.x.x",
    "4.*",
    "x.x",
    "^4.1.2-rc.10",
    "latest",
    "4.1.2.3",
    ">",
    "^^4",
    "4.1.2,",
    "|| 4",
)
CONSTRAINTS = [*(f"{operator}{operand}" for operator in OPERATORS for operand in OPERANDS), *OTHERS]


def ask_helm(constraint: str, *, helm: Path, home: Path) -> set[str]:
    """The versions that helm finds by a constraint; none for one that it cannot read."""
    homes = {f"HELM_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
    argv = [str(helm), "search", "repo", "lab/milvus", "--versions", f"--version={constraint}", "--output=json"]
    result = subprocess.run(argv, env={**os.environ, **homes}, capture_output=True, text=True, check=False)
    return {entry["version"] for entry in json.loads(result.stdout)} if result.returncode == 0 else set()


def allow(constraint: str) -> set[str]:
    """The versions that we take."""
    try:
        return {version for version in VERSIONS if satisfies(version, constraint)}
    except OptionError:
        return set()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of helm with a repository of all VERSIONS, whose index is at hand."""
    home = tmp_path_factory.mktemp("home")
    entries = [{"apiVersion": "v2", "name": "milvus", "version": version, "urls": ["a.tgz"]} for version in VERSIONS]
    files = {
        "config/repositories.yaml": {
            "apiVersion": "v1",
            "repositories": [{"name": "lab", "url": "http://127.0.0.1:1"}],
        },
        "cache/repository/lab-index.yaml": {"apiVersion": "v1", "entries": {"milvus": entries}},
    }
    for name, content in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    return home


@pytest.mark.parametrize("which", ["helm3", "helm4"])
def test_same_versions_as_helm(which: str, home: Path, request: pytest.FixtureRequest) -> None:
    helm = request.getfixturevalue(which)
    with futures.ThreadPoolExecutor(2) as pool:
        answers = pool.map(functools.partial(ask_helm, helm=helm, home=home), CONSTRAINTS)
    found = dict(zip(CONSTRAINTS, answers, strict=True))
    assert sum(map(bool, found.values())) > len(CONSTRAINTS) / 2
    assert {constraint: sorted(versions) for constraint, versions in found.items()} == {
        constraint: sorted(allow(constraint)) for constraint in CONSTRAINTS
    }
