# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._lock import Patience, refuse
from ansible_collections.milvus.cluster.plugins.module_utils._release import Lock

NOON = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.timezone.utc)
FOREIGN = Lock(8, "pending-upgrade", 12, "", None, stale=False)
OURS = FOREIGN._replace(holder="awx-42", deadline=NOON)


@pytest.mark.parametrize(
    ("lock", "end", "told", "remedy"),
    [
        (FOREIGN, "", "by another client of Helm; it has not ended within lock_timeout (5 s)", "Only you can"),
        (FOREIGN._replace(age=None), "", "pending-upgrade, by another client", "set unlock to always"),
        (OURS, "", "for 12 s, by awx-42; it has not", "after 2026-11-24 12:00:00 UTC it counts as killed"),
        (OURS, "its time was up", "by awx-42; its time was up.", "Leave the option unlock out"),
        (FOREIGN._replace(status="uninstalling"), "", "is uninstalling", "state: absent, which finishes it"),
    ],
)
def test_what_is_said(lock: Lock, end: str, told: str, remedy: str) -> None:
    error = refuse(lock, "Changing release a/b", end=end, timeout=5)
    assert str(error).startswith("Changing release a/b is blocked: its revision 8 is ")
    assert told in str(error)
    assert remedy in str(error)
    fact = t.cast("dict[str, t.Any]", error.facts["lock"])
    assert (fact["revision"], fact["deadline"]) == (8, lock.deadline and lock.deadline.isoformat())


def test_patience() -> None:
    now = 100.0
    patience = Patience(30, clock=lambda: now)
    now += 10
    assert patience.left == 20
    now += 100
    assert patience.left == 0
