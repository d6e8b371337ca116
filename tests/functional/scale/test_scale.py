# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Counts of worker nodes by milvus_scale, with both helms: check, do, check, do."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from installer import BY_HAND, Installer
from milvus_lab.client import HELMS
from release_states import NAME
from scaling import DATA_NODE, PROXY, QUERY_NODE, REUSE, check_helm_alone, count, scale_by_kubectl, see

GROUPS = "--set=replicaResourceGroups={east,west}"


@pytest.mark.both_helms
def test_out_in_and_both(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.look()
    scaler.dance(replicas={"query_node": "3", "dataNode": 2, "streaming_node": ""})
    scaler.keep(replicas={"query_node": 3})
    before = see(scaler)
    done = scaler.dance(replicas={"query_node": 1, "proxy": 2})
    scaler.check_all_ready()
    assert done["plan"]["summary"][-2:] == [
        f"scale Deployment/{PROXY}: 1 -> 2",
        f"scale Deployment/{QUERY_NODE}: 3 -> 1",
    ]
    touched = before.compare(see(scaler))
    assert (touched.come, touched.gone, touched.moved) == ({PROXY: 1}, {QUERY_NODE: 2}, {PROXY, QUERY_NODE})
    # Of each dance its version and a dry run to foretell, and these and an upgrade to do it.
    assert scaler.helm.count == 2 * 5
    assert scaler.values["queryNode"] == {"replicas": 1}
    check_helm_alone(scaler)
    scaler.cluster.upgrade(REUSE, "--set=queryNode.replicas=2")
    assert count(scaler)["querynode"] == 2


def test_one_type_after_the_other(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.look()
    before = see(scaler)
    scaler.dance(replicas={"query_node": 2, "proxy": 2, "data_node": 2}, strategy="one_by_one")
    touched = before.compare(see(scaler))
    assert (touched.come, touched.gone) == ({QUERY_NODE: 1, PROXY: 1, DATA_NODE: 1}, {})
    scaler.dance(replicas={"query_node": 1, "proxy": 1, "data_node": 1}, scale_in_step=2)
    scaler.check_all_ready()
    check_helm_alone(scaler)


def test_drift_is_taken_over(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scale_by_kubectl(scaler, DATA_NODE, replicas=3)
    before = scaler.look()
    message = scaler.fail("BlockedError", replicas={"query_node": 2}, drift="fail")
    assert "Leaving data_node alone is blocked: it has 3 pods, by kubectl, and the release 1" in message
    assert scaler.look() == before

    pods = scaler.find_uids("pods")
    done = scaler.dance(replicas={"query_node": 1})
    assert done["plan"]["summary"][-1] == f"record count Deployment/{DATA_NODE}: 1 -> 3"
    assert scaler.find_uids("pods") == pods
    assert scaler.values["dataNode"] == {"replicas": 3}
    check_helm_alone(scaler)


@pytest.mark.one_will_do
@pytest.mark.parametrize("drift", ["keep_live", "restore_release"])
@pytest.mark.parametrize("replicas", [1, 4])
def test_drift_up_and_down(replicas: int, drift: str, scaler: Installer) -> None:
    """Of a type that the task names, and of one that it does not; afterwards helm owns all counts alone."""
    scaler.cluster.install(BY_HAND, "--set=queryNode.replicas=3,dataNode.replicas=2")
    scale_by_kubectl(scaler, QUERY_NODE, replicas=replicas)
    scale_by_kubectl(scaler, DATA_NODE, replicas=replicas)
    done = scaler.dance(replicas={"query_node": 2}, drift=drift)
    scaler.check_all_ready()
    data_nodes = replicas if drift == "keep_live" else 2
    assert (count(scaler)["querynode"], count(scaler)["datanode"]) == (2, data_nodes)
    assert f"scale Deployment/{QUERY_NODE}: {replicas} -> 2" in done["plan"]["summary"]
    check_helm_alone(scaler)
    scaler.cluster.upgrade(REUSE, "--set=queryNode.replicas=1,dataNode.replicas=3")
    assert (scaler.record["status"], count(scaler)["querynode"], count(scaler)["datanode"]) == ("deployed", 1, 3)


def test_drift_back_to_what_the_release_says(scaler: Installer) -> None:
    """No value changes: nothing but the live count tells that there is something to do."""
    scaler.cluster.install(BY_HAND, "--set=queryNode.replicas=2")
    scale_by_kubectl(scaler, QUERY_NODE, replicas=4)
    scaler.look()
    done = scaler.dance(replicas={"query_node": 2})
    assert "restore count query_node: 4 -> 2" in done["plan"]["summary"]
    scale_by_kubectl(scaler, QUERY_NODE, replicas=1)
    scaler.look()
    scaler.dance(replicas={"query_node": 2})
    scaler.check_all_ready()
    assert count(scaler)["querynode"] == 2
    check_helm_alone(scaler)


def test_counts_of_resource_groups(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, GROUPS)
    scaler.look()
    scaler.dance(replicas={"query_node": 2})
    assert {name: size for name, size in count(scaler).items() if name.startswith("querynode")} == {
        "querynode-east": 2,
        "querynode-west": 2,
    }
    before = see(scaler)
    scaler.dance(replicas={"query_node": 1, "streaming_node": 2})
    scaler.check_all_ready()
    touched = before.compare(see(scaler))
    assert touched.gone == {f"{QUERY_NODE}-east": 1, f"{QUERY_NODE}-west": 1}
    assert set(touched.come.values()) == {1}
    scale_by_kubectl(scaler, f"{QUERY_NODE}-east", replicas=3)
    message = scaler.fail("BlockedError", replicas={"proxy": 2})
    assert "its resource groups have 1, 3 pods, and the release has one count for all" in message
    scaler.dance(replicas={"query_node": 2})
    check_helm_alone(scaler)


def test_the_other_helm_goes_on(scaler: Installer) -> None:
    """A release made by one helm, and scaled and upgraded by the other, and then by the first again."""
    scaler.cluster.install(BY_HAND)
    scaler.dance(replicas={"query_node": 3})
    other = "helm3" if scaler.cluster.which == "helm4" else "helm4"
    cluster = dataclasses.replace(scaler.cluster, which=other)
    binary = str(scaler.cluster.lab.program(HELMS[other]))
    scale_by_kubectl(scaler, DATA_NODE, replicas=2)
    scaler.look()
    for options, come, gone in (
        ({"replicas": {"query_node": 4}, "helm_binary": binary}, {QUERY_NODE: 1}, {}),
        ({"replicas": {"query_node": 2}, "helm_binary": binary}, {}, {QUERY_NODE: 2}),
        ({"replicas": {"query_node": 3, "data_node": 1}}, {QUERY_NODE: 1}, {DATA_NODE: 1}),
        ({"replicas": {"proxy": 2}, "helm_binary": binary}, {PROXY: 1}, {}),
    ):
        before = see(scaler)
        scaler.dance(**t.cast("dict[str, t.Any]", options))
        scaler.check_all_ready()
        touched = before.compare(see(scaler))
        assert (touched.come, touched.gone) == (come, gone)
    cluster.upgrade(REUSE, "--set=queryNode.replicas=1")
    assert count(scaler)["querynode"] == 1
    scaler.cluster.upgrade(REUSE, "--set=queryNode.replicas=2")
    assert (scaler.record["status"], count(scaler)["querynode"]) == ("deployed", 2)


def test_releases_in_one_namespace(scaler: Installer) -> None:
    """One whose name has the chart's in it, which then names its workloads; neither touches the other."""
    scaler.cluster.install(BY_HAND)
    scaler.cluster.install(BY_HAND, name="milvus-b")
    before = see(scaler)
    revision = scaler.record["revision"]
    scaler.dance(release_name="milvus-b", replicas={"query_node": 3, "proxy": 2})
    touched = before.compare(see(scaler))
    assert (touched.come, touched.gone) == ({"milvus-b-querynode": 2, "milvus-b-proxy": 1}, {})
    scaler.dance(release_name="milvus-b", replicas={"query_node": 2})
    touched = before.compare(see(scaler))
    assert touched.moved == {"milvus-b-querynode", "milvus-b-proxy"}
    assert scaler.record["revision"] == revision
    scaler.dance(replicas={"query_node": 2})
    assert (count(scaler)["querynode"], count(scaler, "milvus-b-")["querynode"]) == (2, 2)


@pytest.mark.one_will_do
@pytest.mark.parametrize(
    ("value", "name"), [("fullnameOverride=vectors", "vectors"), ("nameOverride=vec", f"{NAME}-vec")]
)
def test_names_of_the_users_own(value: str, name: str, scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, f"--set={value}")
    before = see(scaler)
    done = scaler.dance(replicas={"query_node": 2, "proxy": 2})
    scaler.check_all_ready()
    touched = before.compare(see(scaler))
    assert (touched.come, touched.gone) == ({f"{name}-querynode": 1, f"{name}-proxy": 1}, {})
    assert {each["workload"] for each in done["counts"] if each["after"] == 2} == touched.moved


def test_a_release_that_was_never_ready(scaler: Installer) -> None:
    """A failed upgrade is repaired by the way, and its count, which never came about, is not taken for a wish."""
    scaler.cluster.install(BY_HAND)
    with pytest.raises(Exception, match="Nope"):
        scaler.cluster.upgrade(REUSE, "--set=queryNode.replicas=2,service.type=Nope")
    scaler.look()
    scaler.dance(replicas={"query_node": 3})
    scaler.check_all_ready()
    assert scaler.values["queryNode"] == {"replicas": 3}
    assert "service" not in scaler.values
    check_helm_alone(scaler)
