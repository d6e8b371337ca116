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

from figures import Figures
from milvus_cluster import MilvusCluster
from milvus_lab import image_parts, images, labs, real_parts, toolchain
from milvus_lab.client import Client


@pytest.fixture(scope="session")
def lab() -> t.Iterator[Client]:
    """A running lab with a real node, which has the images of Milvus."""
    if lack := real_parts.real_node_lack() or image_parts.lack():
        pytest.skip(lack)
    archives = [archive.path for archive in images.ensure_images(images.names(), toolchain.say_plainly)]
    name = f"guide-{os.getpid()}"
    yield Client(labs.up(name, strength="real", archives=archives, say=toolchain.say_plainly))
    labs.down(name)


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
