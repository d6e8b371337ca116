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

    # For modules that wait, and whose action plugin shows what they wait for.
    PROGRESS = r"""
options: {}
attributes:
  action:
    description: Has an action plugin of the same name, whose part is done on the controller.
    support: full
    details:
      - It prints what the module says while it works, a line whenever the state of a component changes and one
        every 30 seconds without a change. The module is run once, and its result is the same as without it.
      - Nothing is printed with C(no_log), in C(check_mode) and with C(async).
  async:
    description: Supports being used with the C(async) keyword.
    support: full
    details:
      - Nothing is printed while it works.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: full
"""
