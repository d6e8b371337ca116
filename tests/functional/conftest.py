# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One lab for the whole run, and a namespace of its own for each test."""

from __future__ import annotations

import os
import sys
import typing as t
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lab"))
# Where this collection lies, for tests that call parts of it.
sys.path.append(os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0])

import short_form
from installer import Installer
from milvus_lab import labs, toolchain
from milvus_lab.client import HELMS, Client
from release_states import Cluster
from watched_helm import WatchedHelm

pytest_addoption = short_form.pytest_addoption
pytest_collection_modifyitems = short_form.leave_out


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder with the lab's programs."""
    return toolchain.ensure_programs(toolchain.say_plainly)


@pytest.fixture(scope="session")
def helm3(programs: Path) -> Path:
    return programs / "helm3"


@pytest.fixture(scope="session")
def helm4(programs: Path) -> Path:
    return programs / "helm"


@pytest.fixture(scope="session")
def lab() -> t.Iterator[Client]:
    """A running lab."""
    name = f"test-{os.getpid()}"
    client = Client(labs.up(name, say=toolchain.say_plainly))
    yield client
    labs.down(name)


@pytest.fixture
def namespace(lab: Client, request: pytest.FixtureRequest) -> t.Iterator[str]:
    """A fresh namespace, deleted after the test without waiting for its end."""
    number = request.session.stash.get(_COUNT, 0) + 1
    request.session.stash[_COUNT] = number
    name = f"test-{number}"
    lab.kubectl("create", "namespace", name)
    yield name
    lab.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(params=sorted(HELMS))
def installer(lab: Client, namespace: str, tmp_path: Path, request: pytest.FixtureRequest) -> Installer:
    """milvus_install in the namespace with each helm, or with the one that a test asks for as a parameter."""
    cluster = Cluster(lab, namespace, request.param)
    return Installer(cluster, WatchedHelm(lab.program(HELMS[cluster.which]), tmp_path / "starts"))


_COUNT = pytest.StashKey[int]()
