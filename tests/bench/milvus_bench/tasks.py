# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The tasks of the collection and of its peer that the sides of scenarios run."""

from __future__ import annotations

import typing as t

from .pod_watch import PodWatch
from .rows import Sample
from .work import RELEASE, WORKER_TYPES, Site, Task, Values, run_playbook


def install_task(site: Site, values: Values, **options: t.Any) -> Task:
    """A task with milvus_install, which waits unless it is told not to."""
    return {"milvus.cluster.milvus_install": _name_release(site) | {"release_values": values} | options}


def scale_task(site: Site, replicas: t.Mapping[str, int], **options: t.Any) -> Task:
    """A task with milvus_scale, which waits unless it is told not to."""
    return {"milvus.cluster.milvus_scale": _name_release(site) | {"replicas": replicas} | options}


def _name_release(site: Site) -> dict[str, t.Any]:
    return {"release_name": RELEASE, "release_namespace": site.namespace, "chart_ref": site.chart}


def helm_task(site: Site, values: Values, **options: t.Any) -> Task:
    """A task with kubernetes.core.helm, which waits only if it is told to."""
    release = {"name": RELEASE, "namespace": site.namespace, "chart_ref": site.chart, "release_values": values}
    return {"kubernetes.core.helm": release | options}


def verify_task(site: Site) -> Task:
    """A task with milvus_verify that does all checks."""
    return {"milvus.cluster.milvus_verify": {"release_name": RELEASE, "release_namespace": site.namespace}}


def helm_info_task(site: Site) -> Task:
    """A task with kubernetes.core.helm_info."""
    return {"kubernetes.core.helm_info": {"name": RELEASE, "namespace": site.namespace}}


def list_task(site: Site, kind: str, **options: t.Any) -> Task:
    """A task with kubernetes.core.k8s_info."""
    return {"kubernetes.core.k8s_info": {"kind": kind, "namespace": site.namespace, **options}}


def counts(number: int, keys: t.Iterable[str]) -> Values:
    """Chart values that give each worker type ``number`` pods."""
    return {key: {"replicas": number} for key in keys}


def replicas(number: int, keys: t.Iterable[str]) -> dict[str, int]:
    """The same for milvus_scale."""
    return {WORKER_TYPES[key]: number for key in keys}


def time_verdict(site: Site, task: Task, *, window: float) -> Sample:
    """Run a task that waits for new pods, and watch these.

    ``cluster`` is the time from the first new pod to the moment when the last is ready, ``latency`` how long after
    that the task's result came, less ``window``.
    """
    with PodWatch(site.lab, site.namespace) as pods:
        sample = run_playbook(site, task, changed=True)
        return sample | {
            "cluster": pods.last_ready - pods.first_unready,
            "latency": sample["ended"] - pods.last_ready - window,
        }
