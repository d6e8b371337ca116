# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""One real lab for the whole run, a Milvus cluster on it, and a place for the figures."""

from __future__ import annotations

import os
import sys
import typing as t
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "functional"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))
sys.path.insert(0, str(Path(__file__).resolve().parent / "driver"))

import real_lab
from figures import Figures
from milvus_cluster import MilvusCluster
from milvus_lab.client import Client


@pytest.fixture(scope="session")
def lab() -> t.Iterator[Client]:
    """A running lab with a real node, which has the images of Milvus."""
    yield from real_lab.provide("guide")


@pytest.fixture(scope="session")
def cluster(lab: Client) -> MilvusCluster:
    """A Milvus cluster with one worker of each type, and a collection that is searched."""
    cluster = MilvusCluster(lab, Path(os.environ["SEARCHER_PYTHON"]))
    cluster.install()
    cluster.fill()
    return cluster


@pytest.fixture(scope="session")
def figures() -> t.Iterator[Figures]:
    """What the tests have measured; it is printed and kept at the end."""
    figures = Figures(Path(__file__).resolve().parents[1] / "output/real")
    yield figures
    figures.keep()
