# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Live objects of a release, read from the JSON of the Kubernetes API. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._readiness import Counts, find_condition

Json = dict[str, t.Any]

# Owners of fields: Helm, whatever its program is called, and this collection.
HELM, MANAGER = "helm", "milvus.cluster"
_TERMINATING = "Terminating"


class CountOwner(t.NamedTuple):
    """A field manager that owns .spec.replicas. *time* is "" where the API server has not noted one."""

    manager: str
    operation: str
    subresource: str
    time: str


class LiveWorkload(t.NamedTuple):
    """A Deployment or StatefulSet as it is in the cluster.

    *status_changed* is when its controller last changed its status, and so any of its counts; "" if that is not known.
    *editors* are the field managers besides Helm that own anything of its specification but the count.
    """

    kind: str
    name: str
    counts: Counts
    image: str
    labels: t.Mapping[str, str]
    owners: tuple[CountOwner, ...]
    status_changed: str = ""
    editors: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its name in mappings, and in messages."""
        return f"{self.kind}/{self.name}"


class Autoscaler(t.NamedTuple):
    """A HorizontalPodAutoscaler and the Deployment whose count it owns. *troubles*: why it cannot do its work."""

    name: str
    target: str
    minimum: int
    maximum: int
    troubles: tuple[str, ...] = ()


class Pods(t.NamedTuple):
    """The pods of a workload: state as `kubectl get pods` prints it → number of pods, and the restarts of all."""

    states: t.Mapping[str, int]
    restarts: int

    @property
    def terminating(self) -> int:
        """How many are being stopped."""
        return self.states.get(_TERMINATING, 0)


class Port(t.NamedTuple):
    """A port of a Service; *node_port* is None where it has none."""

    name: str
    number: int
    node_port: int | None


class Endpoint(t.NamedTuple):
    """A Service and the addresses outside of the cluster under which it can be reached."""

    service: str
    type: str
    cluster_ip: str
    ports: tuple[Port, ...]
    external: tuple[str, ...]


class Volume(t.NamedTuple):
    """A PersistentVolumeClaim."""

    name: str
    status: str
    size: str
    storage_class: str
    volume: str


def read_workload(item: Json, kind: str) -> LiveWorkload:
    """Read a Deployment or StatefulSet. Both leave counts of zero out of their status."""
    metadata, spec, status = item["metadata"], item["spec"], item.get("status") or {}
    ready = status.get("readyReplicas", 0)
    counts = Counts(
        generation=metadata.get("generation", 0),
        observed_generation=status.get("observedGeneration", 0),
        desired=spec.get("replicas", 1),
        total=status.get("replicas", 0),
        updated=status.get("updatedReplicas", 0),
        ready=ready,
        available=status.get("availableReplicas", 0),
        terminating=status.get("terminatingReplicas"),
    )
    containers = spec["template"]["spec"].get("containers") or [{}]
    fields = metadata.get("managedFields") or ()
    image, labels = containers[0].get("image") or "", metadata.get("labels") or {}
    changes = [field.get("time") or "" for field in fields if field.get("subresource") == "status"]
    owners, editors = tuple(_owners(fields)), tuple(_editors(fields))
    return LiveWorkload(kind, metadata["name"], counts, image, labels, owners, max(changes, default=""), editors)


def _owners(fields: t.Iterable[Json]) -> t.Iterator[CountOwner]:
    for field in fields:
        if "f:replicas" in (field.get("fieldsV1") or {}).get("f:spec", {}):
            # Entries made through the scale subresource come without a time.
            yield CountOwner(
                field.get("manager", ""), field["operation"], field.get("subresource", ""), field.get("time", "")
            )


def _editors(fields: t.Iterable[Json]) -> t.Iterator[str]:
    for field in fields:
        manager, owned = field.get("manager", ""), (field.get("fieldsV1") or {}).get("f:spec", {})
        if manager not in (HELM, MANAGER) and owned.keys() - {"f:replicas"}:
            yield manager


def read_autoscaler(item: Json) -> Autoscaler | None:
    """Read a HorizontalPodAutoscaler; None when it is for something else than a Deployment."""
    spec = item["spec"]
    target = spec["scaleTargetRef"]
    if target["kind"] != "Deployment":
        return None
    conditions = (find_condition(item, kind) for kind in ("AbleToScale", "ScalingActive"))
    troubles = tuple(f"{one['reason']}: {one['message']}" for one in conditions if one.get("status") == "False")
    return Autoscaler(
        item["metadata"]["name"], target["name"], spec.get("minReplicas", 1), spec["maxReplicas"], troubles
    )


def read_endpoint(item: Json) -> Endpoint:
    """Read a Service."""
    spec = item["spec"]
    ports = tuple(
        Port(port.get("name") or str(port["port"]), port["port"], port.get("nodePort"))
        for port in spec.get("ports") or ()
    )
    ingress = ((item.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    addresses = [entry.get("hostname") or entry.get("ip") or "" for entry in ingress] + (spec.get("externalIPs") or [])
    cluster_ip = spec.get("clusterIP") or ""
    return Endpoint(
        item["metadata"]["name"], spec.get("type") or "ClusterIP", cluster_ip, ports, tuple(filter(None, addresses))
    )


def read_volume(item: Json) -> Volume:
    """Read a PersistentVolumeClaim; the size is what it got, before that what it asks for."""
    spec, status = item["spec"], item.get("status") or {}
    request = ((spec.get("resources") or {}).get("requests") or {}).get("storage") or ""
    size = (status.get("capacity") or {}).get("storage") or request
    return Volume(
        item["metadata"]["name"],
        status.get("phase") or "",
        size,
        spec.get("storageClassName") or "",
        spec.get("volumeName") or "",
    )


def group_pods(rows: t.Iterable[Json], workloads: t.Iterable[str]) -> dict[str, Pods]:
    """Sort the rows of a pod table to the Deployments called *workloads*: Deployment → its pods."""
    by_length = sorted(workloads, key=len, reverse=True)
    states: dict[str, dict[str, int]] = {name: {} for name in by_length}
    restarts = dict.fromkeys(by_length, 0)
    for row in rows:
        owner = next((name for name in by_length if _belongs(row["Name"], name)), None)
        if owner is None:
            continue
        states[owner][row["Status"]] = states[owner].get(row["Status"], 0) + 1
        restarts[owner] += int(str(row["Restarts"]).split(" ", 1)[0])  # "3 (5m ago)"
    return {name: Pods(states[name], restarts[name]) for name in by_length}


_GENERATED = (
    58  # characters a generated name keeps of its prefix <deployment>-<template hash>-, before five random ones
)


def _belongs(pod: str, deployment: str) -> bool:
    return pod.startswith(f"{deployment}-"[:_GENERATED])
