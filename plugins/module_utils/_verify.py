# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The work of milvus_verify: observe, judge, report. It changes nothing of the release. PRIVATE."""

from __future__ import annotations

import typing as t

from ._errors import OptionError, VerificationError
from ._observe import observe
from ._scale_request import read_request
from ._topology import OPERATOR
from ._verify_checks import choose, find_needs, judge_all, skip_all
from ._verify_data import find_secrets, find_wanted
from ._verify_observe import look
from ._verify_report import build, describe_failures
from ._verify_scene import Scene

if t.TYPE_CHECKING:
    from ._module import Task
    from ._observe import Observation

Json = dict[str, t.Any]

# What a scale asks for beside counts.
_NOTHING_ELSE = {"autoscaling": {}, "allow_zero": True, "scale_in_step": 1}


def verify(task: Task) -> Json:
    """Do the checks that the task names, and return the module's result. Raises VerificationError."""
    options = task.options
    request = read_request({"replicas": options["replicas"], **_NOTHING_ELSE})
    task.hide(find_secrets(options))
    names = choose(options["checks"], options["required_checks"], wanted=find_wanted(options))
    for option in ("wait_timeout", "restart_window"):
        if options[option] < 0:
            raise OptionError(f"Reading the option {option}", reason="it is less than 0", remedy="Give seconds.")
    found = observe(task.client, task.release)
    if found.running is None:
        return _tell_absence(task, found, names=names)
    scene = Scene(found, request.counts, options["restart_window"])
    scene = look(task, scene, needs=find_needs(names))
    checks = judge_all(scene, names, required=options["required_checks"])
    result = build(scene.found, checks, scene=scene)
    if any(one.is_failure for one in checks):
        error = describe_failures(task.title, checks)
        error.result = result
        raise error
    return {**result, "warnings": [*request.hints, *result["warnings"]]}


def _tell_absence(task: Task, found: Observation, *, names: t.Sequence[str]) -> Json:
    """Return that nothing was checked, which outside of check mode is a failure."""
    reason = f"there is no {task.title}"
    if found.operator_managed:
        reason += f", but a Milvus of that name that {OPERATOR} manages"
    if task.is_check:
        return build(found, skip_all(names, f"{reason}; outside of check mode that is a failure"))
    error = VerificationError(
        f"Verifying {task.title}",
        reason=reason,
        remedy="Install it by milvus_install, or correct release_name and release_namespace.",
        failed_checks=list(names),
    )
    error.result = build(found, skip_all(names, reason))
    raise error
