# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the lab keeps things: its own files in the repository, programs and labs in the user's cache folder."""

from __future__ import annotations

import os
from pathlib import Path

LAB_SOURCE = Path(__file__).resolve().parent.parent
REPOSITORY = LAB_SOURCE.parent.parent


def cache_root() -> Path:
    """``$XDG_CACHE_HOME/milvus.cluster``, or ``~/.cache/milvus.cluster``."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "milvus.cluster"


def labs_root() -> Path:
    """The folder that holds one private folder per lab."""
    return cache_root() / "labs"
