# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The return value of milvus_install, with the same keys in every case. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ._draft import describe_chart
from ._errors import BlockedError, MilvusError
from ._libraries import load_yaml
from ._observe import look_around
from ._redaction import redact
from ._report import empty_report, pick_common, report
from ._topology import WORKER

if t.TYPE_CHECKING:
    from ._draft import Action, Blocker, Plan
    from ._module import Task
    from ._observe import Observation
    from ._topology import Workload

Json = dict[str, t.Any]

_NO_PLAN: Json = {"actions": [], "restarts": [], "blockers": [], "preflight": [], "summary": []}
_CLAIM = "PersistentVolumeClaim/"
# So much that a row stays below the 1024 bytes that AWX shows of an event.
_PATHS_SHOWN, _OBJECTS_SHOWN, _LONGEST = 20, 8, 100


@dataclasses.dataclass(frozen=True)
class Result:
    """What is known of a run so far: the release *before* and *after*, and the plan in between.

    *notes* are warnings of what was done to get there.
    """

    task: Task
    before: Observation
    after: Observation
    plan: Plan
    sensitive: Json
    changed: bool = False
    waited: float | None = None
    backup_file: str | None = None
    notes: tuple[str, ...] = ()

    def build(self) -> Json:
        """Return the module's result."""
        found = look_around(self.task.client, self.after, with_pods=False)
        body = report(found)
        warnings = [*self.notes, *self.plan.warnings, *body["warnings"]]
        if self.plan.changed and self.plan.values_not_in_task:
            warnings = [*warnings, _warn_of(self.plan.values_not_in_task)]
        return {
            "changed": self.plan.changed if self.task.is_check else self.changed,
            **pick_common(body),
            "counts": list(self._list_counts()),
            "plan": show_plan(self.plan),
            "values_not_in_task": list(self.plan.values_not_in_task),
            "backup_file": self.backup_file,
            "waited": self.waited,
            "warnings": warnings,
            **({"diff": self._compare()} if self.task.is_diff else {}),
        }

    def _list_counts(self) -> t.Iterator[Json]:
        """Yield the Deployments of workers with their counts before and after, None where they are not there."""
        planned = {part.key: part.replicas for part in self.plan.workloads} if self.task.is_check else {}
        topology = self.after.topology or self.before.topology
        for part in topology.components if topology else ():
            if part.type.role == WORKER:
                before = _count(self.before, part.workload.key)
                after = planned.get(part.workload.key)
                if after is None:
                    after = _count(self.after, part.workload.key)
                about = {"type": part.type.key, "group": part.group, "workload": part.workload.name}
                yield {**about, "before": before, "after": after}

    def conclude(self, wait: t.Callable[[t.Any], Result]) -> Json:
        """Return the module's result once *wait* is over, where nothing was to be done but to wait."""
        try:
            return wait(self).build()
        except MilvusError as exc:
            self.attach_to(exc)
            raise

    def attach_to(self, error: MilvusError) -> MilvusError:
        """Let an error bring along what is known."""
        try:
            error.result = self.build()
        except MilvusError:  # the cluster cannot be read any more; the error itself is what counts
            error.result = {"changed": self.changed, "plan": show_plan(self.plan), "backup_file": self.backup_file}
        return error

    def _compare(self) -> Json:
        title = f"{self.before.namespace}/{self.before.name}"
        before = {**self._describe_before(), **self._describe_doomed()}
        after: Json = before
        if self.plan.changed:
            plan = self.plan
            after = (
                self._describe("deployed", plan.chart, values=plan.values, workloads=plan.workloads)
                if plan.chart
                else {}
            )
        return {"before": _dump(before), "after": _dump(after), "before_header": title, "after_header": title}

    def _describe_before(self) -> Json:
        newest, running, topology = self.before.newest, self.before.running, self.before.topology
        if newest is None or running is None or topology is None:
            return {}
        workloads = map(self._count_live, topology.workloads)
        return self._describe(newest.status, describe_chart(running.chart), values=running.values, workloads=workloads)

    def _describe_doomed(self) -> Json:
        """The volumes that are deleted, by claim, with their size; a release that is gone may have left some."""
        deleted = (action for action in self.plan.actions if action.action == "delete" and action.before)
        sizes = {one.object: one.before for one in deleted if one.object.startswith(_CLAIM)}
        return {"volumes": {key[len(_CLAIM) :]: size for key, size in sizes.items()}} if sizes else {}

    def _count_live(self, part: Workload) -> Workload:
        """Give a workload the count that it has: what changes may be that alone, after `kubectl scale`."""
        live = self.before.live.get(part.key)
        return part if live is None or part.replicas is None else part._replace(replicas=live.counts.desired)

    def _describe(self, status: str, chart: str, *, values: Json, workloads: t.Iterable[Workload]) -> Json:
        return {
            "status": status,
            "chart": chart,
            "values": redact(values, self.sensitive),
            "workloads": {part.key: {"replicas": part.replicas, "image": part.image} for part in workloads},
        }


def _count(found: Observation, key: str) -> int | None:
    live = found.live.get(key)
    return live.counts.desired if live else None


def _dump(state: Json) -> str:
    yaml, _loader = load_yaml()
    return str(yaml.safe_dump(state, sort_keys=True)) if state else ""


def _warn_of(paths: t.Sequence[str]) -> str:
    more = f" and {len(paths) - _PATHS_SHOWN} more" if len(paths) > _PATHS_SHOWN else ""
    return (
        f"The release has values that the task does not name, and keeps them: {', '.join(paths[:_PATHS_SHOWN])}{more}. "
        "Add them to release_values, or have them removed with values_policy: replace."
    )


def show_plan(plan: Plan) -> Json:
    """Return the plan as plain data, and as rows that an event of AWX has room for."""
    return {
        "actions": [action._asdict() for action in plan.actions],
        "restarts": [restart._asdict() for restart in plan.restarts],
        "blockers": [str(_describe_blocker(one)) for one in plan.blockers],
        "preflight": [{"check": one.name, "outcome": one.outcome, "evidence": one.evidence} for one in plan.checks],
        "summary": list(_summarise(plan)),
    }


def _summarise(plan: Plan) -> t.Iterator[str]:
    """Yield a short row for each action; plain updates, which a move of the chart has for each object, as one."""
    pods = {restart.key: restart.pods for restart in plan.restarts}
    plain = [action.object for action in plan.actions if action.action == "update"]
    for action in plan.actions:
        if action.action == "restart":
            yield f"restart {action.object} ({_count_pods(pods[action.object])})"
        elif action.action != "update":
            yield f"{action.action} {action.object}{_show_step(action)}"
    if plain:
        yield f"update {', '.join(plain[:_OBJECTS_SHOWN])}{' …' if len(plain) > _OBJECTS_SHOWN else ''}"


def _show_step(action: Action) -> str:
    if action.action in ("create", "delete") and isinstance(action.before or action.after, int):
        return f" ({_count_pods(action.before or action.after)})"
    before, after = (_shorten(value) for value in (action.before, action.after))
    if before is None or after is None:
        return f": {after if before is None else before}" if before != after else ""
    return f": {before} -> {after}"


def _count_pods(number: int) -> str:
    return f"{number} pod{'' if number == 1 else 's'}"


def _shorten(value: t.Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    first = text.partition("\n")[0]
    return (first or '""') if first == text and len(first) <= _LONGEST else f"{first[:_LONGEST]}…"


def describe_blockers(blockers: t.Sequence[Blocker]) -> BlockedError:
    """Return the error for what must not be done."""
    errors = [_describe_blocker(one) for one in blockers]
    errors[0].args = (" Besides: ".join(map(str, errors)),)
    return errors[0]


def _describe_blocker(one: Blocker) -> BlockedError:
    return BlockedError(one.action, reason=one.reason, remedy=one.remedy)


def empty_install_report(namespace: str, name: str) -> Json:
    """Return the keys of a result with nothing in them, for a failure before anything was read."""
    body = empty_report(namespace, name)
    return {
        "changed": False,
        **pick_common(body),
        "counts": [],
        "plan": _NO_PLAN,
        "values_not_in_task": [],
        "backup_file": None,
        "waited": None,
    }
