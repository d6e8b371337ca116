# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Answers of /healthz as Milvus 2.3.5 gives them, and how many pods are asked."""

from __future__ import annotations

import json
import threading
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._errors import ForbiddenError, KubeError
from ansible_collections.milvus.cluster.plugins.module_utils._health import Answer, ask, read_answer
from ansible_collections.milvus.cluster.plugins.module_utils._kube import Served


def told(state: str, *roles: tuple[str, int]) -> str:
    return json.dumps({"state": state, "detail": [{"name": name, "code": code} for name, code in roles]})


@pytest.mark.parametrize(
    ("status", "text", "answer"),
    [
        (200, "OK", Answer(True)),
        (200, "OK\n", Answer(True)),
        (200, told("OK", ("querynode", 1)), Answer(True)),
        (200, told("OK", ("rootcoord", 1), ("querycoord", 3)), Answer(True)),
        (500, told("component querynode state is Initializing", ("querynode", 0)), "querynode is initializing"),
        (500, told("not all", ("rootcoord", 1), ("datacoord", 2)), "datacoord is abnormal"),
        (500, told("not all", ("querynode", 4), ("proxy", 9)), "querynode is stopping, proxy is in state 9"),
        (500, told("component proxy state is Abnormal"), "HTTP 500: 'component proxy state is Abnormal'"),
        (500, "component querynode state is Initializing", "HTTP 500: 'component querynode state is Initializing'"),
        (500, "OK", "HTTP 500: 'OK'"),
        (404, "404 page not found", "HTTP 404: '404 page not found'"),
        (200, "<html>log in</html>", "HTTP 200: '<html>log in</html>'"),
        (200, "[1]", "HTTP 200: '[1]'"),
        (200, "", "HTTP 200: ''"),
        (200, '{"detail": null}', "HTTP 200: '{\"detail\": null}'"),
    ],
)
def test_an_answer(status: int, text: str, answer: Answer | str) -> None:
    assert read_answer(status, text) == (answer if isinstance(answer, Answer) else (False, answer))


class Pods:
    """A client whose pods answer as *served* says, or all with OK; *most*: how many were asked at a time."""

    def __init__(self, **served: Served | KubeError) -> None:
        self.served = served
        self.asked: list[str] = []
        self.most = self._now = 0
        self._lock = threading.Lock()
        self.hurry = threading.Event()

    def ask_pod(self, pod: str, *, port: int, path: str) -> Served:
        assert (port, path) == (9091, "healthz")
        with self._lock:
            self.asked.append(pod)
            self._now += 1
            self.most = max(self.most, self._now)
        self.hurry.wait(0.01)
        with self._lock:
            self._now -= 1
        served = self.served.get(pod, Served(200, "OK"))
        if isinstance(served, KubeError):
            raise served
        return served


def ask_all(client: Pods, names: list[str], **options: t.Any) -> tuple[dict[str, Answer], dict[str, str]]:
    return ask(t.cast("t.Any", client), names, **options)


def test_many_are_asked_a_few_at_a_time() -> None:
    client, names = Pods(), [f"p{number}" for number in range(40)]
    answers, unanswered = ask_all(client, names)
    assert (answers, unanswered) == (dict.fromkeys(names, Answer(True)), {})
    assert 1 < client.most <= 8


def test_one_that_does_not_answer() -> None:
    client = Pods(b=KubeError("Reading", reason="no way", remedy="Go."), c=Served(500, "no"))
    assert ask_all(client, ["a", "b", "c"]) == ({"a": (True, ""), "c": (False, "HTTP 500: 'no'")}, {"b": "no way"})


def test_nobody_is_asked_any_more_once_it_is_forbidden() -> None:
    names = [f"p{number}" for number in range(60)]
    refusal = ForbiddenError("Reading", reason="it is forbidden", remedy="Add this rule.")
    client = Pods(**dict.fromkeys(names, refusal))
    answers, unanswered = ask_all(client, names)
    assert answers == {}
    assert set(unanswered.values()) == {str(refusal)}
    assert len(client.asked) <= 8


def test_nobody_is_asked_after_the_time_is_up() -> None:
    times = iter([0.0, *([1.0] * 2), *([31.0] * 9)])
    lock = threading.Lock()

    def clock() -> float:
        with lock:
            return next(times)

    answers, unanswered = ask_all(Pods(), [f"p{number}" for number in range(6)], clock=clock)
    assert (len(answers), set(unanswered.values())) == (2, {"not asked within 30 s"})
