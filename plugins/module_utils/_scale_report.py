# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The return value of milvus_scale, with the same keys in every case. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ._install_report import Result, empty_install_report
from ._topology import WORKER_TYPES

if t.TYPE_CHECKING:
    from ._draft import Plan
    from ._module import Task
    from ._observe import Observation
    from ._registration import Listing
    from ._scale_request import Request

Json = dict[str, t.Any]

# What an install returns and a scale has nothing to say to.
_OF_INSTALL = ("values_not_in_task", "backup_file")


@dataclasses.dataclass(frozen=True)
class ScaleResult(Result):
    """What is known of a scale so far."""

    listings: tuple[Listing, ...] = ()

    def build(self) -> Json:
        """Return the module's result."""
        registration = [one.as_result() for one in self.listings]
        return {**super().build(), "registration": registration}


def keep_own(body: Json) -> Json:
    """Leave out of a result what only an install returns."""
    return {key: value for key, value in body.items() if key not in _OF_INSTALL}


def foretell_absent(task: Task, found: Observation, *, request: Request, plan: Plan) -> Json:
    """Return what check mode says of a release that is not there yet."""
    body = ScaleResult(task, found, found, plan, {}).build()
    asked = [(worker.key, request.counts[worker.key]) for worker in WORKER_TYPES if worker.key in request.counts]
    counts = [{"type": key, "group": "", "workload": "", "before": None, "after": count} for key, count in asked]
    warning = f"There is no {task.title}: outside of check mode it would have to be installed before."
    return {**body, "counts": counts, "warnings": [*body["warnings"], warning]}


def empty_scale_report(namespace: str, name: str) -> Json:
    """Return the keys of a result with nothing in them, for a failure before anything was read."""
    return {**keep_own(empty_install_report(namespace, name)), "registration": []}
