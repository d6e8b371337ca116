# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What Milvus says of its workers and processes, judged."""

from __future__ import annotations

import dataclasses

from ansible_collections.milvus.cluster.plugins.module_utils._health import Answer
from ansible_collections.milvus.cluster.plugins.module_utils._registration import Listing
from ansible_collections.milvus.cluster.plugins.module_utils._verify_outcome import Outcome
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.scenes import check, make_scene

RIGHT = Listing("query_node", 3, 3, "a gauge of pod p")
STREAMING = Listing("streaming_node", 1, None, reason="no gauge")
NO_WAY = "no way to 10.0.0.7"


def register(*listings: Listing) -> Outcome:
    return check("registration", dataclasses.replace(make_scene(), listings=listings))


def test_milvus_lists_what_there_is() -> None:
    outcome = register(RIGHT, STREAMING)
    assert outcome == ("passed", "query_node 3 (a gauge of pod p)", "streaming_node: no gauge", "")


def test_milvus_lists_another_number() -> None:
    outcome = register(RIGHT._replace(listed=4), RIGHT._replace(type="proxy"), STREAMING)
    assert outcome[:2] == ("failed", "Milvus lists 4 query_node, 3 expected (a gauge of pod p)")
    assert outcome.reason == "streaming_node: no gauge"


def test_other_workers_than_there_are_pods() -> None:
    outcome = register(RIGHT._replace(detail="pod p is not listed"))
    words = "Milvus lists 3 query_node, 3 expected (a gauge of pod p): pod p is not listed"
    assert outcome[:2] == ("failed", words)


def test_what_cannot_be_known_is_skipped() -> None:
    unknown = [Listing(key, 1, None, reason=NO_WAY) for key in ("query_node", "proxy")]
    assert register(*unknown) == ("skipped", "", f"proxy, query_node: {NO_WAY}", "")
    part = register(RIGHT, Listing("proxy", 1, None, reason=NO_WAY))
    assert part == ("skipped", "query_node 3 (a gauge of pod p)", f"proxy: {NO_WAY}", "")
    assert register(STREAMING).outcome == "skipped"


def test_without_workers() -> None:
    assert register() == ("skipped", "", "the release has no workers", "")
    alone = check("registration", make_scene("standalone"))
    assert alone == ("skipped", "", "a standalone Milvus has no workers to list", "")


def answer(answers: dict[str, Answer], unanswered: dict[str, str] | None = None) -> Outcome:
    return check("health", dataclasses.replace(make_scene(), answers=answers, unanswered=unanswered or {}))


def test_all_are_well() -> None:
    well = {"a": Answer(True), "b": Answer(True)}
    assert answer(well) == ("passed", "2 of 2 pods say that they are well", "", "")


def test_one_is_not() -> None:
    outcome = answer({"a": Answer(True), "b": Answer(False, "querynode is abnormal")}, {"c": NO_WAY})
    assert outcome[:3] == ("failed", "pod b: querynode is abnormal", f"c: {NO_WAY}")


def test_what_gives_no_answer_is_skipped() -> None:
    none = answer({}, {"a": NO_WAY, "b": "no way to 10.0.0.8"})
    assert none == ("skipped", "", f"a, and 1 more: {NO_WAY}", "")
    some = answer({"a": Answer(True)}, {"b": NO_WAY})
    assert some == ("skipped", "1 of 2 pods say that they are well", f"b: {NO_WAY}", "")
    assert answer({}) == ("skipped", "", "no pod of Milvus runs", "")
