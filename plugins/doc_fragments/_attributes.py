# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Documentation of the attributes that the modules have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/milvus.cluster.milvus) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - milvus.cluster.milvus
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    description: Runs in C(check_mode) and says what would change, without changing it.
    support: full
    details:
      - This module does not modify anything.
  diff_mode:
    description: Returns details on what has changed, or needs to change in C(check_mode), in diff mode.
    support: N/A
    details:
      - This module does not modify anything.
  idempotent:
    description: The second of two runs with the same arguments outside C(check_mode) changes nothing.
    support: full
    details:
      - This module does not modify anything.
"""

    CHANGE_MODULE = r"""
options: {}
attributes:
  check_mode:
    description: Runs in C(check_mode) and says what would change, without changing it.
    support: full
  diff_mode:
    description: Returns details on what has changed, or needs to change in C(check_mode), in diff mode.
    support: full
  idempotent:
    description: The second of two runs with the same arguments outside C(check_mode) changes nothing.
    support: full
"""
