# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Small releases of the Milvus chart for tests of what is planned: manifests, records and live workloads."""

from __future__ import annotations

import datetime
import json
import typing as t

from ansible_collections.milvus.cluster.plugins.module_utils._draft import Wish
from ansible_collections.milvus.cluster.plugins.module_utils._live import Autoscaler, CountOwner, LiveWorkload
from ansible_collections.milvus.cluster.plugins.module_utils._manifest import Manifest, read_manifest
from ansible_collections.milvus.cluster.plugins.module_utils._observe import Observation
from ansible_collections.milvus.cluster.plugins.module_utils._plan import Render
from ansible_collections.milvus.cluster.plugins.module_utils._readiness import Counts
from ansible_collections.milvus.cluster.plugins.module_utils._release import Chart, Release, Revision
from ansible_collections.milvus.cluster.plugins.module_utils._release_store import History
from ansible_collections.milvus.cluster.plugins.module_utils._topology import read_topology

Json = dict[str, t.Any]

NAME, NAMESPACE = "my-release", "milvus"
QUERY, DATA = f"{NAME}-milvus-querynode", f"{NAME}-milvus-datanode"
ETCD = f"{NAME}-etcd"
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def deployment(
    component: str, replicas: int | None = 1, *, env: Json | None = None, image: str = "milvus:1", group: str = ""
) -> Json:
    """A Milvus Deployment as the chart makes it."""
    labels = {"app.kubernetes.io/instance": NAME, "app.kubernetes.io/name": "milvus", "component": component}
    name = f"{NAME}-milvus-{component}"
    if group:
        name, labels = f"{name}-{group}", {**labels, "milvus.io/resource-group": group}
    return _workload("Deployment", name, replicas=replicas, labels=labels, env=env, image=image)


def etcd(state: str = "new", *, replicas: int = 3, storage: str = "10Gi", image: str = "etcd:1") -> Json:
    """etcd's StatefulSet, whose environment says whether its cluster is new."""
    labels = {"app.kubernetes.io/instance": NAME, "app.kubernetes.io/name": "etcd"}
    env = {"ETCD_INITIAL_CLUSTER_STATE": state}
    made = _workload("StatefulSet", ETCD, replicas=replicas, labels=labels, env=env, image=image)
    made["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": {"size": storage}}]
    return made


def _workload(kind: str, name: str, *, replicas: int | None, labels: Json, env: Json | None = None, image: str) -> Json:
    environment = [{"name": key, "value": value} for key, value in (env or {}).items()]
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"image": image, "env": environment}]}}
    spec: Json = {"template": template, "selector": {"matchLabels": labels}}
    if replicas is not None:
        spec["replicas"] = replicas
    return {"kind": kind, "apiVersion": "apps/v1", "metadata": {"name": name, "labels": labels}, "spec": spec}


def other(kind: str, name: str, *, annotations: Json | None = None) -> Json:
    """An object that is no workload."""
    return {"kind": kind, "apiVersion": "v1", "metadata": {"name": name, "annotations": annotations or {}}}


def write(*objects: Json) -> str:
    """A manifest as Helm stores it; JSON is YAML."""
    return "".join(
        f"---\n# Source: milvus/{_place(each)}x.yaml\nkind: {each['kind']}\n{_rest(each)}" for each in objects
    )


def _place(item: Json) -> str:
    return "charts/etcd/templates/" if item["metadata"]["name"] == ETCD else "templates/"


def _rest(item: Json) -> str:
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in item.items() if key != "kind")


def manifest(*objects: Json) -> Manifest:
    """The parsed form."""
    return read_manifest(write(*objects), where="a test")


def release(
    *objects: Json, values: Json | None = None, version: str = "5.0.19", status: str = "deployed", revision: int = 1
) -> Release:
    """A revision that has these objects in its manifest."""
    chart = Chart("milvus", version, "2.6.15", {})
    about = (NAME, NAMESPACE, revision, status, "", "", "", "ssa", chart)
    return Release(*about, values if values is not None else {"cluster": {"enabled": True}}, write(*objects))


def observe(
    running: Release | None,
    *,
    live: t.Mapping[str, int] | None = None,
    owner: str = "helm",
    newest: Release | None = None,
    autoscaled: str = "",
) -> Observation:
    """The release as it is; *live* has the counts that differ from the manifest, which *owner* has set."""
    newest = newest or running
    if running is None:
        return Observation(NAME, NAMESPACE, NOW, History(), newest)
    topology = read_topology(running)
    counts = {f"{part.kind}/{part.name}": part.replicas or 1 for part in topology.workloads}
    found = {key: _live(key, (live or {}).get(key, count), owner=owner) for key, count in counts.items()}
    scalers = {autoscaled: Autoscaler(f"{autoscaled}-hpa", autoscaled, 1, 9)} if autoscaled else {}
    record = Revision(running.revision, "deployed", "", NOW, None)
    history = History(newest=record, deployed=record)
    return Observation(NAME, NAMESPACE, NOW, history, newest, running, topology, found, scalers)


def _live(key: str, count: int, *, owner: str) -> LiveWorkload:
    kind, _slash, name = key.partition("/")
    counts = Counts(1, 1, count, count, count, count, count, 0)
    return LiveWorkload(kind, name, counts, "", {}, (CountOwner(owner, "Apply", "", ""),))


def render(*objects: Json, version: str = "5.0.19", server_side: bool = True) -> Render:
    """What helm's dry run has shown."""
    made = release(*objects, version=version)
    return Render(made.chart, manifest(*objects), read_topology(made), server_side)


def wish(values: Json | None = None, *, chart_differs: str = "", **changes: t.Any) -> Wish:
    """What a task asks for."""
    options = {"sensitive": {}, "policy": "merge", "allow_scale_in": False, "allow_unsafe_upgrade": False, **changes}
    return Wish(values=values or {}, chart_differs=chart_differs, **options)
