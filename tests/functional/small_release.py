# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A release of two workloads, an etcd and query nodes, and of Jobs where asked: what a wait needs and no more."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._connection import connect
from ansible_collections.milvus.cluster.plugins.module_utils._errors import WaitError
from ansible_collections.milvus.cluster.plugins.module_utils._kube import KubeClient
from ansible_collections.milvus.cluster.plugins.module_utils._topology import (
    TYPES_BY_LABEL,
    Component,
    Dependency,
    Topology,
    Workload,
)
from ansible_collections.milvus.cluster.plugins.module_utils._wait import Goal, Outcome, wait
from milvus_lab.client import Client

Json = dict[str, t.Any]

RELEASE = "r"
NODE, ETCD, JOB = "r-milvus-querynode", "r-etcd", "r-init"
NODE_LABELS = {"app.kubernetes.io/instance": RELEASE, "component": "querynode"}
ETCD_LABELS = {"release": RELEASE, "app": "etcd"}
IMAGE = "registry.invalid/milvus:v2"


def query_nodes(count: int = 2, *, pod: Json | None = None, **annotations: str) -> Json:
    """A Deployment; *pod* is merged into the pods' spec, underscores in *annotations* stand for dashes."""
    spec = {
        "replicas": count,
        "selector": {"matchLabels": NODE_LABELS},
        "template": _template(NODE_LABELS, annotations, pod=pod),
    }
    return _object("Deployment", NODE, spec=spec, labels=NODE_LABELS)


def etcd(count: int = 1, *, storage_class: str | None = None, claim: Json | None = None, **annotations: str) -> Json:
    """A StatefulSet; with *claim* (annotations of it) or *storage_class* it has a volume."""
    spec: Json = {
        "replicas": count,
        "serviceName": ETCD,
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": ETCD_LABELS},
        "template": _template(ETCD_LABELS, annotations, pod=None),
    }
    if storage_class is not None or claim is not None:
        wanted: Json = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        if storage_class:
            wanted["storageClassName"] = storage_class
        metadata = {"name": "data", "annotations": _prefix(claim or {})}
        spec["volumeClaimTemplates"] = [{"metadata": metadata, "spec": wanted}]
    return _object("StatefulSet", ETCD, spec=spec, labels=ETCD_LABELS)


def init_job(*, limit: int = 0, **annotations: str) -> Json:
    """A Job whose pods, as those of Pulsar's init Jobs, have no label of the release."""
    template = _template({}, annotations, pod={"restartPolicy": "Never"})
    return _object("Job", JOB, spec={"backoffLimit": limit, "template": template}, labels={})


def _template(labels: Json, annotations: t.Mapping[str, str], *, pod: Json | None) -> Json:
    container = {"name": "main", "image": IMAGE, **((pod or {}).get("container") or {})}
    rest = {key: value for key, value in (pod or {}).items() if key != "container"}
    metadata = {"labels": labels, "annotations": _prefix(annotations)}
    return {"metadata": metadata, "spec": {"containers": [container], **rest}}


def _prefix(annotations: t.Mapping[str, str]) -> dict[str, str]:
    return {f"sim.milvus.cluster/{key.replace('_', '-')}": value for key, value in annotations.items()}


def _object(kind: str, name: str, *, spec: Json, labels: Json) -> Json:
    version = "batch/v1" if kind == "Job" else "apps/v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": labels}, "spec": spec}


@dataclasses.dataclass
class SmallRelease:
    """The release in a namespace of a lab."""

    lab: Client
    namespace: str
    has_etcd: bool = False
    options: Json = dataclasses.field(default_factory=dict)
    said: list[str] = dataclasses.field(default_factory=list)

    def apply(self, *objects: Json) -> None:
        self.has_etcd = self.has_etcd or any(item["metadata"]["name"] == ETCD for item in objects)
        self.lab.apply(*objects, namespace=self.namespace)

    @property
    def client(self) -> KubeClient:
        options = self.options or {"kubeconfig": str(self.lab.kubeconfig)}
        return KubeClient(connect(options, {}), self.namespace)

    @property
    def topology(self) -> Topology:
        nodes = Workload("Deployment", NODE, None, IMAGE, NODE_LABELS, NODE_LABELS, "")
        store = Workload("StatefulSet", ETCD, None, IMAGE, ETCD_LABELS, ETCD_LABELS, "etcd")
        dependencies = (Dependency("etcd", "etcd", external=False, workloads=(store,)),) if self.has_etcd else ()
        return Topology("cluster", (Component(TYPES_BY_LABEL["querynode"], "", nodes),), dependencies, "")

    def wait(self, client: KubeClient | None = None, **goal: t.Any) -> Outcome:
        wanted = Goal(RELEASE, self.topology, **{"wait_timeout": 120, "stable_seconds": 1, **goal})
        return wait(client or self.client, wanted, say=self.said.append)

    def fail(self, **goal: t.Any) -> Failure:
        """Wait for a verdict that comes before the deadline."""
        with pytest.raises(WaitError) as caught:
            self.wait(**goal)
        failure = Failure(str(caught.value), caught.value.facts["diagnosis"], caught.value.facts["waited_seconds"])
        print(f"verdict after {failure.seconds} s: {failure.message}")
        return failure


class Failure(t.NamedTuple):
    """What a WaitError says: its text, and its facts."""

    message: str
    diagnosis: Json
    seconds: float

    @property
    def is_verdict(self) -> bool:
        """Whether it came before the deadline."""
        return "not done within" not in self.message

    @property
    def root(self) -> Json:
        """The first finding."""
        first: Json = self.diagnosis["workloads"][0]
        return first

    @property
    def cause(self) -> Json:
        """The cause of the first finding."""
        cause: Json = self.root["cause"]
        return cause
