# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a release of the Milvus chart consists of, read from its stored manifest and values. Pure. PRIVATE."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ._errors import RecordError
from ._libraries import load_yaml

if t.TYPE_CHECKING:
    from ._release import Release

Json = dict[str, t.Any]

WORKER = "worker"
COORDINATOR = "coordinator"
STANDALONE = "standalone"
TOOL = "tool"

INSTANCE_LABEL = "app.kubernetes.io/instance"
NAME_LABEL = "app.kubernetes.io/name"
COMPONENT_LABEL = "component"
# Subcharts of the older fashion (MinIO, Pulsar) carry this one instead of INSTANCE_LABEL.
RELEASE_LABEL = "release"
# One Deployment per group: of the chart today, and as proposed for it.
GROUP_LABELS = ("milvus.io/resource-group", "milvus.io/deployment-group")
OPERATOR = "milvus-operator"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"


class ComponentType(t.NamedTuple):
    """A kind of Milvus process: our option key, the chart's values key, the chart's pod label."""

    key: str
    values_key: str
    label: str
    role: str
    title: str


COMPONENT_TYPES = (
    ComponentType("query_node", "queryNode", "querynode", WORKER, "query node"),
    ComponentType("data_node", "dataNode", "datanode", WORKER, "data node"),
    ComponentType("index_node", "indexNode", "indexnode", WORKER, "index node"),
    ComponentType("streaming_node", "streamingNode", "streamingnode", WORKER, "streaming node"),
    ComponentType("proxy", "proxy", "proxy", WORKER, "proxy"),
    ComponentType("mix_coordinator", "mixCoordinator", "mixcoord", COORDINATOR, "mix coordinator"),
    ComponentType("root_coordinator", "rootCoordinator", "rootcoord", COORDINATOR, "root coordinator"),
    ComponentType("query_coordinator", "queryCoordinator", "querycoord", COORDINATOR, "query coordinator"),
    ComponentType("data_coordinator", "dataCoordinator", "datacoord", COORDINATOR, "data coordinator"),
    ComponentType("index_coordinator", "indexCoordinator", "indexcoord", COORDINATOR, "index coordinator"),
    ComponentType("standalone", "standalone", "standalone", STANDALONE, "standalone server"),
    ComponentType("cdc", "cdc", "cdc", TOOL, "change data capture"),
    ComponentType("attu", "attu", "attu", TOOL, "Attu"),
)
TYPES_BY_LABEL = {component.label: component for component in COMPONENT_TYPES}
WORKER_TYPES = tuple(component for component in COMPONENT_TYPES if component.role == WORKER)

# Subchart, or name label, of a dependency's workload → what Milvus uses it for, and its product.
DEPENDENCY_ROLES = {
    "etcd": ("etcd", "etcd"),
    "minio": ("object_storage", "minio"),
    "pulsar": ("message_queue", "pulsar"),
    "pulsarv2": ("message_queue", "pulsar"),
    "pulsarv3": ("message_queue", "pulsar"),
    "kafka": ("message_queue", "kafka"),
    "zookeeper": ("message_queue", "kafka"),
    "woodpecker": ("message_queue", "woodpecker"),
    "tei": ("embedding", "tei"),
}
# Values key of a service outside of the release → as above.
_EXTERNAL = {
    "externalEtcd": ("etcd", "etcd"),
    "externalS3": ("object_storage", "s3"),
    "externalPulsar": ("message_queue", "pulsar"),
    "externalKafka": ("message_queue", "kafka"),
}


class Workload(t.NamedTuple):
    """A Deployment or StatefulSet as the manifest has it. *replicas* is None where it leaves the count open."""

    kind: str
    name: str
    replicas: int | None
    image: str
    labels: t.Mapping[str, str]
    pod_labels: t.Mapping[str, str]
    subchart: str

    @property
    def key(self) -> str:
        """Its name in mappings, and in messages."""
        return f"{self.kind}/{self.name}"


class Component(t.NamedTuple):
    """A Milvus workload of the release. *group* is its resource group, "" without."""

    type: ComponentType
    group: str
    workload: Workload


class Dependency(t.NamedTuple):
    """What Milvus leans on: in this release with *workloads*, outside of it, or inside Milvus itself (neither)."""

    role: str
    product: str
    external: bool
    workloads: tuple[Workload, ...] = ()


@dataclasses.dataclass(frozen=True)
class Topology:
    """The parts of a release. *mode* is "cluster", "standalone", or "none" for what is no Milvus chart.

    *jobs* are names; the chart has some for the first install alone.
    """

    mode: str
    components: tuple[Component, ...]
    dependencies: tuple[Dependency, ...]
    service: str
    jobs: tuple[str, ...] = ()

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """All workloads, Milvus' first."""
        own = tuple(component.workload for component in self.components)
        return own + tuple(workload for dependency in self.dependencies for workload in dependency.workloads)


def read_topology(release: Release) -> Topology:
    """Read the parts of *release* off its manifest and values. Raises RecordError when the manifest is no YAML."""
    documents = list(_documents(release))
    workloads = [_read_workload(source, document) for source, document in documents if document["kind"] in _WORKLOADS]
    components = tuple(_components(workloads, release.name))
    own = {component.workload.name for component in components}
    rest = [workload for workload in workloads if workload.name not in own]
    roles = {component.type.role for component in components}
    mode = STANDALONE if STANDALONE in roles else "cluster" if roles & {WORKER, COORDINATOR} else "none"
    services = [document for _source, document in documents if document["kind"] == "Service"]
    service = _find_service(services, components)
    jobs = tuple(str(dig(body, "metadata").get("name")) for _source, body in documents if body["kind"] == "Job")
    return Topology(mode, components, tuple(_dependencies(rest, release)) if own else (), service, jobs)


_WORKLOADS = ("Deployment", "StatefulSet")
_KIND = re.compile(r"^kind:\s*[\"']?(\w+)", re.MULTILINE)
_SOURCE = re.compile(r"^# Source: \S+?/charts/([^/\s]+)/", re.MULTILINE)


def _documents(release: Release) -> t.Iterator[tuple[str, Json]]:
    """Yield subchart and body of the documents that matter; parsing all of them would take ten times longer."""
    yaml, loader = load_yaml()
    for text in re.split(r"^---[ \t]*$", release.manifest, flags=re.MULTILINE):
        kind = _KIND.search(text)
        if kind is None or kind[1] not in (*_WORKLOADS, "Service", "Job"):
            continue
        try:
            document = yaml.load(text, Loader=loader)
        except yaml.YAMLError as exc:
            action = f"Reading the manifest of release {release.name}, revision {release.revision}"
            remedy = "Look at it with `helm get manifest`."
            raise RecordError(action, reason=f"one of its documents is no YAML: {exc}", remedy=remedy) from exc
        if isinstance(document, dict) and document.get("kind") == kind[1]:
            source = _SOURCE.search(text)
            yield (source[1] if source else ""), document


def _read_workload(subchart: str, document: Json) -> Workload:
    spec, labels = dig(document, "spec"), dig(document, "metadata", "labels")
    pod_labels = dig(spec, "template", "metadata", "labels")
    containers = dig(spec, "template", "spec").get("containers") or [{}]
    replicas = spec.get("replicas")
    return Workload(
        document["kind"],
        str(dig(document, "metadata").get("name")),
        replicas if isinstance(replicas, int) and replicas >= 0 else None,
        str(containers[0].get("image") or ""),
        labels,
        pod_labels,
        subchart or _guess_subchart(pod_labels),
    )


def _guess_subchart(pod_labels: t.Mapping[str, str]) -> str:
    """Name the subchart of a workload whose manifest a post-renderer has stripped of comments."""
    candidates = (pod_labels.get(key) for key in ("app", NAME_LABEL, COMPONENT_LABEL))
    return next((name for name in candidates if name in DEPENDENCY_ROLES), "")


def dig(node: t.Any, *path: str) -> Json:
    """Return the mapping at *path*, an empty one where there is none."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _components(workloads: t.Sequence[Workload], release: str) -> t.Iterator[Component]:
    order = {component.label: index for index, component in enumerate(COMPONENT_TYPES)}
    own = [
        workload
        for workload in workloads
        # Pulsar's proxies are labelled component=proxy as well, but have no instance label.
        if workload.pod_labels.get(INSTANCE_LABEL) == release
        and not workload.subchart
        and workload.pod_labels.get(COMPONENT_LABEL) in TYPES_BY_LABEL
    ]
    for workload in sorted(own, key=lambda w: (order[w.pod_labels[COMPONENT_LABEL]], w.name)):
        group = next((workload.pod_labels[label] for label in GROUP_LABELS if label in workload.pod_labels), "")
        yield Component(TYPES_BY_LABEL[workload.pod_labels[COMPONENT_LABEL]], group, workload)


def _find_service(services: t.Sequence[Json], components: t.Sequence[Component]) -> str:
    """Return the name of the Service that clients talk to: it selects the proxies, or the standalone server."""
    served = [c.workload.pod_labels for c in components if c.type.key in ("proxy", "standalone")]
    for service in services:
        spec = dig(service, "spec")
        selector = spec.get("selector") or {}
        if selector and any(selector.items() <= labels.items() for labels in served):
            return str(dig(service, "metadata").get("name"))
    return ""


def _dependencies(workloads: t.Sequence[Workload], release: Release) -> t.Iterator[Dependency]:
    found: dict[tuple[str, str], list[Workload]] = {}
    for workload in workloads:
        if workload.subchart in DEPENDENCY_ROLES:
            found.setdefault(DEPENDENCY_ROLES[workload.subchart], []).append(workload)
    for (role, product), parts in found.items():
        yield Dependency(role, product, external=False, workloads=tuple(parts))
    for key, (role, product) in _EXTERNAL.items():
        if find_value(release, key, "enabled") is True:
            yield Dependency(role, product, external=True)
    embedded = find_value(release, "streaming", "woodpecker", "embedded") is not False
    if find_value(release, "woodpecker", "enabled") is True and embedded:
        yield Dependency("message_queue", "woodpecker", external=False)


def find_value(release: Release, *path: str) -> t.Any:
    """Return the value in effect at *path*: the user's, else the stored default, else None."""
    for values in (release.values, release.chart.defaults):
        node = dig(values, *path[:-1])
        if path[-1] in node:
            return node[path[-1]]
    return None
