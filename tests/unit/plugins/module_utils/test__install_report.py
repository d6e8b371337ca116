# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import json

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._draft import Action, Blocker, Plan, Restart
from ansible_collections.milvus.cluster.plugins.module_utils._install_report import empty_install_report, show_plan


@pytest.mark.parametrize(
    ("action", "row"),
    [
        (Action("install", "release a/b", None, "chart milvus 5"), "install release a/b: chart milvus 5"),
        (Action("upgrade", "release a/b", "chart c 1", "chart c 2"), "upgrade release a/b: chart c 1 -> chart c 2"),
        (Action("set value", "a.b", None, 3), "set value a.b: 3"),
        (Action("set value", "a.b", 1, {"c": [None]}), 'set value a.b: 1 -> {"c": [null]}'),
        (Action("set value", "a.b", "x", ""), 'set value a.b: x -> ""'),
        (Action("set value", "a.b", None, "first\nsecond"), "set value a.b: first…"),
        (Action("remove value", "a.b", "x"), "remove value a.b: x"),
        (Action("create", "Deployment/d", None, 1), "create Deployment/d (1 pod)"),
        (Action("delete", "Deployment/d", 3), "delete Deployment/d (3 pods)"),
        (Action("delete", "Job/j"), "delete Job/j"),
        (Action("scale", "Deployment/d", 1, 3), "scale Deployment/d: 1 -> 3"),
        (Action("restart", "Deployment/d"), "restart Deployment/d (2 pods)"),
        (Action("update", "Service/s"), "update Service/s"),
    ],
)
def test_rows(action: Action, row: str) -> None:
    plan = Plan({}, actions=(action,), restarts=(Restart("Deployment", "d", 2),))
    assert show_plan(plan)["summary"] == [row]


def test_no_row_is_too_long_for_an_event() -> None:
    long = "x" * 5000
    updates = tuple(Action("update", f"ConfigMap/{'c' * 60}-{number}") for number in range(80))
    plan = Plan({}, actions=(*updates, Action("set value", "a", long, long)))
    rows = show_plan(plan)["summary"]
    assert len(rows) == 2
    assert max(map(len, rows)) < 1000


def test_plain_data() -> None:
    plan = Plan({}, actions=(Action("scale", "d", 1, 2),), blockers=(Blocker("Doing it", "so", "Leave it."),))
    shown = show_plan(plan)
    assert json.loads(json.dumps(shown)) == shown
    assert shown["blockers"] == ["Doing it is blocked: so. Leave it."]


def test_the_empty_report_names_the_release() -> None:
    report = empty_install_report("ns", "rel")
    assert (report["release"]["namespace"], report["release"]["name"]) == ("ns", "rel")
    assert (report["changed"], report["plan"]["actions"]) == (False, [])
