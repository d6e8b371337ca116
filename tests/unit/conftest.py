# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Lets tests import the tools, and plain pytest the collection from a checkout; ansible-test has its own loader."""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

COLLECTION = Path(__file__).parents[2]
PACKAGES = {
    "ansible_collections": [],
    "ansible_collections.milvus": [],
    "ansible_collections.milvus.cluster": [str(COLLECTION)],
}

if importlib.util.find_spec("ansible_collections") is None:
    for name, path in PACKAGES.items():
        package = types.ModuleType(name)
        package.__path__ = path
        sys.modules[name] = package

sys.path.insert(0, str(COLLECTION / "tests/tools"))
