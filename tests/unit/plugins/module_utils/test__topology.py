# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _topology
from ansible_collections.milvus.cluster.plugins.module_utils._errors import RecordError
from ansible_collections.milvus.cluster.plugins.module_utils._release import Chart, Release, decode
from ansible_collections.milvus.cluster.plugins.module_utils._topology import Topology, read_topology
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils import conversations

NEW_WORKERS = ["query_node", "data_node", "streaming_node", "proxy"]
OLD_WORKERS = ["query_node", "data_node", "index_node", "proxy"]
OLD_COORDINATORS = ["root_coordinator", "query_coordinator", "data_coordinator", "index_coordinator"]


def recorded(name: str) -> Topology:
    return read_topology(decode(conversations.find_record(name)))


def release(manifest: str, *, values: t.Any = None, defaults: t.Any = None) -> Release:
    """A release that consists of *manifest*."""
    chart = Chart("milvus", "5.0.19", "2.6.15", defaults or {})
    return Release("r", "ns", 1, "deployed", "", "", "", "ssa", chart, values or {}, manifest)


def document(kind: str, name: str, *, source: str = "milvus/templates/x.yaml", **pod_labels: str) -> str:
    """One workload of a manifest."""
    labels = "".join(f"\n        {key.replace('__', '/')}: {value}" for key, value in pod_labels.items())
    return f"""---
# Source: {source}
apiVersion: apps/v1
kind: {kind}
metadata:
  name: {name}
spec:
  replicas: 2
  template:
    metadata:
      labels:{labels or " {}"}
    spec:
      containers:
        - image: i
"""


MILVUS = {"app.kubernetes.io__name": "milvus", "app.kubernetes.io__instance": "r"}


@pytest.mark.parametrize(
    ("conversation", "mode", "types", "service"),
    [
        ("new-chart", "cluster", [*NEW_WORKERS, "mix_coordinator"], "my-release-milvus"),
        ("old-chart", "cluster", [*OLD_WORKERS, *OLD_COORDINATORS], "my-release-milvus"),
        ("fullname-override", "cluster", [*NEW_WORKERS, "mix_coordinator"], "foo"),
        ("standalone", "standalone", ["standalone"], "my-release-milvus"),
        (
            "resource-groups",
            "cluster",
            ["query_node", "query_node", "data_node", "streaming_node", "streaming_node", "proxy", "mix_coordinator"],
            "my-release-milvus",
        ),
    ],
)
def test_components_of_recorded_releases(conversation: str, mode: str, types: list[str], service: str) -> None:
    topology = recorded(conversation)
    assert (topology.mode, topology.service) == (mode, service)
    assert [component.type.key for component in topology.components] == types


def test_resource_groups() -> None:
    topology = recorded("resource-groups")
    groups = {component.workload.name: component.group for component in topology.components if component.group}
    assert groups == {
        f"my-release-milvus-{node}-{group}": group
        for node in ("querynode", "streamingnode")
        for group in ("rg1", "rg2")
    }


def test_a_count_left_to_an_autoscaler_is_open() -> None:
    (query_node, *others) = recorded("autoscaled").components
    assert query_node.workload.replicas is None
    assert [component.workload.replicas for component in others] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("conversation", "dependencies"),
    [
        ("new-chart", [("etcd", "etcd", 1), ("object_storage", "minio", 1), ("message_queue", "pulsar", 5)]),
        ("old-chart", [("etcd", "etcd", 1), ("object_storage", "minio", 1)]),
    ],
)
def test_dependencies_of_recorded_releases(conversation: str, dependencies: list[tuple[str, str, int]]) -> None:
    found = recorded(conversation).dependencies
    assert [(part.role, part.product, len(part.workloads)) for part in found] == dependencies
    assert not any(part.external for part in found)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"externalEtcd": {"enabled": True}}, [("etcd", "etcd", True)]),
        ({"externalS3": {"enabled": True}}, [("object_storage", "s3", True)]),
        ({"externalPulsar": {"enabled": True}}, [("message_queue", "pulsar", True)]),
        ({"externalKafka": {"enabled": True}}, [("message_queue", "kafka", True)]),
        ({"externalKafka": {"enabled": False}}, []),
        ({"externalKafka": "x"}, []),
        ({"woodpecker": {"enabled": True}}, [("message_queue", "woodpecker", False)]),
        ({"woodpecker": {"enabled": True}, "streaming": {"woodpecker": {"embedded": False}}}, []),
    ],
)
def test_dependencies_without_a_workload(values: dict[str, t.Any], expected: list[t.Any]) -> None:
    manifest = document("Deployment", "q", component="querynode", **MILVUS)
    for given in ({"values": values}, {"defaults": values}):
        found = read_topology(release(manifest, **given)).dependencies
        assert [(part.role, part.product, part.external) for part in found] == expected
        assert all(part.workloads == () for part in found)


def test_the_users_values_outweigh_the_defaults() -> None:
    manifest = document("Deployment", "q", component="querynode", **MILVUS)
    one = release(manifest, values={"externalKafka": {"enabled": False}}, defaults={"externalKafka": {"enabled": True}})
    assert read_topology(one).dependencies == ()


@pytest.mark.parametrize(
    ("manifest", "product"),
    [
        (document("StatefulSet", "x", source="milvus/charts/etcd/templates/s.yaml"), "etcd"),
        (document("StatefulSet", "x", source="milvus/charts/pulsarv3/templates/s.yaml"), "pulsar"),
        (document("StatefulSet", "x", source="milvus/charts/kafka/charts/zookeeper/templates/s.yaml"), "kafka"),
        (document("Deployment", "x", source="milvus/charts/minio/templates/d.yaml"), "minio"),
        # Without the comments that a post-renderer drops.
        (document("StatefulSet", "x", source="", app="pulsarv3", component="zookeeper"), "pulsar"),
        (document("StatefulSet", "x", source="", app__kubernetes="y", app="minio"), "minio"),
        (document("StatefulSet", "x", source="", **{"app.kubernetes.io__name": "zookeeper"}), "kafka"),
        (document("StatefulSet", "x", component="woodpecker", **MILVUS), "woodpecker"),
    ],
)
def test_finds_the_product_of_a_dependency(manifest: str, product: str) -> None:
    worker = document("Deployment", "q", component="querynode", **MILVUS)
    (dependency,) = read_topology(release(worker + manifest)).dependencies
    assert dependency.product == product


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "just text",
        document(
            "StatefulSet", "x", source="milvus/charts/pulsarv3/templates/s.yaml", component="proxy", app="pulsarv3"
        ),
        document("Deployment", "x", component="proxy", **{**MILVUS, "app.kubernetes.io__instance": "another"}),
        document("Deployment", "x", component="something-new", **MILVUS),
        document("Deployment", "x", source="other/charts/milvus/templates/d.yaml", component="proxy", **MILVUS),
        document("ConfigMap", "x", component="proxy", **MILVUS),
    ],
)
def test_what_is_no_milvus_component(manifest: str) -> None:
    topology = read_topology(release(manifest))
    assert (topology.mode, topology.components, topology.dependencies, topology.service) == ("none", (), (), "")


def test_a_group_label_of_another_name() -> None:
    labels = {**MILVUS, "milvus.io__deployment-group": "blue"}
    (component,) = read_topology(release(document("Deployment", "q", component="querynode", **labels))).components
    assert component.group == "blue"


@pytest.mark.parametrize(
    ("written", "replicas"),
    [("replicas: 2", 2), ("replicas: 0", 0), ("replicas: -1", None), ("replicas: null", None), ("paused: false", None)],
)
def test_count_in_the_manifest(written: str, replicas: int | None) -> None:
    manifest = document("Deployment", "q", component="querynode", **MILVUS).replace("replicas: 2", written)
    (component,) = read_topology(release(manifest)).components
    assert component.workload.replicas == replicas


def test_a_manifest_that_is_no_yaml() -> None:
    manifest = document("Deployment", "q", component="querynode", **MILVUS) + "  broken: [\n"
    with pytest.raises(RecordError, match="manifest of release r, revision 1 failed: one of its documents is no YAML"):
        read_topology(release(manifest))


def test_documents_of_other_kinds_are_not_parsed() -> None:
    worker = document("Deployment", "q", component="querynode", **MILVUS)
    assert read_topology(release(worker + "---\nkind: Secret\nbroken: [\n")).mode == "cluster"


def test_keys_of_the_component_table_are_unique() -> None:
    for column in ("key", "values_key", "label"):
        names = [getattr(component, column) for component in _topology.COMPONENT_TYPES]
        assert len(names) == len(set(names))
