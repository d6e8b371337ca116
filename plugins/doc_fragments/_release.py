# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Documentation of the options in module_utils/_argspec.RELEASE."""

from __future__ import annotations


class ModuleDocFragment:
    """Which release."""

    DOCUMENTATION = r"""
options:
  release_name:
    description:
      - The name of the Helm release.
    type: str
    required: true
    aliases: [name]
  release_namespace:
    description:
      - The namespace of the release.
    type: str
    required: true
    aliases: [namespace]
"""
