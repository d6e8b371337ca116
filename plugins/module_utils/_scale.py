# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The work of milvus_scale: observe, plan, apply, wait, report. PRIVATE to this collection."""

from __future__ import annotations

import functools
import typing as t

from ._attempts import observe_unlocked, precede, repeat
from ._chart_choice import ChartWish
from ._chart_source import interpret
from ._draft import Action, Plan, describe_draft, foretell
from ._errors import MilvusError, OptionError
from ._install_report import describe_blockers
from ._redaction import secret_strings, spell
from ._registration_wait import wait_for_workers
from ._scale_draft import ScaleWish, draft_scale
from ._scale_report import ScaleResult, foretell_absent, keep_own
from ._scale_request import Request, read_request

if t.TYPE_CHECKING:
    from ._chart_choice import ChartChoice
    from ._lock import Patience
    from ._module import Task
    from ._release import Release

Json = dict[str, t.Any]


def scale(task: Task) -> Json:
    """Give the worker types the counts that the task names, and return the module's result."""
    options = task.options
    request, chart = read_request(options), ChartWish(interpret(options), "")

    def attempt(patience: Patience, lost: Json) -> Json:
        wish = ScaleWish(
            request,
            options["drift"],
            bool(options["allow_restarts"]),
            options["strategy"],
            options["scale_in_step"],
            lost,
        )
        return _bring_about(task, wish, chart=chart, patience=patience)

    try:
        return keep_own(repeat(task, attempt))
    except MilvusError as exc:
        exc.result = keep_own(exc.result)
        raise


def _bring_about(task: Task, wish: ScaleWish, *, chart: ChartWish, patience: Patience) -> Json:
    """Do it by what is there now. Raises OvertakenError when that is no longer so."""
    found, repairs, notes = observe_unlocked(task, patience)
    notes = (*wish.request.hints, *notes)
    secrets = secret_strings({}, *(one.values for one in (found.newest, found.running) if one))
    task.hide(spell(secrets))
    if task.is_check and found.running is None and not found.operator_managed:
        return foretell_absent(task, found, request=wish.request, plan=_foresee(wish.request))
    drafted = precede(repairs, draft_scale(wish, found))
    if repairs and task.is_check and not drafted.blockers:  # helm makes no dry run of a release that is locked
        return ScaleResult(task, found, found, foretell(drafted, found), {}, notes=notes).build()
    if drafted.reasons and not drafted.blockers and found.running is not None:
        # Here, because Ansible has every file compiled anew at each run, and most runs find nothing to do.
        from ._apply import Change
        from ._scale_apply import carry_through

        change = Change(
            task,
            found,
            chart,
            _choose(chart, found.running),
            frozenset(secrets),
            notes=notes,
            validates=wish.allow_restarts,  # counts alone change, and the schema costs helm half of its time
            verb="Scaling",
        )
        return carry_through(change, drafted, wish=wish)
    result = ScaleResult(task, found, found, describe_draft(drafted), {}, notes=notes)
    if drafted.blockers:
        raise result.attach_to(describe_blockers(drafted.blockers))
    return result.conclude(functools.partial(wait_for_workers, types=wish.request.types))


def _foresee(request: Request) -> Plan:
    """Return what can be said of a release that is not there yet."""
    return Plan({}, actions=tuple(Action("scale", key, None, count) for key, count in request.counts.items()))


def _choose(chart: ChartWish, running: Release) -> ChartChoice:
    """Take the chart of the release: a scale does not move it."""
    choice = chart.choose(running, applied_digest="", remembered="")
    if choice.move:
        raise OptionError(
            "Reading the option chart_ref",
            reason=f"{chart.source.reference} is {choice.move}, and the release is of chart {running.chart.name} "
            f"{running.chart.version}",
            remedy="Give the chart of the release, or move the release by milvus_install first.",
        )
    return choice
