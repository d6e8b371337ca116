# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The return value of milvus_verify, with the same keys in every case. Pure. PRIVATE to this collection."""

from __future__ import annotations

import collections
import typing as t

from ._errors import VerificationError
from ._report import empty_report, pick_common, report
from ._verify_outcome import FAILED, SKIPPED

if t.TYPE_CHECKING:
    from ._observe import Observation
    from ._verify_checks import Checked
    from ._verify_scene import Pod, Scene

Json = dict[str, t.Any]

_LONGEST = 600  # characters of a row, so that an event of AWX has room for it


def build(found: Observation, checks: t.Sequence[Checked], *, scene: Scene | None = None) -> Json:
    """Return the module's result. *scene* is what there is to see of a release that is there."""
    body = report(found)
    listings = scene.listings if scene else ()
    return {
        "changed": False,
        **pick_common(body),
        "checks": [one.as_result() for one in checks],
        "placement": list(_place(scene)) if scene else [],
        "registration": [one.as_result() for one in listings],
        "summary": [_summarise(one) for one in checks],
        "waited": scene.waited if scene else None,
        "warnings": body["warnings"],
    }


def empty_verify_report(namespace: str, name: str) -> Json:
    """Return the keys of a result with nothing in them, for a failure before anything was read."""
    body = pick_common(empty_report(namespace, name))
    lists: Json = {key: [] for key in ("checks", "placement", "registration", "summary")}
    return {"changed": False, **body, **lists, "waited": None}


def _place(scene: Scene) -> t.Iterator[Json]:
    """Yield a row for each workload on each node, in the order of the workloads."""
    topology = scene.topology
    types = {part.workload.key: (part.type.key, part.group) for part in topology.components}
    types |= {part.key: (one.role, "") for one in topology.dependencies for part in one.workloads}
    for key, (kind, group) in types.items():
        by_node: dict[str, list[Pod]] = collections.defaultdict(list)
        for pod in scene.pods_of(key):
            by_node[pod.node].append(pod)
        for node, pods in sorted(by_node.items()):
            numbers = {"pods": len(pods), "ready": sum(pod.is_ready for pod in pods)}
            about = {"type": kind, "group": group, "workload": key.partition("/")[2]}
            yield {**about, "node": node, "zone": scene.zones.get(node), **numbers}


def _summarise(one: Checked) -> str:
    outcome = one.outcome
    words = outcome.reason if outcome.outcome == SKIPPED else outcome.evidence
    row = f"{outcome.outcome} {one.name}: {words}"
    return row if len(row) <= _LONGEST else f"{row[: _LONGEST - 1]}…"


def describe_failures(title: str, checks: t.Sequence[Checked]) -> VerificationError:
    """Return the error for the checks that the task fails for."""
    failures = [one for one in checks if one.is_failure]
    said = [
        f"{one.name}: {one.outcome.evidence}"
        if one.outcome.outcome == FAILED
        else f"{one.name} is required, and could not be checked: {one.outcome.reason.rstrip('.')}"
        for one in failures
    ]
    remedies = dict.fromkeys(one.outcome.remedy or _MAKE_POSSIBLE for one in failures)
    names = [one.name for one in failures]
    return VerificationError(
        f"Verifying {title}", reason="; ".join(said), remedy=" ".join(remedies), failed_checks=names
    )


_MAKE_POSSIBLE = "Make it possible to check what is required, or take it out of required_checks."
