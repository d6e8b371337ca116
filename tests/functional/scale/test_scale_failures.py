# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Scales that fail: what is pending is told, the former counts come back on demand, and the next run goes on."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

import pytest

from disturbed_helm import disturb
from installer import BY_HAND, Installer, Json
from milvus_lab.client import wait_for
from release_states import NAME, NEW_CHART
from scaling import PROXY, QUERY_NODE, REUSE, check_helm_alone, count, scale_by_kubectl

helm4 = pytest.mark.parametrize("installer", ["helm4"], indirect=True)
policies = pytest.mark.parametrize("policy", ["keep", "restore"])

# The query nodes find no node of the cluster, from the second on.
ALONE = (
    "--set-json=queryNode.affinity="
    '{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":['
    '{"topologyKey":"kubernetes.io/os","labelSelector":{"matchLabels":{"component":"querynode"}}}]}}'
)
HOLD = "test.milvus/hold"


def install_alone(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, ALONE)


def install_without_image(scaler: Installer) -> None:
    """The image is there for the first pod, and has gone from the registry then."""
    fault = "sim.milvus.cluster/fault"
    scaler.cluster.install(BY_HAND, f"--set=queryNode.annotations.{fault.replace('.', chr(92) + '.')}=image-not-found")
    (pod,) = wait_for("the first pod", lambda: scaler.find_uids("pods", QUERY_NODE))
    scaler.cluster.kubectl("annotate", "pod", pod, f"{fault}-")


def install_under_a_limit(scaler: Installer) -> None:
    """Pods that ask for no memory are refused, since the first one came."""
    scaler.cluster.install(BY_HAND)
    scaler.look()
    limits = {"limits": [{"type": "Pod", "min": {"memory": "1Gi"}}]}
    limit_range = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "least"}, "spec": limits}
    scaler.cluster.lab.apply(limit_range, namespace=scaler.cluster.namespace)


class Failure(t.NamedTuple):
    """How a scale-out comes to fail, the kind of cause that is told, and words of it."""

    install: t.Callable[[Installer], None]
    kind: str
    words: str


FAILURES = {
    "unschedulable": Failure(install_alone, "unschedulable", "didn't match pod anti-affinity rules"),
    "image": Failure(install_without_image, "image-not-found", "not found"),
    "refused": Failure(install_under_a_limit, "pods-refused", "minimum memory usage per Pod is 1Gi"),
}


@policies
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_scale_out_that_fails(failure: Failure, policy: str, scaler: Installer) -> None:
    failure.install(scaler)
    scaler.look()
    pods = scaler.find_uids("pods")
    failed = scaler.attempt(replicas={"query_node": 3, "proxy": 2}, on_failure=policy, unschedulable_timeout=1)
    assert (failed["failed"], failed["changed"], failed["error"]["kind"]) == (True, True, "WaitError"), failed["msg"]
    worst = failed["error"]["diagnosis"]["workloads"][0]
    assert (worst["cause"]["kind"], worst["ready"], worst["desired"]) in {
        (failure.kind, 1, 3),
        (failure.kind, 1, 2),  # a limit refuses the proxies too
    }
    assert failure.words in failed["msg"]
    found = {name: count(scaler)[name] for name in ("querynode", "proxy")}
    if policy == "restore":
        assert found == {"querynode": 1, "proxy": 1}
        assert (failed["error"]["restored"][QUERY_NODE], failed["error"]["restored"][PROXY]) == (1, 1)
        assert "The former counts were restored: " in failed["msg"]
        assert {each["workload"]: each["after"] for each in failed["counts"]}[QUERY_NODE] == 1
        scaler.look()
        scaler.check_all_ready()
        scaler.keep(replicas={"query_node": 1, "proxy": 1})
    else:
        assert found == {"querynode": 3, "proxy": 2}
        assert f"Deployment {QUERY_NODE} (query_node) has 1 of 3 pods ready" in failed["msg"]
        again = scaler.attempt(replicas={"query_node": 3, "proxy": 2}, unschedulable_timeout=1)
        assert (again["failed"], again["changed"], again["release"]["status"]) == (True, False, "deployed")
        assert {part["workload"]: part["ready"] for part in again["components"]}[QUERY_NODE] == 1
        scaler.run(replicas={"query_node": 1, "proxy": 1})
        scaler.check_all_ready()
    after = scaler.find_uids("pods")
    # Of two proxies that are ready either may be stopped.
    assert {name: uid for name, uid in pods.items() if PROXY not in name}.items() <= after.items()
    assert len(after) == len(pods)
    check_helm_alone(scaler)


QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}}


def allow_pods(scaler: Installer, added: int) -> Json:
    """A quota that has room for so many more pods."""
    return {**QUOTA, "spec": {"hard": {"pods": str(len(scaler.find_uids("pods")) + added)}}}


@helm4
def test_a_quota_that_is_seen_ahead(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.look()
    namespace = scaler.cluster.namespace
    scaler.cluster.lab.apply(allow_pods(scaler, 1), namespace=namespace)
    wait_for("the quota counts", lambda: scaler.cluster.lab.get("quota", "small", namespace=namespace).get("status"))
    before = scaler.look()
    for check in (True, False):
        assert "pods" in scaler.fail("BlockedError", replicas={"query_node": 3}, check=check)
    assert scaler.look() == before
    scaler.dance(replicas={"query_node": 2})


@pytest.mark.one_will_do
@policies
def test_a_quota_that_comes_in_between(policy: str, scaler: Installer, tmp_path: Path) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.look()
    hard = allow_pods(scaler, 1)["spec"]["hard"]["pods"]
    words = f'kubectl --kubeconfig "$kubeconfig" create quota small --namespace {scaler.cluster.namespace}'
    helm = disturb(tmp_path / "helm.sh", scaler.cluster, upgrade=f"once quota && {words} --hard=pods={hard} >&2")
    failed = scaler.attempt(replicas={"query_node": 3}, on_failure=policy, helm_binary=str(helm))
    assert failed["error"]["kind"] == "WaitError", failed["msg"]
    assert "exceeded quota: small" in failed["msg"]
    assert count(scaler)["querynode"] == (3 if policy == "keep" else 1)
    scaler.run(replicas={"query_node": 2})
    scaler.check_all_ready()
    check_helm_alone(scaler)


@policies
def test_helm_that_fails_half_way(policy: str, scaler: Installer, tmp_path: Path) -> None:
    """It has made one step of two when somebody makes it stop."""
    scaler.cluster.install(BY_HAND, "--set=queryNode.replicas=3")
    scaler.look()
    pods = scaler.find_uids("pods")
    helm = disturb(tmp_path / "helm.sh", scaler.cluster, upgrade="once fail && echo 'Error: no' >&2 && exit 1")
    failed = scaler.attempt(
        replicas={"query_node": 2, "proxy": 2}, on_failure=policy, helm_binary=str(helm), strategy="one_by_one"
    )
    assert (failed["error"]["kind"], failed["changed"]) == ("HelmError", True), failed["msg"]
    before = {"querynode": 3, "proxy": 1}
    reached = {"querynode": 2, "proxy": 2}
    scaler.look()
    scaler.check_all_ready()
    wanted = reached if policy == "keep" else before
    assert {name: count(scaler)[name] for name in wanted} == wanted
    assert scaler.values["queryNode"]["replicas"] == wanted["querynode"]
    if policy == "restore":
        assert len(pods.items() - scaler.find_uids("pods").items()) == 1  # the query node that had been stopped
    check_helm_alone(scaler)


@pytest.mark.one_will_do
@policies
def test_a_pod_that_does_not_end(policy: str, scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, "--set=queryNode.replicas=4")
    scaler.look()
    release = hold(scaler)
    failed = scaler.attempt(replicas={"query_node": 1}, on_failure=policy, wait_timeout=8)
    left = 3 if policy == "keep" else 4
    assert (failed["error"]["kind"], failed["changed"]) == ("WaitError", True), failed["msg"]
    assert failed["error"]["reached" if policy == "keep" else "restored"][QUERY_NODE] == left
    assert (count(scaler)["querynode"], scaler.values["queryNode"]["replicas"]) == (left, left)
    assert scaler.find_count_owners() == {"helm"}
    release()
    scaler.run(replicas={"query_node": 1})
    scaler.check_all_ready()


def hold(scaler: Installer) -> t.Callable[[], None]:
    """Keep the query nodes from ending, and return what lets them."""
    pods = [f"pod/{name}" for name in scaler.find_uids("pods", QUERY_NODE)]

    def patch(finalizers: str) -> None:
        scaler.cluster.kubectl("patch", *pods, "--type=merge", f'--patch={{"metadata":{{"finalizers":{finalizers}}}}}')

    patch(f'["{HOLD}"]')
    return lambda: patch("null")


def test_steps_are_waited_for_also_without_wait(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, "--set=queryNode.replicas=3")
    scaler.look()
    release = hold(scaler)
    failed = scaler.attempt(replicas={"query_node": 1}, wait=False, wait_timeout=4)
    assert failed["error"]["kind"] == "WaitError", failed["msg"]
    assert count(scaler)["querynode"] == 2
    release()
    scaler.look()
    done = scaler.run(replicas={"query_node": 1, "data_node": 3}, wait=False)
    assert done["waited"] is None
    assert {name: count(scaler)[name] for name in ("querynode", "datanode")} == {"querynode": 1, "datanode": 3}
    scaler.look()
    scaler.check_all_ready()


def test_what_others_have_done_meanwhile_is_not_restored(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, ALONE)
    scaler.look()
    started = scaler.start(replicas={"query_node": 2}, on_failure="restore", unschedulable_timeout=6)
    wait_for("our revision", lambda: len(scaler.cluster.records(f"name={NAME},version=2,status=deployed")))
    scaler.cluster.upgrade(REUSE, "--set=proxy.replicas=2")
    failed = started.finish()
    assert failed["error"]["kind"] == "WaitError", failed["msg"]
    assert "revision 3 of somebody else has come since" in failed["msg"]
    assert "restored" not in failed["error"]
    assert {name: count(scaler)[name] for name in ("querynode", "proxy")} == {"querynode": 2, "proxy": 2}
    assert scaler.record["revision"] == 3


def lock(scaler: Installer, stamp: str = "") -> None:
    """Kill an upgrade by hand while it waits for pods."""
    late = "--set=proxy.annotations.sim\\.milvus\\.cluster/ready-after=6s"
    labels = ["--labels", f"milvus.cluster/operation={stamp}"] if stamp else []
    words: list[str | Path] = [
        "upgrade",
        NAME,
        scaler.cluster.chart(NEW_CHART),
        REUSE,
        "--wait",
        "--set",
        late,
        *labels,
    ]
    scaler.cluster.kill(*words, status="pending-upgrade")


@helm4
def test_a_lock_of_others(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    lock(scaler)
    message = scaler.fail("LockedError", replicas={"query_node": 2}, lock_timeout=2)
    assert "revision 2 is pending-upgrade for " in message
    assert "it has not ended within lock_timeout (2 s)" in message
    assert count(scaler)["querynode"] == 1


@helm4
def test_a_lock_whose_time_is_up(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    lock(scaler, f"2.{int(time.time()) - 5}.elsewhere-7")
    done = scaler.run(replicas={"query_node": 2})
    assert ", by elsewhere-7; its time was up at " in done["warnings"][0]
    assert done["plan"]["summary"][0].startswith("unlock revision 2 of release")
    scaler.look()
    scaler.check_all_ready()
    assert count(scaler)["querynode"] == 2


@pytest.mark.both_helms
def test_a_count_that_somebody_sets_meanwhile(scaler: Installer, tmp_path: Path) -> None:
    """Between the plan and helm: Helm 4 never ends half applied by it."""
    scaler.cluster.install(BY_HAND)
    scaler.look()
    words = f'kubectl --kubeconfig "$kubeconfig" --namespace {scaler.cluster.namespace} scale deployment {QUERY_NODE}'
    helm = disturb(tmp_path / "helm.sh", scaler.cluster, upgrade=f"once scale && {words} --replicas=4 >&2")
    scaler.run(replicas={"query_node": 2, "proxy": 2, "data_node": 2}, helm_binary=str(helm))
    scaler.look()
    scaler.check_all_ready()
    assert {name: count(scaler)[name] for name in ("querynode", "proxy", "datanode")} == {
        "querynode": 2,
        "proxy": 2,
        "datanode": 2,
    }
    scale_by_kubectl(scaler, QUERY_NODE, replicas=3)
    scaler.run(replicas={"query_node": 2})
    check_helm_alone(scaler)
