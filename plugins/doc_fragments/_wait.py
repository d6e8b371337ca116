# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Documentation of the options in module_utils/_argspec.WAIT."""

from __future__ import annotations


class ModuleDocFragment:
    """How long to wait, and for what."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to return only when every pod of the release is ready and no Job of it is left to do, or to fail with
        the cause as soon as it is clear that this will not come about.
      - It is waited for also when nothing was to be changed.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait in all.
    type: int
    default: 1800
  stable_seconds:
    description:
      - For how many seconds everything has to have been ready. Time that has passed before the task counts.
    type: int
    default: 10
  unschedulable_timeout:
    description:
      - For how many seconds a pod may find no node before that counts as a failure. An autoscaler of nodes needs some
        minutes to add one.
    type: int
    default: 300
"""
