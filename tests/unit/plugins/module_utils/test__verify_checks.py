# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which checks are done, which is skipped for what, and what the module says of them."""

from __future__ import annotations

import dataclasses

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import VERIFY
from ansible_collections.milvus.cluster.plugins.module_utils._data_plane import Finding
from ansible_collections.milvus.cluster.plugins.module_utils._verify_checks import (
    CHECKS,
    Checked,
    choose,
    find_needs,
    judge_all,
    skip_all,
)
from ansible_collections.milvus.cluster.plugins.module_utils._verify_data import IN_CHECK_MODE
from ansible_collections.milvus.cluster.plugins.module_utils._verify_observe import _READERS
from ansible_collections.milvus.cluster.plugins.module_utils._verify_outcome import Outcome
from ansible_collections.milvus.cluster.plugins.module_utils._verify_report import (
    build,
    describe_failures,
    empty_verify_report,
)
from ansible_collections.milvus.cluster.plugins.module_utils._verify_scene import PODS
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.scenes import change_pod, make_scene


def test_the_options_offer_what_there_is() -> None:
    assert VERIFY["checks"]["choices"] == VERIFY["required_checks"]["choices"] == list(CHECKS)


def test_what_is_needed_can_be_read() -> None:
    assert find_needs(CHECKS) == _READERS.keys()
    assert find_needs(["release", "counts"]) == frozenset()


def test_a_choice() -> None:
    usual = tuple(name for name in CHECKS if name not in ("resource_groups", "smoke_test", "probe"))
    assert choose([], ["health"]) == usual
    assert choose([], [], wanted=["smoke_test"]) == (*usual, "smoke_test")
    assert choose([], ["probe"]) == (*usual, "probe")
    assert choose(["pods"], [], wanted=["probe"]) == ("pods", "probe")
    assert choose([], ["resource_groups"]) == (*usual, "resource_groups")
    assert choose(["smoke_test"], []) == ("smoke_test",)
    assert choose(["pods", "release"], []) == ("release", "pods")
    assert choose(["pods"], ["release"]) == ("release", "pods")


def test_what_could_not_be_read_is_skipped_with_the_reason() -> None:
    scene = dataclasses.replace(make_scene(), unread={PODS: "Listing pods failed: it is forbidden. Add a rule."})
    checks = judge_all(scene, CHECKS, required=["pods"])
    skipped = {one.name: one for one in checks if one.outcome.reason == scene.unread[PODS]}
    assert set(skipped) == {
        "pods",
        "images",
        "volumes",
        "disruption_budgets",
        "health",
        "settled",
        "resource_groups",
        "smoke_test",
        "probe",
    }
    assert [name for name, one in skipped.items() if one.is_failure] == ["pods"]


def test_what_check_mode_does_not_do_is_no_failure_of_what_is_required() -> None:
    required = ("smoke_test", "registration")
    scene = dataclasses.replace(make_scene(), smoke=IN_CHECK_MODE)
    checks = judge_all(scene, required, required=required)
    assert [(one.outcome.outcome, one.is_failure) for one in checks] == [("skipped", False), ("skipped", True)]
    assert checks[0].outcome.reason == "it would write into Milvus, which check mode does not do"
    (unreached,) = judge_all(
        dataclasses.replace(scene, smoke=Finding(reason="no way")), ["smoke_test"], required=required
    )
    assert unreached.is_failure


def test_each_skip_has_a_reason() -> None:
    checks = judge_all(make_scene(), CHECKS, required=())
    assert {one.name for one in checks if one.outcome.outcome == "skipped"} == {
        *("registration", "health", "settled", "resource_groups", "smoke_test", "probe")
    }
    assert all(one.outcome.reason for one in checks if one.outcome.outcome == "skipped")


def test_a_failure_is_told_with_the_next_step() -> None:
    failed = Outcome("failed", "it is Lost", remedy="Look.")
    checks = (
        Checked("volumes", failed),
        Checked("pods", failed._replace(evidence="none is ready")),
        Checked("release", Outcome("passed", "fine")),
        Checked("health", Outcome("skipped", reason="It is forbidden."), is_required=True),
        Checked("registration", Outcome("skipped", reason="no way")),
    )
    error = describe_failures("release a/b", checks)
    assert str(error) == (
        "Verifying release a/b failed: volumes: it is Lost; pods: none is ready; health is required, and could not be "
        "checked: It is forbidden. Look. Make it possible to check what is required, or take it out of required_checks."
    )
    assert error.facts == {"failed_checks": ["volumes", "pods", "health"]}


def test_the_result_has_the_same_keys_always() -> None:
    found = make_scene().found
    result = build(found, skip_all(CHECKS, "there is none"))
    empty = empty_verify_report("ns", "r")
    assert result.keys() - {"warnings"} == empty.keys()
    assert result["summary"][0] == "skipped release: there is none"
    assert {tuple(one) for one in result["checks"]} == {("name", "outcome", "evidence", "reason", "remedy")}


def test_where_the_pods_are() -> None:
    scene = make_scene("querynode", live={"querynode": 3})
    nodes = ("a", "b", "")
    placed = tuple(pod._replace(node=node) for pod, node in zip(scene.pods, nodes))
    found = dataclasses.replace(scene, pods=(*placed, scene.pods[3]._replace(node="a")), zones={"a": "east", "b": ""})
    found = change_pod(found, "etcd", ready_since=None)
    rows = build(found.found, (), scene=found)["placement"]
    assert [(row["type"], row["node"], row["zone"], row["pods"], row["ready"]) for row in rows] == [
        ("query_node", "", None, 1, 1),
        ("query_node", "a", "east", 1, 1),
        ("query_node", "b", "", 1, 1),
        ("etcd", "a", "east", 1, 0),
    ]
    assert {tuple(row) for row in rows} == {("type", "group", "workload", "node", "zone", "pods", "ready")}


def test_a_row_has_room_in_an_event_of_awx() -> None:
    long = Checked("pods", Outcome("failed", "x" * 5000))
    (row,) = build(make_scene().found, [long])["summary"]
    assert len(row) == 600
