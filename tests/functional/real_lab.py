# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A lab on which a real Milvus can run."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from milvus_lab import image_parts, images, labs, real_parts, toolchain
from milvus_lab.client import Client


def find_archives() -> list[Path]:
    """Return the archives of all images, or skip with what this machine lacks."""
    if lack := real_parts.real_node_lack() or image_parts.lack():
        pytest.skip(lack)
    return [archive.path for archive in images.ensure_images(images.names(), toolchain.say_plainly)]


def provide(stem: str) -> t.Iterator[Client]:
    """Yield a lab with a real node and all images, or skip with what this machine lacks."""
    archives = find_archives()
    name = f"{stem}-{os.getpid()}"
    yield Client(labs.up(name, strength="real", archives=archives, say=toolchain.say_plainly))
    labs.down(name)
