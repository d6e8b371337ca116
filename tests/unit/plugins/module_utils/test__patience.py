# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import json

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._causes import RULES, Cause
from ansible_collections.milvus.cluster.plugins.module_utils._patience import Judge, Memory
from ansible_collections.milvus.cluster.plugins.module_utils._pod_rows import EXITED, UNREADY, PodRow

NODE, ETCD = "Deployment/node", "StatefulSet/etcd"
ORDER = {NODE: (ETCD,), ETCD: ()}


def judge(*lagging: str, timeout: float = 300) -> Judge:
    return Judge(ORDER, frozenset(lagging), timeout)


def crash(exits: int, *, kind: str = "crash-loop", pod: str = "p") -> Cause:
    return Cause(kind, NODE, "", (pod,), exits=exits)


def row(restarts: int = 0, *, ended: bool = False, name: str = "p") -> dict[str, list[PodRow]]:
    state = ("Error", EXITED) if ended else ("Running", UNREADY)
    return {NODE: [PodRow(name, *state, restarts)], ETCD: []}


@pytest.mark.parametrize("kind", [kind for kind, rule in RULES.items() if rule.grace is not None])
def test_a_cause_is_a_verdict_once_it_has_lasted(kind: str) -> None:
    cause = Cause(kind, NODE, "")
    grace = RULES[kind].grace or 0
    memory, verdicts = judge().judge([cause], Memory(), now=100)
    assert verdicts == (() if grace else (cause,))
    assert judge().judge([cause], memory, now=100 + grace)[1] == (cause,)
    if grace:
        assert judge().judge([cause], memory, now=99 + grace)[1] == ()


@pytest.mark.parametrize("kind", [kind for kind, rule in RULES.items() if rule.grace is None and not rule.exits])
def test_what_heals_is_never_a_verdict(kind: str) -> None:
    memory, _verdicts = judge().judge([Cause(kind, NODE, "")], Memory(), now=0)
    assert judge().judge([Cause(kind, NODE, "")], memory, now=1e9)[1] == ()


def test_a_cause_that_went_away_starts_anew() -> None:
    cause = Cause("pods-refused", NODE, "")
    memory, _verdicts = judge().judge([cause], Memory(), now=0)
    memory, _verdicts = judge().judge([], memory, now=20)
    memory, verdicts = judge().judge([cause], memory, now=40)
    assert verdicts == ()
    assert judge().judge([cause], memory, now=70)[1] == (cause,)


def test_the_option_replaces_the_grace_of_what_cannot_be_scheduled() -> None:
    cause = Cause("unschedulable", NODE, "")
    memory, _verdicts = judge(timeout=5).judge([cause], Memory(), now=0)
    assert judge(timeout=5).judge([cause], memory, now=5)[1] == (cause,)


def test_the_third_exit_counts_and_not_the_second() -> None:
    memory = judge().count_exits(Memory(), row())
    assert judge().judge([crash(2)], memory, now=0)[1] == ()
    assert judge().judge([crash(3)], memory, now=0)[1] == (crash(3),)


def test_exits_before_the_dependencies_are_ready_do_not_count() -> None:
    waits = judge(NODE, ETCD)
    memory = waits.count_exits(Memory(), row(4, ended=True))
    assert waits.judge([crash(9)], memory, now=0)[1] == ()
    memory = judge(NODE).count_exits(memory, row(8, ended=True))  # the ninth end came before etcd was ready
    assert judge(NODE).judge([crash(11)], memory, now=0)[1] == ()
    assert judge(NODE).judge([crash(12)], memory, now=0)[1] == (crash(12),)


def test_it_counts_anew_after_a_dependency_was_not_ready() -> None:
    memory = judge(NODE).count_exits(Memory(), row())
    memory = judge(NODE, ETCD).count_exits(memory, row(2))
    memory = judge(NODE).count_exits(memory, row(5))
    assert judge(NODE).judge([crash(7)], memory, now=0)[1] == ()
    assert judge(NODE).judge([crash(8)], memory, now=0)[1] == (crash(8),)


def test_every_exit_of_a_pod_that_came_later_counts() -> None:
    memory = judge(NODE).count_exits(Memory(), row(7))
    assert judge(NODE).judge([crash(3, pod="q")], memory, now=0)[1] == (crash(3, pod="q"),)


def test_the_present_end_counts_at_the_first_look() -> None:
    memory = judge().count_exits(Memory(), row(5, ended=True))
    assert judge().judge([crash(7)], memory, now=0)[1] == ()
    assert judge().judge([crash(8)], memory, now=0)[1] == (crash(8),)


def test_lack_of_memory_counts_whatever_the_dependencies_do() -> None:
    waits = judge(NODE, ETCD)
    memory = waits.count_exits(Memory(), row())
    assert waits.judge([crash(1, kind="out-of-memory")], memory, now=0)[1] == ()
    assert waits.judge([crash(2, kind="out-of-memory")], memory, now=0)[1] == (crash(2, kind="out-of-memory"),)


def test_memory_survives_as_json() -> None:
    memory = judge(NODE).count_exits(Memory(), row(1))
    memory, _verdicts = judge(NODE).judge([Cause("pods-refused", NODE, "")], memory, now=1.5)
    assert Memory(**json.loads(json.dumps(memory._asdict()))) == memory
