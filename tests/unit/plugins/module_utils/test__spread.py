# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What query nodes hold, by the gauges of Milvus 2.3.5, and when that is settled."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._errors import ForbiddenError, KubeError
from ansible_collections.milvus.cluster.plugins.module_utils._spread import (
    Spread,
    find_balancing,
    look,
    read_segments,
    read_tasks,
    watch,
)
from ansible_collections.milvus.cluster.plugins.module_utils._verify_outcome import Outcome
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.scenes import check, make_scene

KEY = "Deployment/querynode"
KINDS = ("channel_grow", "channel_move", "channel_reduce", "segment_grow", "segment_move", "segment_reduce")


def coordinator(**tasks: int) -> str:
    lines = (f'milvus_querycoord_task_num{{querycoord_task_type="{kind}"}} {tasks.get(kind, 0)}\n' for kind in KINDS)
    return "go_goroutines 7\n" + "".join(lines)


def node(*sealed: int) -> str:
    label = 'milvus_querynode_segment_num{{collection_id="{}",node_id="1",segment_state="{}"}} {}\n'
    lines = (label.format(number, "Sealed", count) for number, count in enumerate(sealed))
    return label.format(9, "Growing", 1) + "".join(lines)


def test_pages() -> None:
    assert read_tasks(coordinator()) == {}
    assert read_tasks(coordinator(segment_move=2, channel_grow=1)) == {"segment_move": 2, "channel_grow": 1}
    assert read_tasks("go_goroutines 7\n") is None


def test_a_collection_that_was_dropped_a_moment_ago_moves_nothing() -> None:
    """As Milvus 2.3.5 says for two seconds after a smoke test."""
    assert read_tasks(coordinator(channel_reduce=1, segment_reduce=3)) == {}
    assert read_tasks(coordinator(channel_reduce=1, segment_grow=1)) == {"segment_grow": 1}


def test_segments() -> None:
    assert read_segments(node(4, 3)) == 7
    assert read_segments(node()) == 0


@pytest.mark.parametrize(
    ("texts", "balancing"),
    [
        ([], None),
        (["queryCoord: {autoBalance: true}"], True),
        (["queryCoord:\n  autoBalance: False\n"], False),
        (["queryCoord: {autoBalance: false}", "queryCoord: {autoBalance: true}"], True),
        (["queryCoord: {autoBalanceInterval: 3}"], None),
    ],
)
def test_whether_milvus_balances(texts: list[str], balancing: bool | None) -> None:
    assert find_balancing(texts) is balancing


class Pods:
    """A client; pod → its page, or the error."""

    def __init__(self, **pages: str | KubeError) -> None:
        self.pages = pages

    def read_served(self, pod: str, *, port: int, path: str) -> str:
        assert (port, path) == (9091, "metrics")
        page = self.pages[pod]
        if isinstance(page, KubeError):
            raise page
        return page


def see(client: Pods) -> Spread:
    return look(t.cast("t.Any", client), ["coordinator", "standby"], nodes={KEY: ["a", "b"]})


def test_a_look() -> None:
    spread = see(Pods(coordinator="", standby=coordinator(), a=node(8), b=node()))
    assert spread.find_empty() == ("pod b holds no segment, pod a 8",)
    assert spread == ({}, {KEY: {"a": 8, "b": 0}}, ())
    assert see(Pods(coordinator=coordinator(), standby="", a=node(1), b=node())).find_empty() == ()
    assert see(Pods(coordinator="", standby="", a="", b="")).tasks is None


def test_pods_that_cannot_be_asked() -> None:
    gone = KubeError("Reading", reason="no way", remedy="Go.")
    spread = see(Pods(coordinator=coordinator(), standby="", a=node(8), b=gone))
    assert spread.unread == ("pod b: no way",)
    forbidden = ForbiddenError("Reading", reason="it is forbidden", remedy="Add this rule.")
    spread = see(Pods(coordinator=forbidden, standby=forbidden))
    assert (spread.tasks, spread.unread) == (None, ("Reading failed: it is forbidden. Add this rule.",))


@pytest.mark.parametrize(
    ("seconds", "seen", "waited"), [(60, [{"a": 1}, {"a": 1}, {}], 4.0), (3, [{"a": 1}] * 9, 3.0), (60, [None], 0)]
)
def test_a_wait(seconds: float, seen: list[t.Any], waited: float) -> None:
    later, now = iter(seen), [0.0]

    def sleep(pause: float) -> None:
        now[0] += pause

    watch(
        lambda: Spread(next(later), {}),
        is_enough=lambda spread: not spread.is_moving,
        wait_timeout=seconds,
        clock=lambda: now[0],
        sleep=sleep,
    )
    assert now[0] == waited


def judge(spread: Spread | None, *, balance: str = "") -> Outcome:
    scene = make_scene()
    assert scene.found.running
    files = {"extraConfigFiles": {"user.yaml": f"queryCoord: {{autoBalance: {balance}}}"}} if balance else {}
    running = dataclasses.replace(scene.found.running, values=files)
    found = dataclasses.replace(scene.found, history=scene.found.history, running=running)
    return check("settled", dataclasses.replace(scene, found=found, spread=spread))


def test_it_is_judged() -> None:
    even, uneven = Spread({}, {KEY: {"a": 2, "b": 2}}), Spread({}, {KEY: {"a": 4, "b": 0}})
    done = "the query coordinator moves nothing, and 2 query nodes hold 4 segments"
    assert judge(even)[:2] == ("passed", done)
    assert judge(uneven, balance="false")[:2] == ("passed", done)
    assert judge(uneven, balance="true")[:2] == ("failed", "pod b holds no segment, pod a 4")
    unknown = judge(uneven)
    assert unknown[:2] == ("skipped", done)
    assert unknown.reason.startswith("pod b holds no segment, pod a 4; the values of the release do not say")
    moving = judge(even._replace(tasks={"segment_move": 2}))
    assert moving[:2] == ("failed", "the query coordinator has tasks under way: 2 segment_move")
    assert judge(even._replace(unread=("pod c: no way",)))[2] == "pod c: no way"
    assert judge(Spread(None, {}, ("no coordinator",)))[:3] == ("skipped", "", "no coordinator")
    assert judge(None).reason == "there are no query nodes"
