# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether an install or upgrade has anything to do, from the stored release alone. Pure. PRIVATE to this collection.

A draft says whether helm has to run. What helm then shows of the change makes it a plan (_plan).
"""

from __future__ import annotations

import dataclasses
import typing as t

from ._chart_lines import find_reuse
from ._topology import OPERATOR
from ._values import compare, format_path
from ._wanted_values import Count, adopt_counts, find_unnamed, read_counts, want_values

if t.TYPE_CHECKING:
    from ._observe import Observation
    from ._preflight_check import Check
    from ._release import Chart
    from ._topology import Workload

Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Wish:
    """What the task asks for.

    *values* are the task's with the *sensitive* ones merged in. *chart_differs* names the chart to move to, "" to stay.
    """

    values: Json
    sensitive: Json
    policy: str
    chart_differs: str
    allow_scale_in: bool
    allow_unsafe_upgrade: bool


class Action(t.NamedTuple):
    """One thing that is done to *object*; *before* and *after* say from what to what, where that means something."""

    action: str
    object: str
    before: t.Any = None
    after: t.Any = None


class Blocker(t.NamedTuple):
    """Why something must not be done, in the parts of an error."""

    action: str
    reason: str
    remedy: str


@dataclasses.dataclass(frozen=True)
class Draft:
    """Whether helm has to run, and with which values. *reasons* is empty when nothing is to be done.

    With *is_suspicion* there is only a sign that something is: it counts when the render differs from what is there.
    """

    is_install: bool
    values: Json
    reasons: tuple[Action, ...]
    values_not_in_task: tuple[str, ...]
    blockers: tuple[Blocker, ...] = ()
    is_suspicion: bool = False


class Take(t.NamedTuple):
    """A Deployment's count to own during the upgrade, so that helm meets no conflict; afterwards too if *hold*."""

    kind: str
    name: str
    replicas: int
    hold: bool


class Restart(t.NamedTuple):
    """A workload whose pods are replaced."""

    kind: str
    name: str
    pods: int

    @property
    def key(self) -> str:
        """Its name in mappings, and in messages."""
        return f"{self.kind}/{self.name}"


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is going to be done; nothing while there are *blockers*.

    *values* are what helm gets, *chart* and *workloads* what there will be, *checks* what the cluster says to it.
    *phases* are counts that are set and waited for one after the other, before helm sets the rest and notes them all.
    """

    values: Json
    chart: str = ""
    workloads: tuple[Workload, ...] = ()
    actions: tuple[Action, ...] = ()
    restarts: tuple[Restart, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    takes: tuple[Take, ...] = ()
    values_not_in_task: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    warnings: tuple[str, ...] = ()
    phases: tuple[tuple[Take, ...], ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.actions)


def draft(wish: Wish, found: Observation) -> Draft:
    """Decide from the stored release whether there is anything to do."""
    running = found.running
    deployed = running.values if running else None
    values = want_values(wish.values, deployed, policy=wish.policy)
    unnamed = tuple(map(format_path, find_unnamed(wish.values, deployed))) if deployed else ()
    blockers = tuple(_refuse_others(found))
    if running is None:
        return Draft(True, values, (Action("install", describe_release(found)),), unnamed, blockers)
    counts = read_counts(found.topology, found.live, task=wish.values) if found.topology else ()
    reasons = tuple(_find_reasons(wish, found, changed=bool(compare(running.values, values)), counts=counts))
    is_suspicion = not reasons and bool(find_reuse(running))
    if is_suspicion:
        title = f"revision {running.revision} of {describe_release(found)}"
        reasons = (Action("repair", title, "defaults of another chart", describe_chart(running.chart)),)
    if reasons:
        values = adopt_counts(values, counts)
    return Draft(False, values, reasons, unnamed, blockers, is_suspicion)


def describe_release(found: Observation) -> str:
    """Name the release, for messages."""
    return f"release {found.namespace}/{found.name}"


def _refuse_others(found: Observation) -> t.Iterator[Blocker]:
    if found.running is not None and found.topology is not None and found.topology.mode == "none":
        reason = f"it is of chart {describe_chart(found.running.chart)}, which has no Milvus workload"
        yield Blocker(f"Changing {describe_release(found)}", reason, "Choose another release_name or namespace.")
    if found.operator_managed:
        reason = f"a Milvus of that name is there, managed by {OPERATOR}"
        yield Blocker(f"Installing {describe_release(found)}", reason, "Choose another release_name or namespace.")


def find_repairs(found: Observation) -> t.Iterator[Action]:
    """Yield what is to be done because the newest revision has not come to a good end."""
    newest = found.newest
    if newest is not None and newest.status != "deployed":
        yield Action("repair", f"revision {newest.revision} of {describe_release(found)}", newest.status, "deployed")


def _find_reasons(wish: Wish, found: Observation, *, changed: bool, counts: t.Iterable[Count]) -> t.Iterator[Action]:
    running = found.running
    yield from find_repairs(found)
    if running is not None and wish.chart_differs:
        yield Action("upgrade", describe_release(found), f"chart {describe_chart(running.chart)}", wish.chart_differs)
    if changed:
        yield Action("change values", describe_release(found))
    for count in counts:
        if count.asked is not None and not changed:
            yield Action("restore count", count.type, count.live, count.asked)


def describe_chart(chart: Chart) -> str:
    """Name a chart and its version."""
    return f"{chart.name} {chart.version}"


def foretell(drafted: Draft, found: Observation) -> Plan:
    """Return what can be said of a draft while helm cannot render it: nothing about single objects."""
    running, topology = found.running, found.topology
    return Plan(
        drafted.values,
        describe_chart(running.chart) if running else "",
        topology.workloads if topology else (),
        drafted.reasons,
        blockers=drafted.blockers,
        values_not_in_task=drafted.values_not_in_task,
    )


def describe_draft(drafted: Draft) -> Plan:
    """Return the plan of a draft when nothing is to be done, or nothing may be done."""
    return Plan(drafted.values, blockers=drafted.blockers, values_not_in_task=drafted.values_not_in_task)
