# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Helm at work on one release: the dry run that a plan is made from, and what carries the plan out. PRIVATE."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import os
import typing as t

from . import _counts
from ._errors import KubeError, MilvusError, OvertakenError
from ._helm import MARGIN, Helm, Operation, open_helm
from ._helm_process import GRACE
from ._manifest import read_manifest
from ._plan import Render
from ._release import CHART_LABEL, IN_PROGRESS, STAMP_LABEL, Chart, Release, Revision, Stamp, spell_stamp
from ._release_store import ReleaseStore
from ._topology import read_topology
from ._turn import Turn, take_turn

if t.TYPE_CHECKING:
    from ._chart_choice import ChartChoice, ChartWish
    from ._draft import Plan
    from ._module import Task
    from ._observe import Observation
    from ._volumes import Claim

Json = dict[str, t.Any]

_WITHOUT_HOOKS = 240  # seconds that helm may take to apply the objects of a chart without hooks
_RECORDING_TIME = 60  # seconds that helm may take to write its record, after it was asked to stop


@dataclasses.dataclass(frozen=True)
class Change:
    """A change of the release that *found* describes, by the chart that was chosen for it.

    *secrets* must not show up in messages; *kept* are the volume claims that a first install takes over; *notes* are
    warnings of what was done before. *reuse* and *validates* are of the Operation. *verb* names the change of a
    release that is there.
    """

    task: Task
    found: Observation
    chart: ChartWish
    choice: ChartChoice
    secrets: frozenset[str]
    kept: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()
    reuse: bool = False
    validates: bool = True
    verb: str = "Upgrading"

    @functools.cached_property
    def helm(self) -> Helm:
        """The helm that the task names. Raises HelmMissingError."""
        driver = self.found.history.storage.kind.lower()
        return open_helm(self.task.options, self.task.connection, environ=os.environ, driver=driver, say=self.task.say)

    def render(self, values: Json) -> Render:
        """Run helm's dry run on *values*."""
        rendered = self.helm.render(self._operation(values))
        chart = Chart(rendered.chart_name, rendered.chart_version, rendered.app_version, rendered.defaults)
        name, namespace = self.task.release, self.task.client.namespace
        release = Release(name, namespace, self._revision, "", "", "", "", "", chart, values, rendered.manifest)
        newest = self.found.newest
        server_side = self.helm.major >= 4 and (newest is None or newest.apply_method == "ssa")
        manifest = read_manifest(rendered.manifest, where=f"the dry run of {self.task.title}")
        return Render(chart, manifest, read_topology(release), server_side, bool(rendered.hooks))

    def template(self, values: Json) -> str:
        """Return the manifest that the chart makes of *values* without a look at the cluster."""
        return self.helm.template(self._operation(values))

    def apply(self, plan: Plan, render: Render, *, prepare: t.Callable[[], None] | None = None) -> str:
        """Carry the plan out, with the very chart that it was made from, and return the stamp of the revision.

        *prepare* is done before helm. Raises OvertakenError when the release is no longer what the plan was made for;
        nothing was touched then but by *prepare*.
        """
        with take_turn(*self.task.identity) as turn:
            if turn is None:
                raise self._overtaken("another run on this host is changing it")
            self._check_newest()
            if prepare is not None:
                prepare()
                self._check_newest()
            operation = self._operation(plan.values, version=render.chart.version, has_hooks=render.has_hooks)
            stamp = operation.labels[STAMP_LABEL]
            turn.note(stamp)
            try:
                self._upgrade(operation, plan, turn=turn)
            except MilvusError as exc:
                self._settle(exc, stamp)
                raise
            turn.note("")
            return stamp

    def _upgrade(self, operation: Operation, plan: Plan, *, turn: Turn) -> None:
        inherited = () if turn.descriptor is None else (turn.descriptor,)
        _counts.take(self.task.client, plan.takes)
        try:
            self.helm.upgrade(dataclasses.replace(operation, inherited=inherited))
        except MilvusError as exc:
            try:
                _counts.let_go(self.task.client, plan.takes)
            except KubeError as second:
                exc.add(f"Besides: {second}")
            raise
        _counts.let_go(self.task.client, plan.takes)

    def _check_newest(self) -> None:
        """Helm takes its lock only after the values were made: somebody may have changed the release since."""
        newest = ReleaseStore(self.task.client, self.task.release).read_history().newest
        if _identify(newest) != _identify(self.found.history.newest):
            what = f"revision {newest.number} ({newest.status}) has come" if newest else "its records have gone"
            raise self._overtaken(f"{what} since it was read")

    def _overtaken(self, reason: str, overwritten: Json | None = None) -> OvertakenError:
        action = f"Changing {self.task.title}"
        return OvertakenError(action, reason=reason, remedy="Run it again.", overwritten=overwritten)

    def _settle(self, exc: MilvusError, stamp: str) -> None:
        """End our own revision where helm has not: it is not running any more."""
        store = ReleaseStore(self.task.client, self.task.release)
        try:
            history = store.read_history()
            newest = history.newest
            if newest is None or newest.status not in IN_PROGRESS or spell_stamp(newest) != stamp:
                return
            store.mark_failed(history, newest, description="By milvus.cluster: helm has not come to an end")
            words = f"Revision {newest.number}, which helm left {newest.status}, was marked failed."
        except KubeError as second:
            words = f"Whether it left the release locked is not known: {second} The next run finds out, and repairs it."
        exc.add(words)

    def check_overwritten(self, after: Observation, *, stamp: str) -> None:
        """Raise OvertakenError when somebody's revision came in between, for helm has gone over its values."""
        newest, expected = after.history.newest, self._revision
        if newest is None or newest.number == expected:
            return
        store = ReleaseStore(self.task.client, self.task.release)
        between = store.find(after.history, expected)
        if between is not None and spell_stamp(between) != stamp:
            values = store.read(after.history, between).values
            raise self._overtaken(f"revision {expected} of somebody else came in between", values)

    def check_undisturbed(self, after: Observation) -> None:
        """Raise OvertakenError when somebody else has made a revision since *found*, before ours or after it."""
        newest = after.history.newest
        if _identify(newest) == _identify(self.found.history.newest):
            return
        stamp = newest.stamp if newest is not None and newest.number == self._revision else None
        if stamp is None or stamp.holder != _find_holder(os.environ):
            what = f"revision {newest.number} of somebody else has come since" if newest else "its records have gone"
            raise self._overtaken(what)

    def roll_back(self, revision: int) -> None:
        """Go back to a revision that was deployed."""
        name, namespace, timeout = self.task.release, self.task.client.namespace, self._timeout
        self.helm.rollback(name, namespace, revision=revision, timeout=timeout)

    @property
    def _revision(self) -> int:
        """The number that the new revision will get."""
        newest = self.found.history.newest
        return newest.number + 1 if newest else 1

    @property
    def _timeout(self) -> int:
        # It is for each hook of the chart alone: it is not helm that waits for the pods.
        return int(self.task.options["wait_timeout"])

    def _operation(self, values: Json, *, version: str = "", has_hooks: bool = True) -> Operation:
        timeout = self._timeout if has_hooks else min(self._timeout, _WITHOUT_HOOKS)
        return Operation(
            release=self.task.release,
            namespace=self.task.client.namespace,
            chart=self.chart.source.arguments(version or self.choice.version),
            values=values,
            labels=self._make_labels(timeout),
            description=_describe(os.environ),
            create_namespace=bool(self.task.options.get("create_namespace")),
            timeout=timeout,
            new=self.found.running is None,
            secrets=self.secrets,
            reuse=self.reuse,
            validates=self.validates,
        )

    def _make_labels(self, timeout: int) -> dict[str, str]:
        deadline = self.task.client.now() + datetime.timedelta(seconds=timeout + MARGIN + GRACE + _RECORDING_TIME)
        labels = {STAMP_LABEL: Stamp(_find_holder(os.environ), deadline).spell(self._revision)}
        if self.chart.digest:
            labels[CHART_LABEL] = f"{self._revision}.{self.chart.digest}"
        return labels


def _identify(revision: Revision | None) -> tuple[int, str] | None:
    return (revision.number, revision.status) if revision else None


def _find_job(environ: t.Mapping[str, str]) -> str:
    """Return the number of the AWX job that the module runs in, "" elsewhere."""
    return environ.get("JOB_ID", "") if environ.get("AWX_HOST") else ""


def _find_holder(environ: t.Mapping[str, str]) -> str:
    # A label's value has room for 63 characters, of which revision and deadline take up to 21.
    job = _find_job(environ)
    name = f"awx-{job}" if job else f"{os.uname().nodename.split('.')[0]}-{os.getpid()}"
    return name[:40].rstrip("-_.")


def _describe(environ: t.Mapping[str, str]) -> str:
    job = _find_job(environ)
    return f"By milvus.cluster{f', AWX job {job}' if job else ''}"
