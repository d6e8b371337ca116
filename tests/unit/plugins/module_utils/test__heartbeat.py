# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

from ansible_collections.milvus.cluster.plugins.module_utils._heartbeat import Heartbeat, describe_time


def test_it_beats_when_nothing_was_said_for_30_seconds() -> None:
    said: list[tuple[int, str]] = []
    now = [0]
    heart = Heartbeat(lambda line: said.append((now[0], line)), lambda: now[0])
    for second in range(121):
        now[0] = second
        if second == 40:
            heart.say("news")
        heart.beat(lambda: "still waiting")
    assert said == [(30, "still waiting"), (40, "news"), (70, "still waiting"), (100, "still waiting")]


def test_times() -> None:
    assert describe_time(90.4, 1709.6) == "90 s so far, 1710 s left"
    assert describe_time(90, -1) == "90 s so far, 0 s left"
