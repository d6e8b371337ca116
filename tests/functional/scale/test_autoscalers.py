# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Autoscalers come and go without a pod lost, by milvus_scale and by milvus_install, and keep the counts they set."""

from __future__ import annotations

import dataclasses

import pytest

from installer import BY_HAND, Installer, Json
from scaling import DATA_NODE, PROXY, QUERY_NODE, REUSE, check_helm_alone, count, scale_by_kubectl

AUTOSCALED: Json = {"replicas": -1, "hpa": {"enabled": True, "minReplicas": 2, "maxReplicas": 6}}
# Finds no node of the cluster, from the second pod on.
ALONE = (
    "--set-json=proxy.affinity="
    '{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":['
    '{"topologyKey":"kubernetes.io/os","labelSelector":{"matchLabels":{"component":"proxy"}}}]}}'
)
CONTROLLER = "kube-controller-manager"

helm3 = pytest.mark.parametrize("installer", ["helm3"], indirect=True)
helm4 = pytest.mark.parametrize("installer", ["helm4"], indirect=True)


def autoscale(scaler: Installer, replicas: int) -> None:
    """Change the count as the controller of autoscalers does."""
    words = ("patch", "deployment", QUERY_NODE, "--subresource=scale", f"--field-manager={CONTROLLER}", "--type=merge")
    scaler.cluster.kubectl(*words, f'--patch={{"spec":{{"replicas":{replicas}}}}}')


def as_installer(scaler: Installer) -> Installer:
    return dataclasses.replace(scaler, module="milvus_install")


@helm4
def test_on_and_off(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, "--set=queryNode.replicas=3")
    scaler.look()
    pods = scaler.find_uids("pods")
    scaler.dance(autoscaling={"query_node": {"min_replicas": 2, "max_replicas": 6, "cpu": 70}})
    assert scaler.values["queryNode"]["replicas"] == -1
    message = scaler.fail("BlockedError", replicas={"query_node": 5})
    assert f"HorizontalPodAutoscaler {QUERY_NODE}-hpa owns the count (2 to 6)" in message
    autoscale(scaler, 4)
    scaler.dance(autoscaling={"query_node": {"max_replicas": 7}}, replicas={"proxy": 2})
    scaler.dance(autoscaling={"query_node": {"enabled": False}})
    scaler.check_all_ready()
    assert (scaler.find_uids("hpa"), count(scaler)["querynode"]) == ({}, 4)
    assert pods.items() <= scaler.find_uids("pods").items()
    check_helm_alone(scaler)


@helm3
def test_one_that_would_lose_pods(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, "--set=queryNode.replicas=3")
    message = scaler.fail("BlockedError", autoscaling={"query_node": {}})
    assert "applied as Helm 3 does, which would stop all but one of its pods" in message
    scaler.run(replicas={"query_node": 1})
    pods = scaler.find_uids("pods")
    scaler.dance(autoscaling={"query_node": {}})
    autoscale(scaler, 3)
    scaler.dance(autoscaling={"query_node": {"max_replicas": 7}})
    scaler.dance(autoscaling={"query_node": {"enabled": False}})
    scaler.check_all_ready()
    assert (scaler.find_uids("hpa"), count(scaler)["querynode"]) == ({}, 3)
    assert pods.items() <= scaler.find_uids("pods").items()
    check_helm_alone(scaler)


@helm4
def test_on_over_a_count_of_kubectl(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scale_by_kubectl(scaler, QUERY_NODE, replicas=3)
    scale_by_kubectl(scaler, DATA_NODE, replicas=2)
    scaler.look()
    pods = scaler.find_uids("pods")
    scaler.dance(autoscaling={"query_node": {"min_replicas": 2}})
    as_installer(scaler).dance(release_values={"dataNode": AUTOSCALED})
    assert pods == scaler.find_uids("pods")
    assert len(scaler.find_uids("hpa")) == 2


def test_the_chart_alone_leaves_a_count_beside_the_autoscaler(scaler: Installer) -> None:
    """`hpa.enabled` without `replicas: -1`: each upgrade of helm's own would go back to that count, or fail."""
    scaler.cluster.install(BY_HAND, "--set=queryNode.hpa.enabled=true")
    autoscale(scaler, 3)
    scaler.look()
    pods = scaler.find_uids("pods")
    scaler.dance(replicas={"proxy": 2})
    assert scaler.find_count_owners(QUERY_NODE) - {"helm"} == {CONTROLLER}
    autoscale(scaler, 4)
    scaler.keep(replicas={"proxy": 2})
    scaler.dance(replicas={"proxy": 3})
    as_installer(scaler).dance(release_values={"dataNode": {"replicas": 2}})
    scaler.check_all_ready()
    assert count(scaler)["querynode"] == 4
    assert pods.items() <= scaler.find_uids("pods").items()


@helm4
def test_an_install_switches_one_on_over_a_type_that_was_scaled(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.run(replicas={"query_node": 3, "data_node": 2})
    pods = scaler.find_uids("pods")
    as_installer(scaler).dance(release_values={"queryNode": AUTOSCALED, "dataNode": {"hpa": {"enabled": True}}})
    scaler.check_all_ready()
    assert pods == scaler.find_uids("pods")
    as_installer(scaler).dance(release_values={"queryNode": {"replicas": 3, "hpa": {"enabled": False}}})
    assert pods == scaler.find_uids("pods")
    assert scaler.find_count_owners() == {"helm"}


@helm3
def test_an_install_that_would_lose_pods(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.run(replicas={"query_node": 3, "data_node": 2})
    pods = scaler.find_uids("pods")
    message = as_installer(scaler).fail("BlockedError", release_values={"queryNode": AUTOSCALED})
    assert "it has 3 pods, and the values ask for 1" in message
    as_installer(scaler).dance(release_values={"dataNode": {"hpa": {"enabled": True}}})
    assert pods == scaler.find_uids("pods")


@pytest.mark.parametrize("enabled", [True, False])
def test_a_failure_on_the_way_is_restored(enabled: bool, scaler: Installer) -> None:
    """The proxies do not get ready, and the query nodes' autoscaler is switched back, without a pod lost."""
    replicas = "1" if enabled else "-1"
    hpa = f"queryNode.hpa.enabled={str(not enabled).lower()}"
    scaler.cluster.install(BY_HAND, f"--set=queryNode.replicas={replicas},{hpa}", ALONE)
    if not enabled:
        autoscale(scaler, 3)
    elif scaler.cluster.which == "helm4":
        scaler.run(replicas={"query_node": 3})
    scaler.look()
    pods, hpas = scaler.find_uids("pods"), scaler.find_uids("hpa").keys()
    options: Json = {"autoscaling": {"query_node": {"enabled": enabled}}, "replicas": {"proxy": 2}}
    failed = scaler.attempt(**options, on_failure="restore", unschedulable_timeout=1)
    assert failed["error"]["kind"] == "WaitError", failed["msg"]
    assert failed["error"]["restored"][PROXY] == 1
    scaler.look()
    scaler.check_all_ready()
    assert scaler.find_uids("pods") == pods
    assert scaler.find_uids("hpa").keys() == hpas
    scaler.cluster.upgrade(REUSE)
    assert scaler.find_uids("pods") == pods
