# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The preflight of a change: added to its plan, or told in place of helm's refusal to render. PRIVATE."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ._draft import Plan, describe_chart, describe_release, foretell
from ._errors import HelmError, MilvusError
from ._install_report import Result, describe_blockers
from ._manifest import Manifest, read_manifest
from ._preflight import Ahead, Preflight, check_ahead

if t.TYPE_CHECKING:
    from ._apply import Change
    from ._draft import Draft
    from ._plan import Render

Json = dict[str, t.Any]

# helm's dry run reads each object, and ends at the first that it may not read or that the API server does not know.
_REFUSAL = re.compile(r"is forbidden: User|no matches for kind")


def add_checks(change: Change, plan: Plan, *, before: Manifest, render: Render) -> Plan:
    """Add to a plan what the cluster is going to say to it."""
    preflight = _check(change, before=before, after=render.manifest, chart=describe_chart(render.chart))
    return _add(plan, preflight)


def explain_refusal(
    change: Change, exc: HelmError, *, drafted: Draft, before: Manifest, sensitive: Json
) -> MilvusError:
    """Return the error to raise where helm's dry run has failed: all that is missing, if it is for that."""
    if not _REFUSAL.search(exc.reason):
        return exc
    try:
        manifest = read_manifest(change.template(drafted.values), where=f"the chart of {change.task.title}")
    except HelmError:
        return exc
    preflight = _check(change, before=before, after=manifest, chart="helm has found it")
    if not preflight.blockers:
        return exc
    plan = _add(foretell(drafted, change.found), preflight)
    result = Result(change.task, change.found, change.found, plan, sensitive, notes=change.notes)
    return result.attach_to(describe_blockers(plan.blockers))


def _check(change: Change, *, before: Manifest, after: Manifest, chart: str) -> Preflight:
    options, found = change.task.options, change.found
    action = f"{change.verb if found.running else 'Installing'} {describe_release(found)}"
    creates_namespace = found.running is None and bool(options["create_namespace"])
    version = ".".join(map(str, change.helm.version))
    ahead = Ahead(action, before, after, chart, version, creates_namespace)
    return check_ahead(change.task.client, ahead, found=found, require_capacity=bool(options["require_capacity"]))


def _add(plan: Plan, preflight: Preflight) -> Plan:
    blockers = (*plan.blockers, *preflight.blockers)
    warnings = (*plan.warnings, *preflight.warnings)
    return dataclasses.replace(plan, blockers=blockers, checks=preflight.checks, warnings=warnings)
