# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""When a workload counts as converged. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t


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
