# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Counts of worker nodes by milvus_scale, with both helms and on charts of both generations."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from installer import BARE, Installer, Json
from release_states import NAME, SMALL

REUSE = "--reset-then-reuse-values"
# The worker types of each chart, with the last part of the Deployment's name.
WORKERS = {
    "5.0.19": {
        "query_node": "querynode",
        "data_node": "datanode",
        "streaming_node": "streamingnode",
        "proxy": "proxy",
    },
    "4.1.28": {"query_node": "querynode", "data_node": "datanode", "index_node": "indexnode", "proxy": "proxy"},
}
BY_HAND = (
    "--set=pulsarv3.enabled=false,pulsar.enabled=false,etcd.replicaCount=1,etcd.persistence.enabled=false,"
    "minio.mode=standalone,minio.persistence.enabled=false"
)
QUERY_NODE, DATA_NODE = f"{NAME}-milvus-querynode", f"{NAME}-milvus-datanode"


@pytest.fixture
def scaler(installer: Installer) -> Installer:
    """milvus_scale in the namespace."""
    return dataclasses.replace(installer, module="milvus_scale")


def count(scaler: Installer, prefix: str = f"{NAME}-milvus-") -> dict[str, int]:
    """The Deployments of Milvus, and how many pods each shall have."""
    found = {item["metadata"]["name"]: item["spec"]["replicas"] for item in scaler.read("deployments")}
    return {name.removeprefix(prefix): replicas for name, replicas in found.items() if name.startswith(prefix)}


def find_generations(scaler: Installer) -> dict[str, int]:
    items = scaler.read("deployments,statefulsets")
    return {item["metadata"]["name"]: item["metadata"]["generation"] for item in items}


def find_managers(scaler: Installer, name: str = QUERY_NODE) -> set[str]:
    """Who owns the count of a Deployment."""
    fields = scaler.cluster.lab.get("deployment", name, namespace=scaler.cluster.namespace, managed_fields=True)
    entries = fields["metadata"]["managedFields"]
    return {each["manager"] for each in entries if "f:replicas" in each["fieldsV1"].get("f:spec", {})}


@pytest.mark.parametrize("version", WORKERS)
def test_the_guide_type_by_type(version: str, scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, version=version)
    scaler.look()
    for worker, name in WORKERS[version].items():
        pods, generations = scaler.find_uids("pods"), find_generations(scaler)
        done = scaler.dance(replicas={worker: 3})
        scaler.check_all_ready()
        after = scaler.find_uids("pods")
        new = after.keys() - pods.keys()
        assert pods.items() <= after.items()
        assert len(new) == 2
        assert all(pod.startswith(f"{NAME}-milvus-{name}-") for pod in new)
        moved = {key for key, number in find_generations(scaler).items() if number != generations[key]}
        assert moved == {f"{NAME}-milvus-{name}"}
        (changed,) = [each for each in done["counts"] if each["before"] != each["after"]]
        assert (changed["type"], changed["before"], changed["after"]) == (worker, 1, 3)
    scaler.cluster.upgrade(REUSE, "--set=log.level=warn", version=version)
    assert {name: count(scaler)[name] for name in WORKERS[version].values()} == dict.fromkeys(
        WORKERS[version].values(), 3
    )


def test_out_in_and_both(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.look()
    scaler.dance(replicas={"query_node": "3", "dataNode": 2, "streaming_node": ""})
    scaler.keep(replicas={"query_node": 3})
    pods = scaler.find_uids("pods")
    done = scaler.dance(replicas={"query_node": 1, "proxy": 2})
    scaler.check_all_ready()
    assert done["plan"]["summary"][-2:] == [
        f"scale Deployment/{NAME}-milvus-proxy: 1 -> 2",
        f"scale Deployment/{QUERY_NODE}: 3 -> 1",
    ]
    assert len(pods.items() - scaler.find_uids("pods").items()) == 2
    assert scaler.values["queryNode"] == {"replicas": 1}
    assert find_managers(scaler) == {"helm"}
    scaler.cluster.upgrade(REUSE, "--set=queryNode.replicas=2")
    assert count(scaler)["querynode"] == 2
