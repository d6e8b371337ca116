# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What comes out of looking at one thing before a change. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

PASSED, WARNED, FAILED, UNCHECKED = "passed", "warned", "failed", "not checked"


class Check(t.NamedTuple):
    """A question, its outcome, what the outcome rests on, and the next step where it is not PASSED.

    *evidence* has no full stop, *remedy* is a sentence.
    """

    name: str
    outcome: str
    evidence: str
    remedy: str = ""
