# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _attempts
from ansible_collections.milvus.cluster.plugins.module_utils._errors import OvertakenError
from ansible_collections.milvus.cluster.plugins.module_utils._lock import Patience

Json = dict[str, t.Any]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(_attempts, "_PAUSE", 0)
    return []


def repeat(said: list[str], outcomes: list[Json | OvertakenError], *, timeout: int = 60) -> tuple[Json, list[Json]]:
    """Repeat until an outcome is no error; return it, and the values that each attempt was given."""
    given: list[Json] = []

    def attempt(_patience: Patience, lost: Json) -> Json:
        given.append(lost)
        outcome = outcomes[len(given) - 1]
        if isinstance(outcome, OvertakenError):
            raise outcome
        return outcome

    task = types.SimpleNamespace(options={"lock_timeout": timeout}, say=said.append)
    return _attempts.repeat(t.cast(t.Any, task), attempt), given


def overtaken(overwritten: Json | None = None) -> OvertakenError:
    return OvertakenError("Changing it", reason="somebody was faster", remedy="Wait.", overwritten=overwritten)


def test_once_is_enough(said: list[str]) -> None:
    assert repeat(said, [{"changed": False, "x": 1}]) == ({"changed": False, "x": 1}, [{}])
    assert said == []


def test_what_was_overtaken_is_done_anew(said: list[str]) -> None:
    result, given = repeat(said, [overtaken(), {"changed": False}])
    assert (result, given) == ({"changed": False}, [{}, {}])
    assert said == ["Changing it is blocked: somebody was faster. Wait. The plan is made anew."]


def test_values_that_ours_have_gone_over_are_handed_on(said: list[str]) -> None:
    outcomes: list[Json | OvertakenError] = [
        overtaken({"a": 1, "b": {"c": 1}}),
        overtaken({"b": {"c": 2}}),
        {"changed": False},
    ]
    result, given = repeat(said, outcomes)
    assert result == {"changed": True}
    assert given == [{}, {"a": 1, "b": {"c": 1}}, {"a": 1, "b": {"c": 2}}]


def test_patience_ends(said: list[str]) -> None:
    with pytest.raises(OvertakenError):
        repeat(said, [overtaken()], timeout=0)
