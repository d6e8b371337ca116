# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What is read off results, each of which may be missing or a failure."""

from __future__ import annotations

import pytest

from ansible_collections.milvus.cluster.plugins.plugin_utils._story import read_story
from ansible_collections.milvus.cluster.tests.unit.plugins.plugin_utils.results import (
    INSTALL,
    RELEASE,
    RESULTS,
    SCALE,
    VERIFY,
    Json,
    component,
    count,
    fail,
)


def test_the_whole_of_a_run() -> None:
    story = read_story(RESULTS)
    assert (story.release, story.changed, story.failure, story.is_verified) == (RELEASE, True, None, True)
    assert [[part.name for part in tier] for tier in story.tiers] == [
        ["proxy"],
        ["mix coordinator"],
        ["query node", "data node", "streaming node"],
        ["etcd", "s3 object storage", "woodpecker message queue"],
    ]
    assert [part.words for part in story.tiers[3]] == ["3 of 3 ready", "external", "in Milvus itself"]
    assert [one[:4] for one in story.workers] == [
        ("query_node", "query node", 0, 3),
        ("data_node", "data node", 0, 1),
        ("streaming_node", "streaming node", 0, 1),
        ("proxy", "proxy", 0, 2),
    ]
    assert [(step.title, step.seconds, step.waited, step.outcome) for step in story.steps] == [
        ("install", 12.0, 4.5, "changed"),
        ("scale query_node 1 → 3", 5.0, 2.0, "changed"),
        ("scale proxy 1 → 2", 3.0, 1.0, "changed"),
        ("scale what is left", 0.5, 0.0, "unchanged"),
        ("verify", 3.0, 0.1, "unchanged"),
    ]
    assert {spot.kind for spot in story.spots} >= {"query_node", "coordinator", "etcd"}
    assert story.warnings == ("Mind the gap.",)
    assert [story.count_checks(outcome) for outcome in ("passed", "failed", "skipped")] == [1, 0, 1]


@pytest.mark.parametrize(
    ("results", "before"),
    [
        ({"install": INSTALL, "scale": SCALE}, [0, 0, 0, 0]),
        # Without an install, what was there before the scale.
        ({"scale": SCALE, "verify": VERIFY}, [1, 1, 0, 1]),
        ({"scale": SCALE, "install": {}, "verify": None}, [1, 1, 0, 1]),
        ({"verify": VERIFY}, [None] * 4),
    ],
)
def test_the_counts_before(results: Json, before: list[int | None]) -> None:
    assert [one.before for one in read_story(results).workers] == before


def test_resource_groups_are_one() -> None:
    groups = [component("query_node", 2, ready=1, group="east"), component("query_node", 3, group="west")]
    counts = [count("query_node", 1, 2), count("query_node", 1, 3)]
    story = read_story({"scale": {**SCALE, "components": groups, "counts": counts}})
    assert story.workers == (("query_node", "query node", 2, 5, 4),)
    (part,) = story.tiers[0]
    assert (part.name, part.words, part.is_well) == ("query node in 2 groups", "4 of 5 ready", False)


@pytest.mark.parametrize("stage", ["install", "scale", "verify"])
def test_a_failure(stage: str) -> None:
    story = read_story(fail(stage, steps=None))
    assert story.failure == (stage, "It failed: no room. Make room.")
    assert not story.is_verified
    assert (story.steps[-1].title, story.steps[-1].outcome) == (stage, "failed")


def test_a_failure_before_anything_was_read() -> None:
    unknown = {**dict.fromkeys(RELEASE), "name": "my-release", "namespace": "milvus", "status": "unknown"}
    empty = {"release": unknown, "components": [], "dependencies": [], "counts": [], "endpoints": [], "placement": []}
    alone = read_story({"install": {**empty, "failed": True, "msg": "No answer."}})
    assert (alone.release, alone.tiers, alone.workers, alone.failure) == (unknown, (), (), ("install", "No answer."))
    # What an earlier result knows counts still.
    assert read_story({**fail("verify"), "verify": {**empty, "failed": True, "msg": "x"}}).release == RELEASE


def test_nothing() -> None:
    story = read_story({})
    assert (story.release, story.tiers, story.steps, story.changed) == ({}, (), (), False)
