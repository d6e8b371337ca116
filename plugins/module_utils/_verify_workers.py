# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Checks of what Milvus says of itself: its workers by the coordinators, and each process. Pure. PRIVATE."""

from __future__ import annotations

import re
import typing as t

from ._registration import DIFFERENT, NOT_CHECKED, has_gauge
from ._topology import STANDALONE
from ._verify_outcome import PASSED, Outcome, enumerate_some, judge, skip

if t.TYPE_CHECKING:
    from ._verify_scene import Scene

_ADDRESS = re.compile(r"\d+(\.\d+){3}")


def check_registration(scene: Scene) -> Outcome:
    """Milvus lists as many workers of each type as there are pods."""
    if scene.topology.mode == STANDALONE:
        return skip("a standalone Milvus has no workers to list")
    if not scene.listings:
        return skip("the release has no workers")
    known = [f"{one.type} {one.listed} ({one.source})" for one in scene.listings if one.listed is not None]
    different = [
        f"Milvus lists {one.listed} {one.type}, {one.expected} expected ({one.source})"
        + (f": {one.detail}" if one.detail else "")
        for one in scene.listings
        if one.outcome == DIFFERENT
    ]
    unknown = [one for one in scene.listings if one.outcome == NOT_CHECKED]
    reason, evidence = _explain({one.type: one.reason for one in unknown}, most=5), ", ".join(known)
    if different:
        remedy = "Read the logs of the pods of that type; a session outlives its process by up to 60 s."
        return judge(different, evidence, remedy=remedy)._replace(reason=reason)
    if any(has_gauge(one.type) for one in unknown) or not known:
        return skip(reason, evidence=evidence)
    return Outcome(PASSED, evidence, reason)


def check_health(scene: Scene) -> Outcome:
    """Each process of Milvus says that it is well."""
    ill = [f"pod {name}: {one.words}" for name, one in sorted(scene.answers.items()) if not one.is_well]
    total = len(scene.answers) + len(scene.unanswered)
    said = f"{len(scene.answers) - len(ill)} of {total} pods say that they are well"
    reason = _explain(scene.unanswered, most=1)
    if not ill and (scene.unanswered or not total):
        return skip(reason or "no pod of Milvus runs", evidence=said if scene.answers else "")
    remedy = "Read the logs of these pods: a process that stays so does not reach etcd, or its coordinator."
    return judge(ill, said, remedy=remedy)._replace(reason=reason)


def check_settled(scene: Scene) -> Outcome:
    """No segment is being moved, and no query node waits for its share."""
    spread = scene.spread
    if spread is None:
        return skip("there are no query nodes")
    if spread.tasks is None:
        return skip(enumerate_some(spread.unread))
    remedy = "Searches may miss rows until it is done: verify again, with more wait_timeout."
    if spread.is_moving:
        under_way = ", ".join(f"{count} {kind}" for kind, count in sorted(spread.tasks.items()))
        return judge([f"the query coordinator has tasks under way: {under_way}"], "", remedy=remedy)
    number = sum(map(len, spread.segments.values()))
    held = sum(sum(pods.values()) for pods in spread.segments.values())
    evidence = f"the query coordinator moves nothing, and {number} query nodes hold {held} segments"
    empty = spread.find_empty()
    if spread.unread or (empty and scene.is_balanced is None):
        unknown = "the values of the release do not say whether queryCoord.autoBalance is on"
        return skip(enumerate_some([*spread.unread, *empty] + ([] if spread.unread else [unknown])), evidence=evidence)
    return judge(empty if scene.is_balanced else (), evidence, remedy=remedy)


def _explain(reasons: t.Mapping[str, str], *, most: int) -> str:
    """Tell each reason once, with some of those that have it; an address within it makes no other one of it."""
    groups: dict[str, list[str]] = {}
    for name, reason in sorted(reasons.items()):
        groups.setdefault(_ADDRESS.sub("", reason), []).append(name)
    return enumerate_some(
        [f"{enumerate_some(names, comma=', ', most=most)}: {reasons[names[0]]}" for names in groups.values()]
    )
