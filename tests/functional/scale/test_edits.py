# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What others have set in the release's workloads: helm would set it back, so a scale leaves everything alone."""

from __future__ import annotations

import dataclasses

import pytest

from image_mirror import DEPLOYMENTS, MIRROR, mirrored
from installer import BY_HAND, Installer
from scaling import DATA_NODE, QUERY_NODE


@pytest.mark.both_helms
@pytest.mark.parametrize("name", [DATA_NODE, QUERY_NODE], ids=["elsewhere", "where it scales"])
def test_limits_that_were_set_by_hand(name: str, scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, "--set-string=dataNode.resources.limits.cpu=2,queryNode.resources.limits.cpu=2")
    scaler.cluster.kubectl("set", "resources", f"deployment/{name}", "--limits=cpu=3")
    before = scaler.look()
    message = scaler.fail("BlockedError", replicas={"query_node": 2})
    assert f"Deployment/{name} is no longer as the release has it" in message
    evidence = 'conflict with "kubectl-set"' if scaler.cluster.which == "helm4" else "written to by kubectl-set"
    assert evidence in message
    assert scaler.look() == before
    scaler.cluster.kubectl("rollout", "undo", f"deployment/{name}")
    scaler.run(replicas={"query_node": 2})
    assert scaler.record["status"] == "deployed"


@pytest.mark.parametrize("installer", ["helm3"], indirect=True)
def test_a_variable_that_helm_would_remove(scaler: Installer) -> None:
    """The chart says that there is none, by null."""
    scaler.cluster.install(BY_HAND)
    scaler.cluster.kubectl("set", "env", f"deployment/{DATA_NODE}", "GOGC=200")
    before = scaler.look()
    assert "written to by kubectl-set" in scaler.fail("BlockedError", replicas={"query_node": 2})
    assert scaler.look() == before


def test_what_helm_leaves_alone_is_no_obstacle(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.cluster.kubectl("rollout", "restart", f"deployment/{DATA_NODE}")
    scaler.cluster.kubectl("patch", "deployment", QUERY_NODE, '--patch={"spec":{"paused":true}}')
    before = scaler.look()
    pods = scaler.find_uids("pods")
    scaler.dance(replicas={"query_node": 2})
    assert before != scaler.look()
    assert pods.items() <= scaler.find_uids("pods").items()


@pytest.mark.both_helms
def test_images_whose_names_the_cluster_rewrites_are_no_edit(scaler: Installer) -> None:
    """Nobody has set them: helm writes its own, and they come out rewritten again, so that no pod is replaced."""
    lab, namespace = scaler.cluster.lab, scaler.cluster.namespace
    with mirrored(lab, namespace, what=DEPLOYMENTS):
        scaler.cluster.install(BY_HAND)
        scaler.look()
        pods = scaler.find_uids("pods")
        done = scaler.dance(replicas={"query_node": 2})
        assert done["drift"] == []
        assert {part["image"] for part in done["components"]} == {f"{MIRROR}milvusdb/milvus:v2.6.15"}
        assert pods.items() <= scaler.find_uids("pods").items()
        installed = dataclasses.replace(scaler, module="milvus_install")
        installed.dance(release_values={"proxy": {"replicas": 2}})
        assert pods.items() <= scaler.find_uids("pods").items()


@pytest.mark.both_helms
def test_a_rule_that_would_rewrite_images_now_is_told_before_pods_are_replaced(scaler: Installer) -> None:
    lab, namespace = scaler.cluster.lab, scaler.cluster.namespace
    scaler.cluster.install(BY_HAND)
    with mirrored(lab, namespace, what=DEPLOYMENTS):
        before = scaler.look()
        message = scaler.fail("BlockedError", replicas={"query_node": 2})
        assert f"Scaling query_node to 2 is blocked: admission would make image {MIRROR}milvusdb/milvus" in message
        assert "Set allow_restarts" in message
        assert scaler.look() == before
        done = scaler.run(replicas={"query_node": 2}, allow_restarts=True)
        (image,) = {part["image"] for part in done["components"] if part["type"] == "query_node"}
        assert image == f"{MIRROR}milvusdb/milvus:v2.6.15"
        scaler.keep(replicas={"query_node": 2})


def test_an_image_of_a_mirror_that_was_set_by_hand(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    image = f"datanode={MIRROR}milvusdb/milvus:v2.6.15"
    scaler.cluster.kubectl("set", "image", f"deployment/{DATA_NODE}", image)
    before = scaler.look()
    assert f"Deployment/{DATA_NODE} has image {MIRROR}" in scaler.fail("BlockedError", replicas={"query_node": 2})
    assert scaler.look() == before
