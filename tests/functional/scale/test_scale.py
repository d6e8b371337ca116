# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Counts of worker nodes by milvus_scale, with both helms and on charts of both generations.

``MILVUS_CHART=<folder or .tgz>`` adds a real chart.
"""

from __future__ import annotations

import dataclasses
import os

import pytest

from installer import BY_HAND, Installer, Json
from milvus_lab.client import HELMS, CommandFailedError, wait_for
from release_states import NAME

REAL_CHART = os.environ.get("MILVUS_CHART", "")
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
    # Of each dance its version and a dry run to foretell, and these and an upgrade to do it.
    assert scaler.helm.count == 2 * 5
    assert scaler.values["queryNode"] == {"replicas": 1}
    assert scaler.find_count_owners() == {"helm"}
    scaler.cluster.upgrade(REUSE, "--set=queryNode.replicas=2")
    assert count(scaler)["querynode"] == 2


def by_kubectl(scaler: Installer, name: str, *, replicas: int) -> None:
    scaler.cluster.kubectl("scale", "deployment", name, f"--replicas={replicas}")


def test_drift(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    by_kubectl(scaler, DATA_NODE, replicas=3)
    before = scaler.look()
    message = scaler.fail("BlockedError", replicas={"query_node": 2}, drift="fail")
    assert "Leaving data_node alone is blocked: it has 3 pods, by kubectl, and the release 1" in message
    assert scaler.look() == before

    pods = scaler.find_uids("pods")
    done = scaler.dance(replicas={"query_node": 1})
    assert done["plan"]["summary"][-1] == f"record count Deployment/{DATA_NODE}: 1 -> 3"
    assert scaler.find_uids("pods") == pods
    assert scaler.values["dataNode"] == {"replicas": 3}

    by_kubectl(scaler, DATA_NODE, replicas=1)
    by_kubectl(scaler, QUERY_NODE, replicas=4)
    done = scaler.dance(replicas={"query_node": 2}, drift="restore_release")
    scaler.check_all_ready()
    assert (count(scaler)["querynode"], count(scaler)["datanode"]) == (2, 3)
    assert "restore count data_node: 1 -> 3" in done["plan"]["summary"]
    scaler.cluster.upgrade(REUSE, "--set=queryNode.replicas=1,dataNode.replicas=2")
    assert scaler.record["status"] == "deployed"
    assert (count(scaler)["querynode"], count(scaler)["datanode"]) == (1, 2)


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_an_autoscaler_comes_and_goes(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, "--set=queryNode.replicas=3")
    scaler.look()
    pods = scaler.find_uids("pods")
    scaler.dance(autoscaling={"query_node": {"min_replicas": 2, "max_replicas": 6, "cpu": 70}})
    assert scaler.values["queryNode"]["replicas"] == -1
    message = scaler.fail("BlockedError", replicas={"query_node": 5})
    assert f"HorizontalPodAutoscaler {QUERY_NODE}-hpa owns the count (2 to 6)" in message
    scaler.dance(autoscaling={"query_node": {"max_replicas": 7}}, replicas={"proxy": 2})
    scaler.dance(autoscaling={"query_node": {"enabled": False}})
    assert (scaler.find_uids("hpa"), count(scaler)["querynode"]) == ({}, 3)
    assert pods.items() <= scaler.find_uids("pods").items()
    assert scaler.find_count_owners() == {"helm"}
    scaler.cluster.upgrade(REUSE, "--set=queryNode.replicas=2")
    assert count(scaler)["querynode"] == 2


@pytest.mark.parametrize("installer", ["helm3"], indirect=True)
def test_an_autoscaler_that_would_lose_pods(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, "--set=queryNode.replicas=3")
    message = scaler.fail("BlockedError", autoscaling={"query_node": {}})
    assert "applied as Helm 3 does, which would stop all but one of its pods" in message
    scaler.run(replicas={"query_node": 1})
    scaler.run(autoscaling={"query_node": {}})
    assert scaler.find_uids("hpa").keys() == {f"{QUERY_NODE}-hpa"}


def test_counts_of_resource_groups(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, "--set=replicaResourceGroups={east,west}")
    scaler.look()
    scaler.dance(replicas={"query_node": 2})
    assert {name: size for name, size in count(scaler).items() if name.startswith("querynode")} == {
        "querynode-east": 2,
        "querynode-west": 2,
    }
    pods = scaler.find_uids("pods")
    scaler.dance(replicas={"query_node": 1, "streaming_node": 2})
    scaler.check_all_ready()
    assert len(pods.items() - scaler.find_uids("pods").items()) == 2


REFUSALS = (
    ("5.0.19", {"index_node": 3}, "Index nodes are merged into data nodes since Milvus 2.6", "BlockedError"),
    ("5.0.19", {"mix_coordinator": 2}, "does not support scaling out the coordinators", "OptionError"),
    ("5.0.19", {"query_nod": 2}, "Did you mean query_node?", "OptionError"),
    ("5.0.19", {"proxy": 0}, "or set allow_zero", "OptionError"),
    ("4.1.28", {"streaming_node": 2}, "Streaming nodes come with Milvus 2.6", "BlockedError"),
)


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
@pytest.mark.parametrize("version", ["5.0.19", "4.1.28"])
def test_what_is_refused(version: str, scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, version=version)
    before = scaler.look()
    for _version, replicas, words, kind in (each for each in REFUSALS if each[0] == version):
        assert words in scaler.fail(kind, replicas=replicas)
        assert words in scaler.fail(kind, replicas=replicas, check=True)
    words = "is chart milvus 5.0.17, and the release is of chart milvus"
    assert words in scaler.fail("OptionError", replicas={"proxy": 2}, chart_ref=str(scaler.cluster.chart("5.0.17")))
    assert scaler.look() == before


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_a_standalone_milvus(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, "--set=cluster.enabled=false")
    assert "it is a standalone Milvus" in scaler.fail("BlockedError", replicas={"proxy": 2})


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_from_nothing(scaler: Installer) -> None:
    foretold = scaler.run(check=True, replicas={"proxy": 2})
    assert (foretold["changed"], foretold["counts"][0]["after"]) == (True, 2)
    assert any("would have to be installed before" in warning for warning in foretold["warnings"])
    assert "there is no such release" in scaler.fail("BlockedError", replicas={"proxy": 2})


def test_reused_values(scaler: Installer) -> None:
    """A release as the guide's own command leaves it is scaled as it runs."""
    scaler.cluster.install(BY_HAND, version="5.0.17")
    scaler.cluster.upgrade("--reuse-values", "--set=dataNode.replicas=2")
    scaler.look()
    pods = scaler.find_uids("pods")
    done = scaler.dance(replicas={"query_node": 2})
    scaler.check_all_ready()
    assert any("was upgraded with --reuse-values" in warning for warning in done["warnings"])
    assert pods.items() <= scaler.find_uids("pods").items()
    assert {part["image"] for part in done["components"]} == {"milvusdb/milvus:v2.6.14"}


@pytest.mark.parametrize("policy", ["keep", "restore"])
def test_a_scale_that_fails(policy: str, scaler: Installer) -> None:
    """The query nodes find no node of the cluster, from the second on."""
    affinity = (
        "--set-json=queryNode.affinity="
        '{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":['
        '{"topologyKey":"kubernetes.io/os","labelSelector":{"matchLabels":{"component":"querynode"}}}]}}'
    )
    scaler.cluster.install(BY_HAND, affinity)
    scaler.look()
    failed = scaler.attempt(replicas={"query_node": 3}, on_failure=policy, unschedulable_timeout=1)
    assert failed["error"]["kind"] == "WaitError", failed["msg"]
    assert failed["changed"]
    assert count(scaler)["querynode"] == (3 if policy == "keep" else 1)
    if policy == "restore":
        assert "The former counts were restored" in failed["msg"]
        assert failed["error"]["restored"][QUERY_NODE] == 1
    done = scaler.run(replicas={"query_node": 1})
    scaler.check_all_ready()
    assert done["changed"] == (policy == "keep")
    assert scaler.find_count_owners() == {"helm"}


def test_the_other_helm_goes_on(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.run(replicas={"query_node": 3})
    other = "helm3" if scaler.cluster.which == "helm4" else "helm4"
    cluster = dataclasses.replace(scaler.cluster, which=other)
    scaler.run(replicas={"query_node": 2}, helm_binary=str(scaler.cluster.lab.program(HELMS[other])))
    scaler.check_all_ready()
    cluster.upgrade(REUSE, "--set=queryNode.replicas=1")
    assert count(scaler)["querynode"] == 1


@pytest.mark.parametrize("policy", ["keep", "restore"])
def test_a_pod_that_does_not_end(policy: str, scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, "--set=queryNode.replicas=4")
    scaler.look()
    pods = [f"pod/{name}" for name in scaler.find_uids("pods", QUERY_NODE)]
    scaler.cluster.kubectl("patch", *pods, "--type=merge", '--patch={"metadata":{"finalizers":["test.milvus/hold"]}}')
    failed = scaler.attempt(replicas={"query_node": 1}, on_failure=policy, wait_timeout=8)
    left = 3 if policy == "keep" else 4
    assert (failed["error"]["kind"], failed["changed"]) == ("WaitError", True), failed["msg"]
    assert failed["error"]["reached" if policy == "keep" else "restored"][QUERY_NODE] == left
    assert (count(scaler)["querynode"], scaler.values["queryNode"]["replicas"]) == (left, left)
    assert scaler.find_count_owners() == {"helm"}
    scaler.cluster.kubectl("patch", *pods, "--type=merge", '--patch={"metadata":{"finalizers":null}}')
    scaler.run(replicas={"query_node": 1})
    scaler.check_all_ready()


def make_rule(namespace: str) -> tuple[Json, Json]:
    """A rule of the cluster that lets no Deployment of the namespace have more than three pods."""
    kind, version, metadata = "ValidatingAdmissionPolicy", "admissionregistration.k8s.io/v1", {"name": namespace}
    deployments = {
        "apiGroups": ["apps"],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["deployments"],
    }
    rule = {"expression": "object.spec.replicas <= 3", "message": "three pods are enough"}
    spec = {"matchConstraints": {"resourceRules": [deployments]}, "validations": [rule]}
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    binding = {"policyName": namespace, "validationActions": ["Deny"], "matchResources": here}
    return (
        {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec},
        {"apiVersion": version, "kind": f"{kind}Binding", "metadata": metadata, "spec": binding},
    )


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_a_rule_of_the_cluster(scaler: Installer) -> None:
    """Helm's dry run lets it pass."""
    scaler.cluster.install(BY_HAND)
    rule = make_rule(scaler.cluster.namespace)
    scaler.cluster.lab.apply(*rule, namespace=scaler.cluster.namespace)

    def is_in_force() -> bool:
        patch = ("patch", "deployment", QUERY_NODE, "--dry-run=server", '--patch={"spec":{"replicas":4}}')
        try:
            scaler.cluster.kubectl(*patch)
        except CommandFailedError:
            return True
        return False

    wait_for("a rule in force", is_in_force)
    before = scaler.look()
    for check in (True, False):
        message = scaler.fail("BlockedError", replicas={"query_node": 4, "proxy": 2}, check=check)
        assert "Scaling query_node to 4 is blocked" in message
        assert "three pods are enough" in message
    assert scaler.look() == before
    scaler.dance(replicas={"query_node": 3})


@pytest.mark.skipif(not REAL_CHART, reason="MILVUS_CHART is not set")
def test_a_real_chart(scaler: Installer) -> None:
    scaler.cluster.helm("install", NAME, REAL_CHART, BY_HAND)
    scaler.look()
    pods, generations = scaler.find_uids("pods"), find_generations(scaler)
    scaler.dance(replicas={"query_node": 3, "data_node": 2}, chart_ref=REAL_CHART)
    scaler.check_all_ready()
    assert pods.items() <= scaler.find_uids("pods").items()
    moved = {key for key, number in find_generations(scaler).items() if number != generations[key]}
    assert moved == {QUERY_NODE, DATA_NODE}
    scaler.dance(replicas={"query_node": 1}, chart_ref=REAL_CHART)
    assert scaler.find_count_owners() == {"helm"}
