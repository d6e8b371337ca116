# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Helm at work on one release: the dry run that a plan is made from, and what carries the plan out. PRIVATE."""

from __future__ import annotations

import dataclasses
import functools
import os
import typing as t

from . import _counts
from ._helm import Helm, Operation, open_helm
from ._manifest import read_manifest
from ._plan import Render
from ._release import CHART_LABEL, STAMP_LABEL, Chart, Release
from ._topology import read_topology

if t.TYPE_CHECKING:
    from ._chart_choice import ChartChoice, ChartWish
    from ._draft import Plan
    from ._module import Task
    from ._observe import Observation
    from ._volumes import Claim

Json = dict[str, t.Any]

_RECORDING_TIME = 60  # seconds that helm may take to write its record, after its own time-out


@dataclasses.dataclass(frozen=True)
class Change:
    """A change of the release that *found* describes, by the chart that was chosen for it.

    *secrets* must not show up in messages; *kept* are the volume claims that a first install takes over.
    """

    task: Task
    found: Observation
    chart: ChartWish
    choice: ChartChoice
    secrets: frozenset[str]
    kept: tuple[Claim, ...] = ()

    @functools.cached_property
    def helm(self) -> Helm:
        """The helm that the task names. Raises HelmMissingError."""
        driver = self.found.history.storage.kind.lower()
        return open_helm(self.task.options, self.task.connection, environ=os.environ, driver=driver)

    def render(self, values: Json) -> Render:
        """Run helm's dry run on *values*."""
        rendered = self.helm.render(self._operation(values))
        chart = Chart(rendered.chart_name, rendered.chart_version, rendered.app_version, {})
        name, namespace = self.task.release, self.task.client.namespace
        release = Release(name, namespace, self._revision, "", "", "", "", "", chart, values, rendered.manifest)
        newest = self.found.newest
        server_side = self.helm.major >= 4 and (newest is None or newest.apply_method == "ssa")
        manifest = read_manifest(rendered.manifest, where=f"the dry run of {self.task.title}")
        return Render(chart, manifest, read_topology(release), server_side)

    def apply(self, plan: Plan, render: Render) -> None:
        """Carry the plan out, with the very chart that it was made from."""
        _counts.take(self.task.client, plan.takes)
        try:
            self.helm.upgrade(self._operation(plan.values, version=render.chart.version))
        finally:
            _counts.let_go(self.task.client, plan.takes)

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

    def _operation(self, values: Json, *, version: str = "") -> Operation:
        return Operation(
            release=self.task.release,
            namespace=self.task.client.namespace,
            chart=self.chart.source.arguments(version or self.choice.version),
            values=values,
            labels=self._labels,
            description=_describe(os.environ),
            create_namespace=bool(self.task.options["create_namespace"]),
            timeout=self._timeout,
            new=self.found.running is None,
            secrets=self.secrets,
        )

    @property
    def _labels(self) -> dict[str, str]:
        deadline = int(self.task.client.now().timestamp()) + self._timeout + _RECORDING_TIME
        labels = {STAMP_LABEL: f"{self._revision}.{deadline}.{_find_holder(os.environ)}"}
        if self.chart.digest:
            labels[CHART_LABEL] = f"{self._revision}.{self.chart.digest}"
        return labels


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
