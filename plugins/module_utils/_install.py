# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The work of milvus_install for `present`: observe, plan, apply, wait, report. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ._attempts import observe_unlocked, precede, repeat
from ._chart_choice import ChartChoice, ChartWish
from ._chart_source import interpret
from ._chart_version import check_constraint
from ._draft import Wish, describe_draft, draft, foretell
from ._errors import OptionError
from ._install_report import Result, describe_blockers
from ._redaction import secret_strings, spell
from ._values import merge
from ._values_files import read_values_files
from ._volumes import Claim, read_claims, remembered
from ._waiting import wait_for_release
from ._wanted_values import MERGE

if t.TYPE_CHECKING:
    from ._lock import Patience
    from ._module import Task
    from ._observe import Observation

Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Intent:
    """What the task's options come to, before anything was read of the cluster. *sensitive* is part of *values*."""

    chart: ChartWish
    values: Json
    sensitive: Json


def install(task: Task) -> Json:
    """Bring the release to the state that the task declares, and return the module's result."""
    intent = _read_options(task)
    merges = task.options["values_policy"] == MERGE

    def attempt(patience: Patience, lost: Json) -> Json:
        values = merge(lost, intent.values) if merges else intent.values
        return _bring_about(task, dataclasses.replace(intent, values=values), patience=patience)

    return repeat(task, attempt)


def _bring_about(task: Task, intent: Intent, *, patience: Patience) -> Json:
    """Do it by what is there now. Raises OvertakenError when that is no longer so."""
    found, repairs, notes = observe_unlocked(task, patience)
    secrets = secret_strings(intent.sensitive, *(one.values for one in (found.newest, found.running) if one))
    task.hide(spell(secrets))
    kept = read_claims(task.client, task.release) if found.running is None else ()
    choice = _choose_chart(task, intent, found=found, kept=kept)
    wish = _make_wish(task, intent, choice=choice)
    drafted = precede(repairs, draft(wish, found))
    if repairs and task.is_check:  # helm makes no dry run of a release that is locked
        return Result(task, found, found, foretell(drafted, found), intent.sensitive, notes=notes).build()
    if drafted.reasons and not drafted.blockers:
        # Here, because Ansible has every file compiled anew at each run, and most runs find nothing to do.
        from ._apply import Change
        from ._upgrade import upgrade

        change = Change(task, found, intent.chart, choice, frozenset(secrets), kept, notes)
        return upgrade(change, drafted, wish=wish)
    result = Result(task, found, found, describe_draft(drafted), intent.sensitive)
    if drafted.blockers:
        raise result.attach_to(describe_blockers(drafted.blockers))
    return result.conclude(wait_for_release)


def _read_options(task: Task) -> Intent:
    options = task.options
    constraint = options["chart_version"] or ""
    if constraint:
        check_constraint(constraint)
    sensitive = options["sensitive_values"] or {}
    values: Json = {}
    for layer in (*read_values_files(options["values_files"] or ()), options["release_values"] or {}, sensitive):
        values = merge(values, layer)
    return Intent(ChartWish(interpret(options), constraint), values, sensitive)


def _choose_chart(task: Task, intent: Intent, *, found: Observation, kept: tuple[Claim, ...]) -> ChartChoice:
    """Choose the chart, and refuse what does not go with it."""
    note = remembered(kept)
    digest = found.history.deployed.chart_digest if found.history.deployed else ""
    choice = intent.chart.choose(found.running, applied_digest=digest, remembered=note.chart_version if note else "")
    if choice.move and task.options["on_failure"] == "rollback":
        raise OptionError(
            "Reading the option on_failure",
            reason=f"'rollback' does not go with a move to {choice.move}: an older Milvus cannot read newer data",
            remedy="Leave on_failure out, and have a backup.",
        )
    return choice


def _make_wish(task: Task, intent: Intent, *, choice: ChartChoice) -> Wish:
    options = task.options
    return Wish(
        intent.values,
        intent.sensitive,
        options["values_policy"],
        choice.move,
        bool(options["allow_scale_in"]),
        bool(options["allow_unsafe_upgrade"]),
    )
