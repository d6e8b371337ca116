# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Reads what the checks of milvus_verify need beside the release itself, and nothing twice. PRIVATE."""

from __future__ import annotations

import dataclasses
import random
import typing as t

from . import _kube
from ._data_plane import Plane
from ._errors import KubeError, NotFoundError
from ._health import ask
from ._live import read_endpoint, read_volume
from ._pod_selectors import find_selectors
from ._registration import expect
from ._registration_wait import watch_listings
from ._spread import look as look_at_spread
from ._spread import watch
from ._topology import STANDALONE, TOOL, WORKER_TYPES
from ._verify_data import IN_CHECK_MODE, NO_PROXY, find_doors, find_places, read_probe
from ._verify_scene import (
    ANSWERS,
    BUDGETS,
    CLAIMS,
    ENDPOINTS,
    GROUPS,
    LISTINGS,
    PODS,
    PROBED,
    SMOKE,
    SPREAD,
    ZONES,
    Scene,
    read_budget,
    read_pods,
    read_ready_endpoints,
    read_zones,
)
from ._volumes import is_of_release

if t.TYPE_CHECKING:
    from ._module import Task

Json = dict[str, t.Any]

_QUERY_COORDINATORS = ("mix_coordinator", "query_coordinator")
_SERVICE_LABEL = "kubernetes.io/service-name"


def look(task: Task, scene: Scene, *, needs: t.Collection[str]) -> Scene:
    """Add to a scene what is needed. What cannot be read is noted, and goes without."""
    for need, read in _READERS.items():
        if need in needs:
            try:
                scene = read(task, scene)
            except KubeError as exc:
                scene = dataclasses.replace(scene, unread={**scene.unread, need: str(exc)})
    return scene


def _read_pods(task: Task, scene: Scene) -> Scene:
    selectors = find_selectors(task.release, scene.topology, jobs=()).values()
    items = {
        item["metadata"]["name"]: item
        for selector in dict.fromkeys(selectors)
        for item in task.client.list(_kube.PODS, selector=selector)
    }
    return dataclasses.replace(scene, pods=read_pods(items.values(), scene.topology))


def _read_zones(task: Task, scene: Scene) -> Scene:
    """Read the zones of the nodes, where there is a pod on any."""
    if not any(pod.node for pod in scene.pods):
        return scene
    return dataclasses.replace(scene, zones=read_zones(task.client.list_metadata(_kube.NODES, selector="")))


def _read_claims(task: Task, scene: Scene) -> Scene:
    """Read the claims that the release's pods use, and those that are its own by labels or name."""
    used = {name for pod in scene.pods for name in pod.claims}
    volumes = tuple(
        read_volume(item)
        for item in task.client.list(_kube.CLAIMS)
        if item["metadata"]["name"] in used or is_of_release(item, task.release, manifest={})
    )
    claims = {**dict.fromkeys(used, ""), **{volume.name: volume.status for volume in volumes}}
    return dataclasses.replace(_surround(scene, volumes=volumes), claims=claims)


def _read_endpoints(task: Task, scene: Scene) -> Scene:
    service = scene.topology.service
    if not service:
        return scene
    try:
        endpoint = read_endpoint(task.client.get(_kube.SERVICES, service))
    except NotFoundError:
        return dataclasses.replace(scene, ready_endpoints=None)
    slices = task.client.list(_kube.ENDPOINT_SLICES, selector=f"{_SERVICE_LABEL}={service}")
    return dataclasses.replace(_surround(scene, endpoint=endpoint), ready_endpoints=read_ready_endpoints(slices))


def _surround(scene: Scene, **parts: t.Any) -> Scene:
    """Add to the surroundings that the report tells."""
    around = dataclasses.replace(scene.found.surroundings, **parts)
    return dataclasses.replace(scene, found=dataclasses.replace(scene.found, surroundings=around))


def _read_budgets(task: Task, scene: Scene) -> Scene:
    return dataclasses.replace(scene, budgets=tuple(map(read_budget, task.client.list(_kube.BUDGETS))))


def _read_listings(task: Task, scene: Scene) -> Scene:
    """Read what the coordinators list, until that is right or the task's time is up."""
    if scene.topology.mode == STANDALONE:
        return scene
    expected = expect(scene.topology, scene.found.live, types=[worker.key for worker in WORKER_TYPES])
    watched = watch_listings(task, scene.topology, expected=expected, wait_timeout=max(0, task.options["wait_timeout"]))
    return dataclasses.replace(scene, listings=watched.listings, waited=round(watched.waited, 1))


def _read_spread(task: Task, scene: Scene) -> Scene:
    """Read what query nodes hold, until nothing moves and none waits, or the task's time is up."""
    pods: dict[str, dict[str, list[str]]] = {}
    for part in scene.topology.components:
        ready = [pod.name for pod in scene.pods_of(part.workload.key) if pod.is_ready]
        pods.setdefault(part.type.key, {})[part.workload.key] = ready
    nodes = pods.get("query_node")
    if nodes is None:
        return scene
    coordinators = [name for key in _QUERY_COORDINATORS for names in pods.get(key, {}).values() for name in names]
    spread = watch(
        lambda: look_at_spread(task.client, coordinators, nodes=nodes),
        is_enough=lambda now: not now.is_moving and not (scene.is_balanced and now.find_empty()),
        wait_timeout=task.options["wait_timeout"],
    )
    return dataclasses.replace(scene, spread=spread)


def _read_groups(task: Task, scene: Scene) -> Scene:
    if scene.topology.mode == STANDALONE:
        return scene
    plane = _enter(task, scene)
    return dataclasses.replace(scene, groups=plane.group(find_places(scene)) if plane else NO_PROXY)


def _read_smoke(task: Task, scene: Scene) -> Scene:
    if task.is_check:
        return dataclasses.replace(scene, smoke=IN_CHECK_MODE)
    plane = _enter(task, scene)
    smoke = plane.smoke(task.client.now(), random.SystemRandom()) if plane else NO_PROXY
    return dataclasses.replace(scene, smoke=smoke)


def _read_probe(task: Task, scene: Scene) -> Scene:
    plane, probe = _enter(task, scene), read_probe(task.options)
    return dataclasses.replace(scene, probe=plane.probe(probe) if plane and probe else NO_PROXY)


def _enter(task: Task, scene: Scene) -> Plane | None:
    """Return the ways to Milvus' REST API, None where no proxy is ready."""
    doors = find_doors(task, scene)
    return Plane(doors, task.options["wait_timeout"]) if doors else None


def _read_answers(task: Task, scene: Scene) -> Scene:
    milvus = {part.workload.key for part in scene.topology.components if part.type.role != TOOL}
    pods = [pod.name for pod in scene.pods if pod.workload in milvus and not pod.is_ending]
    answers, unanswered = ask(task.client, pods)
    return dataclasses.replace(scene, answers=answers, unanswered=unanswered)


_READERS: t.Mapping[str, t.Callable[[Task, Scene], Scene]] = {
    PODS: _read_pods,
    ZONES: _read_zones,
    CLAIMS: _read_claims,
    ENDPOINTS: _read_endpoints,
    BUDGETS: _read_budgets,
    LISTINGS: _read_listings,
    ANSWERS: _read_answers,
    SPREAD: _read_spread,
    GROUPS: _read_groups,
    SMOKE: _read_smoke,
    PROBED: _read_probe,
}
