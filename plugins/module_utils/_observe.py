# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""One reading of a release and its live objects. Starts no helm process. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from . import _kube
from ._drift import Drift, find_drift
from ._errors import NotFoundError
from ._live import (
    Autoscaler,
    Endpoint,
    LiveWorkload,
    Pods,
    Volume,
    group_pods,
    read_autoscaler,
    read_endpoint,
    read_volume,
    read_workload,
)
from ._release_store import History, ReleaseStore
from ._topology import (
    COMPONENT_LABEL,
    INSTANCE_LABEL,
    MANAGED_BY_LABEL,
    OPERATOR,
    RELEASE_LABEL,
    Topology,
    Workload,
    read_topology,
)

if t.TYPE_CHECKING:
    import datetime

    from ._kube import KubeClient, Resource
    from ._release import Release


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What only a report needs: the clients' way in, the pods of each Milvus Deployment, the volume claims."""

    endpoint: Endpoint | None = None
    pods: t.Mapping[str, Pods] = dataclasses.field(default_factory=dict)
    volumes: tuple[Volume, ...] = ()


@dataclasses.dataclass(frozen=True)
class Observation:
    """A release as it is.

    *newest* is its newest revision, *running* the one whose manifest counts: the newest deployed, or the newest where
    none is deployed. Both are None when there is no release, and *running* when it is uninstalled.
    *live* is keyed "<kind>/<name>", *autoscalers* by Deployment; *all_autoscalers* has those of the whole namespace.
    """

    name: str
    namespace: str
    time: datetime.datetime
    history: History
    newest: Release | None = None
    running: Release | None = None
    topology: Topology | None = None
    live: t.Mapping[str, LiveWorkload] = dataclasses.field(default_factory=dict)
    autoscalers: t.Mapping[str, Autoscaler] = dataclasses.field(default_factory=dict)
    drift: tuple[Drift, ...] = ()
    all_autoscalers: tuple[Autoscaler, ...] = ()
    operator_managed: bool = False
    surroundings: Surroundings = Surroundings()


def observe(client: KubeClient, name: str, *, surroundings: bool = False) -> Observation:
    """Read the release *name* and its workloads; with *surroundings* also Service, pods and volume claims."""
    store = ReleaseStore(client, name)
    history = store.read_history()
    newest, running = _read_releases(store, history)
    found = Observation(name, client.namespace, client.now(), history, newest, running)
    if running is None:
        return _observe_absence(client, found, surroundings=surroundings)
    topology = read_topology(running)
    live = _read_live(client, topology.workloads, release=name)
    scalers = _read_autoscalers(client)
    autoscalers = {one.target: one for one in scalers}
    drift = find_drift(topology.workloads, live, autoscalers=autoscalers)
    found = dataclasses.replace(found, topology=topology, live=live, autoscalers=autoscalers, drift=drift)
    found = dataclasses.replace(found, all_autoscalers=scalers)
    return look_around(client, found) if surroundings else found


def look_around(client: KubeClient, found: Observation, *, with_pods: bool = True) -> Observation:
    """Add the surroundings to what was found."""
    topology = found.topology
    if topology is None:
        return dataclasses.replace(found, surroundings=Surroundings(volumes=_read_volumes(client, found.name)))
    around = _read_surroundings(client, topology, release=found.name, with_pods=with_pods)
    return dataclasses.replace(found, surroundings=around)


def _read_releases(store: ReleaseStore, history: History) -> tuple[Release | None, Release | None]:
    """Return the newest revision and the running one."""
    if history.newest is None:
        return None, None
    newest = store.read(history, history.newest)
    if newest.status == "uninstalled":
        return newest, None
    if history.deployed is None or history.deployed.number == newest.revision:
        return newest, newest
    return newest, store.read(history, history.deployed)


def _observe_absence(client: KubeClient, found: Observation, *, surroundings: bool) -> Observation:
    selector = f"{INSTANCE_LABEL}={found.name},{MANAGED_BY_LABEL}={OPERATOR}"
    operated = any(True for _item in client.list(_kube.DEPLOYMENTS, selector=selector))
    found = dataclasses.replace(found, operator_managed=operated)
    return look_around(client, found) if surroundings else found


def _read_live(client: KubeClient, workloads: t.Sequence[Workload], *, release: str) -> dict[str, LiveWorkload]:
    live = (read_workload(item, kind) for kind, item in list_workloads(client, workloads, release=release))
    return {workload.key: workload for workload in live}


def list_workloads(
    client: KubeClient, workloads: t.Sequence[Workload], *, release: str
) -> list[tuple[str, dict[str, t.Any]]]:
    """Read the live *workloads*, and others with the labels of *release*, by one list per kind and label style.

    Returns kind and object of each.
    """
    items: list[tuple[str, dict[str, t.Any]]] = []
    for resource in _kube.WORKLOADS.values():
        own = [workload for workload in workloads if workload.kind == resource.kind]
        for label in (INSTANCE_LABEL, RELEASE_LABEL):
            if any(workload.labels.get(label) == release for workload in own):
                found = client.list(resource, selector=f"{label}={release}")
                items += [(resource.kind, item) for item in found]
        for workload in own:
            if release not in (workload.labels.get(INSTANCE_LABEL), workload.labels.get(RELEASE_LABEL)):
                items += [(resource.kind, item) for item in _read_one(client, resource, name=workload.name)]
    return items


def _read_one(client: KubeClient, resource: Resource, *, name: str) -> list[dict[str, t.Any]]:
    """Return the object of that name, or nothing."""
    try:
        return [client.get(resource, name)]
    except NotFoundError:
        return []


def _read_autoscalers(client: KubeClient) -> tuple[Autoscaler, ...]:
    # The chart's autoscalers carry no label of the release, and those made by others need not either.
    found = (read_autoscaler(item) for item in client.list(_kube.AUTOSCALERS))
    return tuple(autoscaler for autoscaler in found if autoscaler is not None)


def _read_surroundings(client: KubeClient, topology: Topology, *, release: str, with_pods: bool) -> Surroundings:
    deployments = [component.workload.name for component in topology.components]
    services = _read_one(client, _kube.SERVICES, name=topology.service) if topology.service else []
    selector = f"{INSTANCE_LABEL}={release},{COMPONENT_LABEL}"
    rows = client.list_table(_kube.PODS, selector=selector) if deployments and with_pods else ()
    return Surroundings(
        read_endpoint(services[0]) if services else None,
        group_pods(rows, deployments),
        _read_volumes(client, release),
    )


def _read_volumes(client: KubeClient, release: str) -> tuple[Volume, ...]:
    # Claims inherit the selector labels of their StatefulSet, of either style, and outlive it.
    volumes = {
        item["metadata"]["name"]: read_volume(item)
        for label in (INSTANCE_LABEL, RELEASE_LABEL)
        for item in client.list(_kube.CLAIMS, selector=f"{label}={release}")
    }
    return tuple(volumes[name] for name in sorted(volumes))
