# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _live
from ansible_collections.milvus.cluster.plugins.module_utils._live import Autoscaler, CountOwner, Endpoint, Pods, Port
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils import conversations


def recorded(name: str, part: str) -> list[dict[str, t.Any]]:
    """The items of the list whose URL has *part* in a recorded conversation."""
    body = next(x["body"] for x in conversations.read(name) if part in x["url"])
    return list(body.get("items", [body]))


def find(name: str, part: str, *, ending: str) -> dict[str, t.Any]:
    return next(item for item in recorded(name, part) if item["metadata"]["name"].endswith(ending))


@pytest.mark.parametrize(
    ("conversation", "owners"),
    [
        ("new-chart", [("helm", "Apply", "")]),
        ("old-chart", [("helm", "Update", "")]),
        ("scaled-by-kubectl", [("kubectl", "Update", "scale")]),
    ],
)
def test_owner_of_the_count(conversation: str, owners: list[tuple[str, ...]]) -> None:
    workload = _live.read_workload(find(conversation, "/deployments", ending="querynode"), "Deployment")
    assert [owner[:3] for owner in workload.owners] == owners
    # The API server notes no time for the scale subresource.
    assert [bool(owner.time) for owner in workload.owners] == [not owner[2] for owner in owners]


def test_counts_and_image_of_a_deployment() -> None:
    workload = _live.read_workload(find("scaled-by-kubectl", "/deployments", ending="querynode"), "Deployment")
    assert workload.counts._replace(generation=0, observed_generation=0) == (0, 0, 3, 3, 3, 3, 3, 0)
    assert workload.counts.generation == workload.counts.observed_generation
    assert workload.image == "milvusdb/milvus:v2.6.15"


def test_a_new_workload_has_no_status_at_all() -> None:
    item = find("new-chart", "/deployments", ending="querynode")
    del item["status"], item["metadata"]["managedFields"]
    workload = _live.read_workload(item, "Deployment")
    assert workload.counts == (1, 0, 1, 0, 0, 0, 0, None)
    assert workload.owners == ()


def test_autoscaler_of_a_deployment() -> None:
    (item,) = recorded("autoscaled", "/horizontalpodautoscalers")
    name = "my-release-milvus-querynode"
    assert _live.read_autoscaler(item) == Autoscaler(f"{name}-hpa", name, 2, 6)


def test_autoscaler_without_a_minimum_or_of_something_else() -> None:
    (item,) = recorded("autoscaled", "/horizontalpodautoscalers")
    del item["spec"]["minReplicas"]
    autoscaler = _live.read_autoscaler(item)
    assert autoscaler
    assert autoscaler.minimum == 1
    item["spec"]["scaleTargetRef"]["kind"] = "StatefulSet"
    assert _live.read_autoscaler(item) is None


def test_endpoint_inside_the_cluster() -> None:
    (item,) = recorded("new-chart", "/services/")
    endpoint = _live.read_endpoint(item)
    ports = (Port("milvus", 19530, None), Port("metrics", 9091, None))
    assert endpoint == Endpoint("my-release-milvus", "ClusterIP", item["spec"]["clusterIP"], ports, ())


@pytest.mark.parametrize(
    ("status", "external_ips", "external"),
    [
        ({}, None, ()),
        ({"loadBalancer": {}}, None, ()),
        ({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}, None, ("192.0.2.1",)),
        ({"loadBalancer": {"ingress": [{"hostname": "lb.example", "ip": ""}]}}, None, ("lb.example",)),
        ({"loadBalancer": {"ingress": [{}]}}, ["192.0.2.7"], ("192.0.2.7",)),
    ],
)
def test_endpoint_outside_of_the_cluster(status: t.Any, external_ips: t.Any, external: tuple[str, ...]) -> None:
    ports = [{"port": 19530, "nodePort": 30001}]
    spec = {"type": "LoadBalancer", "ports": ports, "externalIPs": external_ips}
    endpoint = _live.read_endpoint({"metadata": {"name": "m"}, "spec": spec, "status": status})
    assert endpoint == Endpoint("m", "LoadBalancer", "", (Port("19530", 19530, 30001),), external)


def test_volumes() -> None:
    (first, *_rest) = sorted(_live.read_volume(item) for item in recorded("new-chart", "/persistentvolumeclaims"))
    assert first.name == "data-my-release-etcd-0"
    assert (first.status, first.size) == ("Bound", "10Gi")
    assert first.storage_class
    assert first.volume


def test_the_size_of_a_claim_without_a_volume_is_what_it_asks_for() -> None:
    spec = {"resources": {"requests": {"storage": "5Gi"}}}
    claim = {"metadata": {"name": "c"}, "spec": spec, "status": {"phase": "Pending"}}
    assert _live.read_volume(claim) == ("c", "Pending", "5Gi", "", "")


LONG = "a-release-with-a-name-of-fifty-three-characters-xxxxx"  # the longest that Helm takes


@pytest.mark.parametrize(
    ("rows", "deployments", "pods"),
    [
        ([], ["a"], {"a": Pods({}, 0)}),
        ([("a-1-x", "Running", "0"), ("a-1-y", "Running", "3 (5m ago)")], ["a"], {"a": Pods({"Running": 2}, 3)}),
        ([("a-1-x", "Running", 4)], ["a"], {"a": Pods({"Running": 1}, 4)}),  # a number before Kubernetes 1.22
        ([("b-1-x", "Running", "0")], ["a"], {"a": Pods({}, 0)}),
        # The Deployment of a resource group has the name of another one as its beginning.
        (
            [("q-1-x", "Running", "0"), ("q-rg1-1-x", "Terminating", "0")],
            ["q", "q-rg1"],
            {"q": Pods({"Running": 1}, 0), "q-rg1": Pods({"Terminating": 1}, 0)},
        ),
        # The API server cuts the beginning of a generated name off after 58 characters.
        ([(f"{LONG}-milvus-querynode-1"[:58] + "abcde", "Running", "0")], [f"{LONG}-milvus-querynode"], None),
    ],
)
def test_sorts_pods_to_deployments(rows: t.Any, deployments: list[str], pods: t.Any) -> None:
    table = [{"Name": name, "Status": status, "Restarts": restarts} for name, status, restarts in rows]
    assert _live.group_pods(table, deployments) == (pods or {deployments[0]: Pods({"Running": 1}, 0)})


def test_terminating_pods() -> None:
    assert Pods({"Running": 1, "Terminating": 2}, 0).terminating == 2
    assert Pods({}, 0).terminating == 0


def test_owners_are_all_managers_of_the_field() -> None:
    item = find("new-chart", "/deployments", ending="querynode")
    owned: dict[str, t.Any] = {"f:spec": {"f:replicas": {}}}
    item["metadata"]["managedFields"] = [
        {"manager": "helm", "operation": "Apply", "time": "2026-01-01T00:00:00Z", "fieldsV1": owned},
        {"manager": "x", "operation": "Update", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {}}},
        {"manager": "hpa", "operation": "Update", "subresource": "scale", "fieldsV1": owned},
        {"operation": "Update"},
    ]
    assert _live.read_workload(item, "Deployment").owners == (
        CountOwner("helm", "Apply", "", "2026-01-01T00:00:00Z"),
        CountOwner("hpa", "Update", "scale", ""),
    )
