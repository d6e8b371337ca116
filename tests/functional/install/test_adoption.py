# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What an install leaves alone, repairs, and refuses: releases of other hands, counts, moves that lose data."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import pytest

from installer import BARE, BY_HAND, Installer
from release_states import NAME, QUERY_NODE, SCENARIOS, SMALL, Cluster

Json = dict[str, t.Any]

REUSE = "--reset-then-reuse-values"
BUILDS = {scenario.name: scenario.build for scenario in SCENARIOS}


def scale(cluster: Cluster, count: int) -> None:
    cluster.kubectl("scale", "deployment", QUERY_NODE, f"--replicas={count}")


def test_a_release_made_by_hand_is_adopted_whole(installer: Installer) -> None:
    installer.cluster.install(SMALL, "--set=queryNode.replicas=2,minio.secretKey=by-hand,log.level=warn")
    installer.run()
    before, pods = installer.values, installer.find_uids("pods")
    installer.keep()

    done = installer.run(release_values={"log": {"level": "warn"}, "queryNode": {"replicas": 3}})
    assert done["changed"]
    assert {"minio.secretKey", "etcd.persistence.enabled"} <= set(done["values_not_in_task"])
    assert not {"log.level", "queryNode.replicas"} & set(done["values_not_in_task"])
    (warning,) = done["warnings"]
    assert "minio.secretKey" in warning
    pinned = {**before["etcd"], "initialClusterState": "new"}
    assert installer.values == {**before, "queryNode": {"replicas": 3}, "etcd": pinned}
    # No pod was replaced: Helm's first upgrade by hand would do that to etcd.
    assert pods.items() <= installer.find_uids("pods").items()
    assert len(installer.find_uids("pods")) == len(pods) + 1


@pytest.mark.one_will_do
@pytest.mark.parametrize("way", ["helm", "kubectl"])
def test_counts_that_the_task_does_not_name(way: str, installer: Installer) -> None:
    values: Json = {**BARE}
    installer.run(release_values=values)
    if way == "helm":
        installer.cluster.upgrade(REUSE, "--set", "queryNode.replicas=3")
    else:
        scale(installer.cluster, 3)
    for policy in ("merge", "replace"):
        installer.keep(release_values=values, values_policy=policy)
        values["log"] = {"level": f"at-{policy}"}
        installer.run(release_values=values, values_policy=policy)
        installer.check_all_ready()
        assert installer.query_nodes == 3
    installer.cluster.upgrade(REUSE, "--set", "log.format=json")
    assert (installer.query_nodes, installer.record["status"]) == (3, "deployed")


def test_a_count_is_lowered_on_demand_alone(installer: Installer) -> None:
    def ask_for(count: int) -> Json:
        return {"release_values": {**BARE, "queryNode": {"replicas": count}}}

    installer.run(**ask_for(2))
    for count in (3, 2):  # above what the release has, then as it has
        scale(installer.cluster, 4)
        before = installer.look()
        message = installer.fail("BlockedError", **ask_for(count))
        assert (
            f"Scaling Deployment/{QUERY_NODE} in is blocked: it has 4 pods, and the values ask for {count}" in message
        )
        assert "set allow_scale_in" in message
        assert installer.look() == before
        installer.run(**ask_for(count), allow_scale_in=True)
        installer.check_all_ready()
        assert installer.query_nodes == count


def test_a_count_that_the_task_names_is_restored(installer: Installer) -> None:
    options = {"release_values": {**BARE, "queryNode": {"replicas": 3}}}
    installer.run(**options)
    scale(installer.cluster, 1)
    done = installer.dance(**options)
    assert done["plan"]["summary"][0] == "restore count query_node: 1 -> 3"
    installer.check_all_ready()
    assert installer.query_nodes == 3
    installer.cluster.upgrade(REUSE, "--set", "queryNode.replicas=2")


AUTOSCALED = {"replicas": -1, "hpa": {"enabled": True, "minReplicas": 2, "maxReplicas": 6}}


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_an_autoscaler_takes_over_without_losing_pods(installer: Installer) -> None:
    installer.run(release_values={**BARE, "queryNode": {"replicas": 3}})
    pods = installer.find_uids("pods")
    installer.dance(release_values={**BARE, "queryNode": AUTOSCALED})
    installer.run(release_values={**BARE, "queryNode": AUTOSCALED, "proxy": {"replicas": 2}})
    installer.check_all_ready()
    assert pods.items() <= installer.find_uids("pods").items()
    assert (len(installer.find_uids("hpa")), installer.query_nodes) == (1, 3)


@pytest.mark.parametrize("installer", ["helm3"], indirect=True)
def test_an_autoscaler_that_would_lose_pods_is_refused(installer: Installer) -> None:
    installer.run(release_values={**BARE, "queryNode": {"replicas": 3}})
    message = installer.fail("BlockedError", release_values={**BARE, "queryNode": AUTOSCALED})
    assert "it has 3 pods, and the values ask for 1" in message
    assert installer.query_nodes == 3


@dataclass(frozen=True)
class Repair:
    """What is wrong with a release, and what it is after an install without further wishes, but for *options*."""

    state: str
    query_nodes: int
    options: Json = field(default_factory=dict)


REPAIRS = (
    Repair("failed-upgrade", 2),
    Repair("failed-install", 1, {"release_values": {"service": {"type": "ClusterIP"}}}),
    Repair("superseded", 2),
    Repair("reused-values", 2),
)


@pytest.mark.one_will_do
@pytest.mark.parametrize("repair", REPAIRS, ids=lambda repair: repair.state)
def test_a_broken_release_is_repaired(repair: Repair, installer: Installer) -> None:
    BUILDS[repair.state](installer.cluster)
    done = installer.dance(**repair.options)
    assert done["plan"]["actions"][0]["action"] == "repair"
    installer.check_all_ready()
    assert installer.query_nodes == repair.query_nodes
    images = {part["image"] for part in done["components"]}
    assert images == {"milvusdb/milvus:v2.6.15"}


@dataclass(frozen=True)
class Fault:
    """What makes an upgrade fail, and with which error."""

    name: str
    values: Json
    error: str


FAULTS = (
    Fault("helm", {"service": {"type": "Nope"}, "log": {"level": "warn"}}, "HelmError"),
    Fault("pods", {"queryNode": {"annotations": {"sim.milvus.cluster/fault": "image-not-found"}}}, "WaitError"),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_failed_change_is_rolled_back(fault: Fault, installer: Installer) -> None:
    installer.run(release_values=BARE)
    before, pods = installer.values, installer.find_uids("pods", NAME)
    failed = installer.attempt(release_values={**BARE, **fault.values}, on_failure="rollback")
    assert failed["failed"]
    assert failed["error"]["kind"] == fault.error, failed["msg"]
    assert failed["error"]["rolled_back_to"] == 1
    assert "The release was rolled back to revision 1" in failed["msg"]
    assert (installer.values, installer.record["status"]) == (before, "deployed")
    installer.run(release_values=BARE, wait=True)
    installer.check_all_ready()
    assert pods.keys() & installer.find_uids("pods", NAME).keys()


@dataclass(frozen=True)
class Refusal:
    """A change of a release of *version* that is refused, and why."""

    name: str
    version: str
    options: Json
    words: str
    error: str = "BlockedError"
    settings: tuple[str, ...] = ()


REFUSALS = (
    Refusal("two-lines", "4.1.28", {"chart_version": "5.0.19"}, "Go to chart_version 4.2.58 with the mix coordinator"),
    Refusal("back", "5.0.19", {"chart_version": "5.0.17"}, "chart 5.0.17 is older than 5.0.19"),
    Refusal("standalone", "5.0.19", {"release_values": {"cluster": {"enabled": False}}}, "from cluster to standalone"),
    Refusal(
        "queue",
        "5.0.19",
        {"release_values": {"pulsarv3": {"enabled": False}}},
        "the message queue pulsarv3 would go",
        settings=("--set=pulsarv3.enabled=true",),
    ),
    Refusal(
        "rollback",
        "5.0.17",
        {"chart_version": "5.0.19", "on_failure": "rollback"},
        "'rollback' does not go with a move to chart milvus 5.0.19",
        error="OptionError",
    ),
    Refusal(
        "fixed-field",
        "5.0.19",
        {"release_values": {"etcd": {"persistence": {"enabled": True}}}},
        "Kubernetes does not let volumeClaimTemplates of a StatefulSet change",
    ),
    Refusal(
        "unconfirmed",
        "5.0.19",
        {"state": "absent", "delete_volumes": True, "confirm": "another"},
        f"Set confirm to {NAME}",
        error="OptionError",
    ),
)


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)
def test_what_loses_data_is_refused(refusal: Refusal, installer: Installer) -> None:
    installer.cluster.install(BY_HAND, *refusal.settings, version=refusal.version)
    installer.run()
    before = installer.look()
    assert refusal.words in installer.fail(refusal.error, **refusal.options)
    assert refusal.words in installer.fail(refusal.error, check=True, **refusal.options)
    assert installer.look() == before


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_what_is_refused_is_done_on_demand(installer: Installer) -> None:
    installer.cluster.install(BY_HAND)
    installer.run(chart_version="5.0.17", allow_unsafe_upgrade=True)
    installer.check_all_ready()
    assert installer.record["chart"] == "milvus-5.0.17"
