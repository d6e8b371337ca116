# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Scenes for tests of milvus_verify: a release of the chart's new generation that is as it should be, and changes."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.milvus.cluster.plugins.module_utils._drift import find_drift
from ansible_collections.milvus.cluster.plugins.module_utils._live import Autoscaler, LiveWorkload
from ansible_collections.milvus.cluster.plugins.module_utils._verify_checks import CHECKS
from ansible_collections.milvus.cluster.plugins.module_utils._verify_outcome import Outcome
from ansible_collections.milvus.cluster.plugins.module_utils._verify_scene import Exit, Pod, Scene
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.releases import (
    ETCD,
    NAME,
    NOW,
    deployment,
    etcd,
    observe,
    other,
    release,
)

Json = dict[str, t.Any]

NEW = ("querynode", "datanode", "streamingnode", "proxy", "mixcoord")
OLD = ("querynode", "datanode", "indexnode", "proxy", "rootcoord", "querycoord", "datacoord", "indexcoord")
SERVICE = f"{NAME}-milvus"


def key(component: str) -> str:
    """The Deployment of a component."""
    return f"Deployment/{NAME}-milvus-{component}"


def make_scene(
    *components: str,
    live: t.Mapping[str, int] | None = None,
    owner: str = "helm",
    scalers: t.Sequence[Autoscaler] = (),
    version: str = "5.0.19",
) -> Scene:
    """A release with these components, an etcd and a Service; *live* has counts by component that differ."""
    labels = {"app.kubernetes.io/instance": NAME, "component": "proxy"}
    service = {**other("Service", SERVICE), "spec": {"selector": labels}}
    made = release(*map(deployment, components or NEW), etcd(replicas=1), service, version=version)
    counts = {key(component): count for component, count in (live or {}).items()}
    found = observe(made, live=counts, owner=owner)
    assert found.topology
    images = {part.key: part.image for part in found.topology.workloads}
    workloads = {each: one._replace(image=images[each]) for each, one in found.live.items()}
    pods = tuple(pod for one in workloads.values() for pod in make_pods(one))
    autoscalers = {one.target: one for one in scalers}
    found = dataclasses.replace(found, live=workloads, autoscalers=autoscalers, all_autoscalers=tuple(scalers))
    return compare(Scene(found, pods=pods, ready_endpoints=frozenset({"proxy-1"})))


def make_pods(workload: LiveWorkload) -> t.Iterator[Pod]:
    """The pods of a workload, ready for an hour."""
    since = NOW - datetime.timedelta(hours=1)
    for number in range(workload.counts.desired):
        yield Pod(f"{workload.name}-{number}", workload.key, workload.image, {}, ready_since=since)


def compare(scene: Scene) -> Scene:
    """Find out anew where the live workloads differ from the release."""
    found = scene.found
    drift = find_drift(scene.topology.workloads, found.live, autoscalers=found.autoscalers)
    return dataclasses.replace(scene, found=dataclasses.replace(found, drift=drift))


def change_live(scene: Scene, component: str, **changes: t.Any) -> Scene:
    """A scene in which a live workload is another; fields of its counts are taken, too."""
    where = component if "/" in component else key(component)
    one = scene.found.live[where]
    counts = {name: changes.pop(name) for name in list(changes) if name in one.counts._fields}
    live = {**scene.found.live, where: one._replace(counts=one.counts._replace(**counts), **changes)}
    return compare(dataclasses.replace(scene, found=dataclasses.replace(scene.found, live=live)))


def without(scene: Scene, component: str) -> Scene:
    """A scene in which a workload is missing."""
    live = {each: one for each, one in scene.found.live.items() if each != key(component)}
    pods = tuple(pod for pod in scene.pods if pod.workload != key(component))
    return compare(dataclasses.replace(scene, found=dataclasses.replace(scene.found, live=live), pods=pods))


def change_pod(scene: Scene, component: str, **changes: t.Any) -> Scene:
    """A scene in which the first pod of a component, or of etcd, is another."""
    where = f"StatefulSet/{ETCD}" if component == "etcd" else key(component)
    first = next(pod for pod in scene.pods if pod.workload == where)
    pods = tuple(pod._replace(**changes) if pod is first else pod for pod in scene.pods)
    return dataclasses.replace(scene, pods=pods)


def ago(**since: float) -> datetime.datetime:
    """A time before now."""
    return NOW - datetime.timedelta(**since)


def killed(**since: float) -> tuple[Exit, ...]:
    """That a container ran out of memory so long ago."""
    return (Exit("milvus", "OOMKilled, exit code 137", ago(**since)),)


def check(name: str, scene: Scene) -> Outcome:
    """Judge a scene by one check."""
    return CHECKS[name].judge(scene)
