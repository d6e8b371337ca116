# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""``make bench`` runs this: measure the collection beside its peers; README.md says how to read and extend it."""

from __future__ import annotations

import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH), str(BENCH.parent / "lab")]

from milvus_bench.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
