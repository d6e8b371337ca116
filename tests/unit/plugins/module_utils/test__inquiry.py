# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

from ansible_collections.milvus.cluster.plugins.module_utils._causes import IMAGE_NOT_FOUND, Cause
from ansible_collections.milvus.cluster.plugins.module_utils._inquiry import Inquiry
from ansible_collections.milvus.cluster.plugins.module_utils._pod_rows import read_row
from ansible_collections.milvus.cluster.plugins.module_utils._situation import Situation
from ansible_collections.milvus.cluster.plugins.module_utils._workload_list import Listed
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.fake_cluster import KEY, NAME, TOPOLOGY

HEAD = f"Deployment {NAME}: "


class Teller:
    """An inquiry into a Deployment of *desired* pods, and what it has said when."""

    def __init__(self, desired: int) -> None:
        self.now = 0.0
        self.said: list[tuple[float, str]] = []
        self._desired = desired
        cluster = t.cast("t.Any", None)  # nothing is asked for
        self._inquiry = Inquiry(cluster, TOPOLOGY, unschedulable_timeout=1, clock=self._clock, say=self._say)

    def tell(self, now: float, ready: int, *causes: Cause) -> None:
        self.now = now
        row = {"Name": "r-proxy-5d4f9-abcde", "Ready": "1/1", "Status": "Running", "Restarts": "0"}
        listed = Listed(KEY, "lags", self._desired, live=t.cast("t.Any", object()))
        self._inquiry.tell(Situation({KEY: listed}, {KEY: [read_row(row)] * ready}, ()), causes)

    def _clock(self) -> float:
        return self.now

    def _say(self, line: str) -> None:
        assert line.startswith(HEAD)
        self.said.append((self.now, line[len(HEAD) :]))


def test_of_many_pods_the_count_is_said_now_and_then_and_at_the_end() -> None:
    teller = Teller(desired=200)
    for number in range(201):
        teller.tell(number / 20, number)
    assert teller.said == [(time, f"{int(time * 20)} of 200 pods are ready") for time in (0, 5, 10)]


def test_the_last_count_is_said_though_nothing_changes_any_more() -> None:
    teller = Teller(desired=3)
    for time, ready in ((0, 0), (1, 1), (2, 2), (6, 2), (100, 2)):
        teller.tell(time, ready)
    assert teller.said == [(0, "0 of 3 pods are ready"), (6, "2 of 3 pods are ready")]


def test_a_cause_is_said_as_it_appears_and_as_it_goes() -> None:
    teller, cause = Teller(desired=2), Cause(IMAGE_NOT_FOUND, KEY, "registry.invalid/milvus:v2: not found")
    teller.tell(0, 1)
    teller.tell(1, 1, cause)
    teller.tell(2, 1, cause._replace(message="Back-off"))
    teller.tell(3, 1)
    because = "(the image does not exist: registry.invalid/milvus:v2: not found)"
    count = "1 of 2 pods are ready"
    assert teller.said == [(0, count), (1, f"{count} {because}"), (3, count)]


def test_a_long_cause_is_cut() -> None:
    teller = Teller(desired=1)
    teller.tell(0, 0, Cause(IMAGE_NOT_FOUND, KEY, "x" * 5000))
    ((_time, line),) = teller.said
    assert 200 < len(line) < 300
