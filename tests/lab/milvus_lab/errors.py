# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error that the lab shows its user."""

from __future__ import annotations


class LabError(Exception):
    """What went wrong and what to do next, in one line."""
