# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``tests/lab/lab`` runs this."""

from __future__ import annotations

import sys

from .cli import main

sys.exit(main())
