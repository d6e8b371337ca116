# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

from ansible_collections.milvus.cluster.plugins.module_utils._dependency_order import read_order
from ansible_collections.milvus.cluster.plugins.module_utils._topology import (
    TYPES_BY_LABEL,
    Component,
    Dependency,
    Topology,
    Workload,
)


def make(name: str, *, subchart: str = "", component: str = "") -> Workload:
    return Workload("StatefulSet", name, 1, "", {}, {"component": component} if component else {}, subchart)


def test_milvus_waits_for_all_of_its_dependencies() -> None:
    pulsar = tuple(
        # The release's name holds the word that tells a part.
        make(f"my-broker-pulsarv3-{part}", subchart="pulsarv3", component=part)
        for part in ("bookie", "broker", "proxy", "recovery", "zookeeper")
    )
    topology = Topology(
        "cluster",
        (Component(TYPES_BY_LABEL["proxy"], "", make("r-milvus-proxy")),),
        (
            Dependency("etcd", "etcd", external=False, workloads=(make("r-etcd"),)),
            Dependency("object_storage", "s3", external=True),
            Dependency("message_queue", "pulsar", external=False, workloads=pulsar),
        ),
        "",
    )
    order = read_order(topology)
    bookie, broker, proxy, recovery, zookeeper = (f"StatefulSet/{part.name}" for part in pulsar)
    assert order["StatefulSet/r-milvus-proxy"] == ("StatefulSet/r-etcd", bookie, broker, proxy, recovery, zookeeper)
    assert order["StatefulSet/r-etcd"] == ()
    assert order[zookeeper] == ()
    assert order[bookie] == (zookeeper,)
    assert order[broker] == (bookie, zookeeper)
    assert order[proxy] == order[recovery] == (bookie, broker, zookeeper)


def test_kafka_waits_for_its_zookeeper_and_woodpecker_for_etcd_and_storage() -> None:
    kafka = (make("r-kafka", subchart="kafka", component="kafka"), make("r-zookeeper", subchart="zookeeper"))
    topology = Topology(
        "cluster",
        (),
        (
            Dependency("etcd", "etcd", external=False, workloads=(make("r-etcd"),)),
            Dependency("object_storage", "minio", external=False, workloads=(make("r-minio"),)),
            Dependency("message_queue", "kafka", external=False, workloads=kafka),
            Dependency("message_queue", "woodpecker", external=False, workloads=(make("r-woodpecker"),)),
        ),
        "",
    )
    order = read_order(topology)
    assert order["StatefulSet/r-kafka"] == ("StatefulSet/r-zookeeper",)
    assert order["StatefulSet/r-zookeeper"] == ()
    assert order["StatefulSet/r-woodpecker"] == ("StatefulSet/r-etcd", "StatefulSet/r-minio")
