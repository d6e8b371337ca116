# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The return value: an observation as plain data, with the same keys in every case. Pure. PRIVATE."""

from __future__ import annotations

import typing as t

from ._chart_lines import describe, find_reuse
from ._readiness import find_lag
from ._release import Release, find_lock
from ._summary import summarise
from ._topology import OPERATOR, WORKER, WORKER_TYPES, Component, Topology, Workload

if t.TYPE_CHECKING:
    from ._drift import Drift
    from ._live import Autoscaler, CountOwner, Endpoint, LiveWorkload, Pods
    from ._observe import Observation

Json = dict[str, t.Any]

_NO_TOPOLOGY = Topology("none", (), (), "")


def report(found: Observation) -> Json:
    """Return all about a release; see the RETURN documentation of milvus_info for the shape."""
    topology = found.topology or _NO_TOPOLOGY
    components = [_component(part, found) for part in topology.components]
    body: Json = {
        "exists": found.running is not None,
        "managed_by": "helm" if found.running else OPERATOR if found.operator_managed else "",
        "mode": topology.mode,
        "release": _release(found),
        "components": components,
        "scalable": _scalable(topology, components),
        "dependencies": [
            {
                "role": dependency.role,
                "product": dependency.product,
                "external": dependency.external,
                "workloads": [_dependency_workload(part, found.live) for part in dependency.workloads],
            }
            for dependency in topology.dependencies
        ],
        "endpoints": _endpoints(found.surroundings.endpoint, found.namespace),
        "volumes": [volume._asdict() for volume in found.surroundings.volumes],
        "lock": _lock(found),
        "drift": [_drift(drift) for drift in found.drift],
        "capabilities": _capabilities(found.running if topology.mode != "none" else None),
        "warnings": list(_warnings(found)),
    }
    return {**body, "summary": list(summarise(body))}


def empty_report(namespace: str, name: str) -> Json:
    """Return the keys of report() with nothing in them, for a failure before anything was read."""
    return {
        "exists": None,
        "managed_by": "",
        "mode": "none",
        "release": {**dict.fromkeys(_RELEASE_KEYS), "name": name, "namespace": namespace, "status": "unknown"},
        "components": [],
        "scalable": [],
        "dependencies": [],
        "endpoints": [],
        "volumes": [],
        "lock": _NO_LOCK,
        "drift": [],
        "capabilities": _capabilities(None),
        "summary": [],
    }


# What the results of all modules have in common.
_COMMON = ("dependencies", "endpoints", "volumes", "drift")
_OF_RELEASE = ("name", "namespace", "revision", "status", "chart", "chart_version", "app_version")
_OF_COMPONENT = (
    *("type", "component", "group", "workload", "desired", "ready", "updated", "available", "terminating"),
    *("autoscaled", "image"),
)


def pick_common(body: Json) -> Json:
    """Return of a report what the results of the other modules have, too."""
    return {
        "release": {key: body["release"][key] for key in _OF_RELEASE},
        "components": [{key: part[key] for key in _OF_COMPONENT} for part in body["components"]],
        **{key: body[key] for key in _COMMON},
    }


_RELEASE_KEYS = (
    "name",
    "namespace",
    "revision",
    "status",
    "description",
    "chart",
    "chart_version",
    "app_version",
    "first_deployed",
    "last_deployed",
    "apply_method",
    "storage",
    "running_revision",
    "reused_defaults",
)


def _release(found: Observation) -> Json:
    newest, running = found.newest, found.running
    if newest is None:
        return {**dict.fromkeys(_RELEASE_KEYS), "name": found.name, "namespace": found.namespace, "status": "absent"}
    return {
        "name": found.name,
        "namespace": found.namespace,
        "revision": newest.revision,
        "status": newest.status,
        "description": newest.description,
        "chart": newest.chart.name,
        "chart_version": newest.chart.version,
        "app_version": newest.chart.app_version,
        "first_deployed": newest.first_deployed,
        "last_deployed": newest.last_deployed,
        "apply_method": newest.apply_method,
        "storage": found.history.storage.kind,
        "running_revision": running.revision if running else None,
        "reused_defaults": bool(running and find_reuse(running)),
    }


def _component(part: Component, found: Observation) -> Json:
    live = found.live.get(f"{part.workload.kind}/{part.workload.name}")
    pods = found.surroundings.pods.get(part.workload.name)
    autoscaler = found.autoscalers.get(part.workload.name)
    return {
        "type": part.type.key,
        "role": part.type.role,
        "component": part.type.label,
        "group": part.group,
        "workload": part.workload.name,
        **_counts(live, pods),
        "restarts": pods.restarts if pods else None,
        "pods": dict(pods.states) if pods else {},
        "image": live.image if live else "",
        "autoscaled": autoscaler is not None,
        "autoscaler": _autoscaler(autoscaler),
        "count_owners": [_owner(owner) for owner in live.owners] if live else [],
    }


def _counts(live: LiveWorkload | None, pods: Pods | None = None) -> Json:
    if live is None:
        missing = dict.fromkeys(("desired", "ready", "updated", "available", "terminating"), 0)
        return {**missing, "settled": False, "lag": "it does not exist"}
    counts = live.counts
    if counts.terminating is None and pods is not None:  # Kubernetes before 1.35 does not count them
        counts = counts._replace(terminating=pods.terminating)
    lag = find_lag(counts)
    return {
        "desired": counts.desired,
        "ready": counts.ready,
        "updated": counts.updated,
        "available": counts.available,
        "terminating": counts.terminating,
        "settled": not lag,
        "lag": lag,
    }


def _autoscaler(autoscaler: Autoscaler | None) -> Json | None:
    if autoscaler is None:
        return None
    return {"name": autoscaler.name, "min_replicas": autoscaler.minimum, "max_replicas": autoscaler.maximum}


def _owner(owner: CountOwner) -> Json:
    return {**owner._asdict(), "time": owner.time or None}


def _scalable(topology: Topology, components: t.Sequence[Json]) -> list[Json]:
    """Fold the Deployments of each worker type into one entry; with resource groups a type has several of them."""
    if topology.mode != "cluster":
        return []
    values_keys = {component.key: component.values_key for component in WORKER_TYPES}
    grouped: dict[str, list[Json]] = {}
    for component in components:
        if component["role"] == WORKER:
            grouped.setdefault(component["type"], []).append(component)
    return [
        {
            "type": key,
            "values_key": values_keys[key],
            "count": sum(part["desired"] for part in parts),
            "ready": sum(part["ready"] for part in parts),
            "groups": [part["group"] for part in parts if part["group"]],
            "autoscaled": any(part["autoscaled"] for part in parts),
            "count_owners": sorted({owner["manager"] for part in parts for owner in part["count_owners"]}),
        }
        for key, parts in grouped.items()
    ]


def _dependency_workload(workload: Workload, live: t.Mapping[str, LiveWorkload]) -> Json:
    found = live.get(workload.key)
    image = found.image if found else ""
    return {"kind": workload.kind, "workload": workload.name, **_counts(found), "image": image}


def _endpoints(endpoint: Endpoint | None, namespace: str) -> list[Json]:
    """Return one entry per way to reach a port: inside of the cluster, at the nodes' addresses, from outside."""
    if endpoint is None:
        return []
    found: list[Json] = []
    for port in endpoint.ports:
        common = {"service": endpoint.service, "service_type": endpoint.type, "port_name": port.name}
        inside = f"{endpoint.service}.{namespace}.svc"
        found.append({**common, "scope": "cluster", "host": inside, "port": port.number})
        if port.node_port:
            found.append({**common, "scope": "node", "host": "", "port": port.node_port})
        found += [{**common, "scope": "external", "host": host, "port": port.number} for host in endpoint.external]
    return found


_NO_LOCK: Json = {
    "locked": False,
    "revision": None,
    "status": "",
    "age": None,
    "holder": "",
    "deadline": None,
    "stale": False,
}


def _lock(found: Observation) -> Json:
    lock = find_lock(found.history.newest, found.time)
    if lock is None:
        return _NO_LOCK
    deadline = lock.deadline.isoformat() if lock.deadline else None
    return {"locked": True, **lock._asdict(), "deadline": deadline}


def _drift(drift: Drift) -> Json:
    return {
        "kind": drift.kind,
        "workload": drift.name,
        "field": drift.field,
        "released": drift.released,
        "live": drift.live,
        "owners": [_owner(owner) for owner in drift.owners],
    }


def _capabilities(release: Release | None) -> Json:
    if release is None:
        nothing: Json = {"chart_line": "", "milvus_line": "", "autoscaling": [], "missing": {}}
        return {**nothing, "resource_groups": None, "open_count": None}
    found = describe(release)
    return {**found._asdict(), "autoscaling": list(found.autoscaling), "missing": dict(found.missing)}


def _warnings(found: Observation) -> t.Iterator[str]:
    where = f"release {found.name} in namespace {found.namespace}"
    yield from found.history.warnings
    newest, running = found.newest, found.running
    if found.operator_managed:
        yield (
            f"There is no Helm {where}, but a Milvus of that name that {OPERATOR} manages: change its custom resource, "
            "not its Deployments."
        )
    if newest is None or running is None:
        return
    if found.topology is not None and found.topology.mode == "none":
        yield f"The {where} is of chart {running.chart.name} {running.chart.version} and has no Milvus workload."
    if newest.revision != running.revision:
        yield (
            f"Revision {newest.revision} of {where} is {newest.status} ({newest.description or 'no description'}); "
            f"what is reported runs by revision {running.revision}, the newest deployed one."
        )
    reuse = find_reuse(running)
    if reuse:
        yield (
            f"The {where} was upgraded with --reuse-values, which keeps old defaults: {reuse}. An upgrade without that "
            "flag will apply the chart's own defaults, and so may change more than its values say."
        )
