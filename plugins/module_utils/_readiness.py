# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""When a workload counts as converged. Pure. PRIVATE to this collection."""

from __future__ import annotations

import re
import typing as t

Json = dict[str, t.Any]


class Counts(t.NamedTuple):
    """The pods of a workload as its status counts them. *terminating* is None where nobody has counted."""

    generation: int
    observed_generation: int
    desired: int
    total: int
    updated: int
    ready: int
    available: int
    terminating: int | None = None


def find_lag(counts: Counts) -> str:
    """Return what a workload still lacks, or "" when it has converged.

    Stricter than `helm --wait`, whose third generation is content with replicas - 25 %.
    """
    if counts.observed_generation < counts.generation:
        return "its controller has not seen the latest change"
    if counts.updated < counts.desired:
        return f"{counts.updated} of {counts.desired} pods are of the latest revision"
    if counts.total > counts.desired:
        return f"{counts.total - counts.desired} pods too many"
    if counts.ready < counts.desired:
        return f"{counts.ready} of {counts.desired} pods are ready"
    if counts.available < counts.desired:
        return f"{counts.available} of {counts.desired} pods are available"
    if counts.terminating:
        return f"{counts.terminating} pods are terminating"
    return ""


def expect_updates(counts: Counts, item: Json) -> Counts:
    """Leave pods out of the reckoning that the update strategy of a StatefulSet does not replace by itself."""
    strategy = item["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return counts._replace(updated=max(counts.updated, counts.desired))
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    return counts._replace(updated=counts.updated + min(partition, max(counts.desired - counts.updated, 0)))


# Every message of a Deployment's condition Progressing names the newest ReplicaSet.
_REPLICA_SET = re.compile(r'[Rr]eplica ?[Ss]et "([^"]+)"')


def find_revision(item: Json, kind: str) -> str:
    """Return what tells the pods of the latest revision, "" while it is unknown.

    That is the name of a Deployment's newest ReplicaSet, and the controller-revision-hash of a StatefulSet's pods.
    """
    if kind == "StatefulSet":
        return str((item.get("status") or {}).get("updateRevision") or "")
    progressing = find_condition(item, "Progressing")
    found = _REPLICA_SET.search(progressing.get("message") or "")
    return found[1] if found else ""


def find_job_lag(job: Json) -> str:
    """Return what a Job still lacks, or "" when it is complete."""
    if _is_true(job, "Complete"):
        return ""
    if _is_true(job, "Failed"):
        return "it has failed"
    done, wanted = (job.get("status") or {}).get("succeeded") or 0, job["spec"].get("completions") or 1
    return f"{done} of {wanted} pods are complete"


def find_job_failure(job: Json) -> str:
    """Return why a Job has failed for good, "" when it has not."""
    # FailureTarget comes first, while its pods still end.
    failed = next((find_condition(job, kind) for kind in ("Failed", "FailureTarget") if _is_true(job, kind)), None)
    return f"{failed['reason']}: {failed.get('message') or 'no message'}" if failed else ""


def find_condition(item: Json, kind: str) -> Json:
    """Return a condition of an object's status, an empty mapping where it has none of that type."""
    conditions: list[Json] = (item.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each.get("type") == kind), {})


def _is_true(item: Json, kind: str) -> bool:
    return find_condition(item, kind).get("status") == "True"


class Stability(t.NamedTuple):
    """Since when everything has been converged, and the pods and restarts by which one can tell that it still is."""

    since: float | None = None
    fingerprint: frozenset[tuple[str, int]] = frozenset()

    def observe(self, fingerprint: frozenset[tuple[str, int]], *, since: float) -> Stability:
        """Return the stability after a look that found all converged: it goes on if no pod is another or restarted."""
        if self.since is not None and self.fingerprint == fingerprint:
            return self
        return Stability(since, fingerprint)
