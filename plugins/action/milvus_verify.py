# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Live progress of milvus_verify."""

from __future__ import annotations

from ansible_collections.milvus.cluster.plugins.plugin_utils._progress import ProgressAction


class ActionModule(ProgressAction):
    """Runs the module and prints what it says."""
