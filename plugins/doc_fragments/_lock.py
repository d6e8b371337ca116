# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Documentation of the options in module_utils/_argspec.LOCK."""

from __future__ import annotations


class ModuleDocFragment:
    """What to do while another operation on the release has not ended."""

    DOCUMENTATION = r"""
options:
  lock_timeout:
    description:
      - How many seconds to wait while another operation of Helm on the release has not ended, all such waits together.
      - Then the task fails and says which revision is locked, since when and by whom. Nothing was touched.
    type: int
    default: 600
  unlock:
    description:
      - What to do about an operation that was killed. Helm keeps such a release locked for ever.
      - The revision that it has left is marked failed, which touches no workload, and the task goes on. No record is
        deleted, and nothing is rolled back.
      - V(stale) does so when it is certain that nobody works on it any more. That can be known of operations of this
        collection alone, because they note who has begun them and until when they may take. On the host that began it
        it is known at once, elsewhere after that time, a few minutes.
      - V(never) leaves it to you.
      - V(always) also ends operations of which nothing is known, such as a C(helm upgrade) by hand, when they have not
        ended within O(lock_timeout). Two that work at once can leave a mixture; use it when you know that the other
        was killed, with a O(lock_timeout=0).
    type: str
    choices: [stale, never, always]
    default: stale
"""
