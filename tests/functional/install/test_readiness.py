# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What never becomes ready is told long before the deadline and with its cause; what heals is waited for."""

from __future__ import annotations

import json
import os
import threading
import time
import typing as t
from pathlib import Path

import pytest

from lab_components import Component
from milvus_lab import labs, toolchain
from milvus_lab.client import Client, wait_for
from small_release import ETCD, IMAGE, JOB, NODE, Failure, Json, SmallRelease, etcd, init_job, query_nodes

LAST_WORDS = "panic: failed to create etcd client: context deadline exceeded"


@pytest.fixture
def release(lab: Client, namespace: str) -> SmallRelease:
    return SmallRelease(lab, namespace)


def check(failure: Failure, kind: str, *words: str, workload: str = NODE) -> None:
    """It is a verdict on the workload, of that kind, and both message and facts say why."""
    assert failure.is_verdict, failure.message
    assert (failure.root["workload"], failure.cause["kind"]) == (workload, kind), failure.message
    for word in words:
        assert word in failure.message
    assert failure.cause["remedy"] in failure.message


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("image-not-found", "image-not-found", f"{IMAGE}: not found"),
        ("image-unauthorized", "image-unauthorized", "pull access denied"),
        ("invalid-image-name", "image-name-invalid", "must be lowercase"),
        ("image-never-pull", "image-never-pulled", "is not present with pull policy of Never"),
        ("config-error", "configuration-missing", 'configmap "missing" not found'),
        ("mount-error", "configuration-missing", 'secret "missing" not found'),
    ],
)
def test_containers_that_cannot_be_created(release: SmallRelease, fault: str, kind: str, words: str) -> None:
    release.apply(query_nodes(2, fault=fault))
    failure = release.fail()
    check(failure, kind, f"Deployment {NODE} (query_node) has 0 of 2 pods ready", words)
    assert len(failure.cause["pods"]) == 2
    assert (failure.root["ready"], failure.root["desired"]) == (0, 2)


def test_events_are_told_once_for_all_pods(release: SmallRelease) -> None:
    release.apply(query_nodes(3, fault="image-not-found"))
    failure = release.fail()
    assert any("Failed to pull image" in event for event in failure.root["events"])
    texts = [event.partition(": ")[2] for event in failure.root["events"]]
    assert len(texts) == len(set(texts))


def test_a_crash_loop_is_a_verdict_at_the_third_exit(release: SmallRelease) -> None:
    release.apply(query_nodes(2, fault="crash-loop", exit_code="3"))
    failure = release.fail()
    check(failure, "crash-loop", "Error, exit code 3", LAST_WORDS)
    assert (failure.cause["exit_code"], failure.cause["container"], failure.cause["exits"]) == (3, "main", 3)
    assert any(LAST_WORDS in line for line in failure.cause["log_tail"])


def test_out_of_memory_is_a_verdict_at_the_second_exit(release: SmallRelease) -> None:
    release.apply(query_nodes(1, fault="oom-killed"))
    failure = release.fail()
    check(failure, "out-of-memory", "OOMKilled, exit code 137", "resources.limits.memory")
    assert failure.cause["exits"] == 2


def test_a_program_that_is_not_in_the_image(release: SmallRelease) -> None:
    release.apply(query_nodes(1, fault="start-error"))
    check(release.fail(), "crash-loop", "StartError, exit code 128", "executable file not found in $PATH")


def test_a_job_that_has_failed(release: SmallRelease) -> None:
    release.apply(query_nodes(1), init_job(fault="crash-loop", exit_code="4"))
    failure = release.fail(jobs=(JOB,))
    check(failure, "job-failed", f"Job {JOB} is not complete", "BackoffLimitExceeded", "exit code 4", workload=JOB)
    assert any(LAST_WORDS in line for line in failure.cause["log_tail"])


def test_a_job_whose_image_does_not_exist(release: SmallRelease) -> None:
    """Its back-off limit never strikes, for no pod fails."""
    release.apply(query_nodes(1), init_job(fault="image-not-found"))
    check(release.fail(jobs=(JOB,)), "image-not-found", f"{IMAGE}: not found", workload=JOB)


def test_a_namespace_that_is_being_deleted(release: SmallRelease) -> None:
    release.apply(query_nodes(2, fault="never-ready", terminate_after="20s"))
    threading.Timer(
        2, release.lab.kubectl, ("delete", "namespace", release.namespace, "--wait=false", "--ignore-not-found")
    ).start()
    failure = release.fail()
    check(failure, "namespace-terminating", f"namespace {release.namespace} is Terminating", workload=release.namespace)


QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": {"hard": {"pods": "1"}}}


def limit_range() -> Json:
    limits = {"limits": [{"type": "Container", "max": {"memory": "1Mi"}, "default": {"memory": "1Mi"}}]}
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small"}, "spec": limits}


def wait_for_quota(release: SmallRelease) -> None:
    wait_for(
        "the quota counts", lambda: "status" in release.lab.get("resourcequota", "small", namespace=release.namespace)
    )


@pytest.mark.one_will_do
@pytest.mark.parametrize(("workload", "make"), [(NODE, query_nodes), (ETCD, etcd)])
def test_a_quota(release: SmallRelease, workload: str, make: t.Callable[[int], Json]) -> None:
    """Of a StatefulSet nothing but its events tells it."""
    release.apply(QUOTA)
    wait_for_quota(release)
    release.apply(make(3), *([query_nodes(0)] if workload == ETCD else []))
    failure = release.fail()
    check(failure, "pods-refused", "exceeded quota: small", "1 of 3 pods ready", workload=workload)


def test_a_limit_range(release: SmallRelease) -> None:
    release.apply(limit_range())
    release.apply(
        query_nodes(1, pod={"container": {"resources": {"requests": {"memory": "2Mi"}, "limits": {"memory": "2Mi"}}}})
    )
    check(release.fail(), "pods-refused", "maximum memory usage per Container is 1Mi")


def test_pod_security(release: SmallRelease) -> None:
    label = "pod-security.kubernetes.io/enforce=restricted"
    release.lab.kubectl("label", "namespace", release.namespace, label)
    release.apply(query_nodes(1))
    check(release.fail(), "pods-refused", 'violates PodSecurity "restricted:latest"')


def test_an_admission_policy(release: SmallRelease) -> None:
    name = f"no-pods-{release.namespace}"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": "false", "message": "only on Sundays"}],
        },
    }
    selector = {"matchLabels": {"kubernetes.io/metadata.name": release.namespace}}
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {
            "policyName": name,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": selector},
        },
    }
    release.apply(policy, binding)
    probe = json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "x"},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        }
    )

    def is_enforced() -> bool:
        try:
            release.lab.kubectl("create", "-f", "-", "-n", release.namespace, "--dry-run=server", stdin=probe)
        except Exception as exc:
            return "only on Sundays" in str(exc)
        return False

    wait_for("the policy", is_enforced)
    release.apply(query_nodes(1))
    check(release.fail(), "pods-refused", "only on Sundays")
    release.lab.kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", name)


def test_no_node_fits(release: SmallRelease) -> None:
    release.apply(query_nodes(2, pod={"nodeSelector": {"disk": "none"}}))
    failure = release.fail(unschedulable_timeout=3)
    check(failure, "unschedulable", "didn't match Pod's node affinity/selector", "nodeSelector")
    assert len(failure.cause["pods"]) == 2


def test_no_node_has_room(release: SmallRelease) -> None:
    release.apply(query_nodes(1, pod={"container": {"resources": {"requests": {"memory": "4Ti"}}}}))
    failure = release.fail(unschedulable_timeout=3)
    check(failure, "unschedulable", "Insufficient memory", "The pod requests 4Ti of memory.")


def test_a_storage_class_that_does_not_exist(release: SmallRelease) -> None:
    release.apply(query_nodes(1, fault="never-ready"), etcd(2, storage_class="none-such"))
    failure = release.fail()
    check(
        failure, "storage-class-missing", f"PersistentVolumeClaim data-{ETCD}-", '"none-such" not found', workload=ETCD
    )
    assert failure.diagnosis["workloads"][1]["waits_for"] == [ETCD]


def test_no_default_storage_class(release: SmallRelease) -> None:
    default = "storageclass.kubernetes.io/is-default-class"
    (name,) = (item["metadata"]["name"] for item in release.lab.list("storageclasses", namespace="default"))
    release.lab.kubectl("annotate", "storageclass", name, "--overwrite", f"{default}=false")
    try:
        release.apply(query_nodes(0), etcd(1, claim={}))
        failure = release.fail()
    finally:
        release.lab.kubectl("annotate", "storageclass", name, "--overwrite", f"{default}=true")
    check(failure, "storage-class-missing", "no storage class is set", workload=ETCD)


def test_etcd_that_never_becomes_ready_is_the_root_cause(release: SmallRelease) -> None:
    release.apply(query_nodes(2, fault="crash-loop", back_off="300ms"), etcd(3, fault="never-ready"))
    failure = release.fail(wait_timeout=12)
    assert not failure.is_verdict
    assert failure.root["workload"] == ETCD
    assert failure.cause["kind"] == "not-ready"
    assert f"StatefulSet {ETCD} (etcd) has 0 of 3 pods ready" in failure.message
    assert f"Deployment {NODE} (query_node) has 0 of 2 pods ready and waits for StatefulSet {ETCD}" in failure.message
    assert any("Readiness probe failed" in event for event in failure.root["events"])
    second = failure.diagnosis["workloads"][1]
    assert (second["workload"], second["waits_for"], second["cause"]["kind"]) == (NODE, [ETCD], "crash-loop")


def test_crashes_count_only_after_the_dependencies_are_ready(release: SmallRelease) -> None:
    release.apply(query_nodes(1, fault="crash-loop", back_off="300ms"), etcd(1, ready_after="8s"))
    failure = release.fail()
    check(failure, "crash-loop", "Error, exit code 1")
    assert failure.cause["exits"] > 3
    assert failure.seconds > 7


@pytest.mark.one_will_do
@pytest.mark.parametrize(
    "annotations",
    [
        {"fault": "image-timeout", "faults": "3"},
        {"fault": "image-unreachable", "faults": "3"},
        {"fault": "config-error", "faults": "2"},
        {"fault": "mount-error", "faults": "2"},
        {"fault": "crash-loop", "faults": "2"},
        {"fault": "never-ready", "faults": "2"},
        {"start_after": "6s"},
    ],
)
def test_what_heals_is_waited_for(release: SmallRelease, annotations: dict[str, str]) -> None:
    release.apply(query_nodes(2, pod=None, **annotations))
    outcome = release.wait()
    assert outcome.live[f"Deployment/{NODE}"].counts.ready == 2


def test_crashes_before_the_dependencies_are_ready_heal(release: SmallRelease) -> None:
    release.apply(query_nodes(2, fault="crash-loop", faults="5", back_off="300ms"), etcd(1, ready_after="9s"))
    outcome = release.wait()
    assert set(outcome.live) == {f"Deployment/{NODE}", f"StatefulSet/{ETCD}"}


def test_a_slow_volume_heals(release: SmallRelease) -> None:
    release.apply(query_nodes(1), etcd(1, claim={"provision-after": "8s"}))
    release.wait(unschedulable_timeout=2)


def test_a_quota_that_is_raised_heals(release: SmallRelease) -> None:
    release.apply(QUOTA)
    wait_for_quota(release)
    release.apply(query_nodes(3))
    threading.Timer(6, release.lab.kubectl, ("delete", "resourcequota", "small", "-n", release.namespace)).start()
    release.wait()


def test_pods_of_an_older_revision_are_not_judged(release: SmallRelease) -> None:
    """The upgrade that repairs a release begins with the broken pods still there."""
    release.apply(query_nodes(2, fault="image-not-found"), etcd(2, fault="image-not-found"))
    release.fail()
    release.apply(query_nodes(2, start_after="3s"), etcd(2, start_after="3s"))
    release.wait()


def test_a_node_that_restarts(release: SmallRelease) -> None:
    release.apply(query_nodes(2, fault="crash-loop", faults="1", crash_after="3s"))
    release.wait(stable_seconds=6)
    pods = release.lab.list("pods", namespace=release.namespace)
    assert [pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods] == [1, 1]


def test_a_restart_begins_the_stable_time_anew(release: SmallRelease) -> None:
    """The pods are ready for a while, then end once."""
    release.apply(query_nodes(1, fault="crash-loop", faults="1", crash_after="1s"))
    release.wait(stable_seconds=4)
    (pod,) = release.lab.list("pods", namespace=release.namespace)
    assert pod["status"]["containerStatuses"][0]["ready"]
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 1


def test_what_has_been_stable_takes_one_look(release: SmallRelease) -> None:
    release.apply(query_nodes(2), etcd(1))
    release.wait()
    time.sleep(3)
    outcome = release.wait(stable_seconds=1)
    assert outcome.requests == 4  # Deployments, StatefulSets, and the pods of either label
    assert outcome.live[f"Deployment/{NODE}"].counts.terminating == 0


def test_terminating_pods_are_waited_for(release: SmallRelease) -> None:
    release.apply(query_nodes(3, terminate_after="5s"))
    release.wait()
    release.lab.kubectl("scale", "deployment", NODE, "--replicas=1", "-n", release.namespace)
    release.wait()
    assert len(release.lab.list("pods", namespace=release.namespace)) == 1


def test_gone_means_no_pod_is_left(release: SmallRelease) -> None:
    release.apply(query_nodes(2, terminate_after="4s"), etcd(1))
    release.wait()
    release.lab.kubectl("delete", "deployment,statefulset", "--all", "-n", release.namespace, "--wait=false")
    outcome = release.wait(gone=True)
    assert outcome.live == {}
    assert release.lab.list("pods", namespace=release.namespace) == []


def test_pods_that_do_not_go_are_named(release: SmallRelease) -> None:
    release.apply(query_nodes(1, terminate_after="25s"))
    release.wait()
    (pod,) = release.lab.list("pods", namespace=release.namespace)
    release.lab.kubectl("delete", "deployment", NODE, "-n", release.namespace, "--wait=false")
    failure = release.fail(gone=True, wait_timeout=3)
    assert f"Pod {pod['metadata']['name']}" in failure.message
    assert "it is terminating" in failure.message


READ = {"verbs": ["get", "list"], "apiGroups": ["", "apps", "batch"]}
RULES = [{**READ, "resources": ["pods", "deployments", "statefulsets", "jobs"]}]


def make_account(release: SmallRelease, rules: list[Json]) -> None:
    """Let the release be read by an account with those rules."""
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "reader"},
        "rules": rules,
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"kind": "ServiceAccount", "name": "reader"}],
    }
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader"}}
    release.apply(account, role, binding)
    token = release.lab.kubectl("create", "token", "reader", "-n", release.namespace).strip()
    release.options = {"host": release.lab.layout.api_url, "api_key": token, "validate_certs": False}


def test_without_the_right_to_watch_it_polls(release: SmallRelease) -> None:
    make_account(release, RULES)
    release.apply(query_nodes(2), etcd(1, ready_after="3s"))
    outcome = release.wait()
    assert any("not watched" in note and "cannot watch resource" in note for note in outcome.notes)


@pytest.mark.parametrize("fault", ["image-not-found", "crash-loop", "oom-killed"])
def test_verdicts_without_the_rights_to_watch_and_to_read_events_and_logs(release: SmallRelease, fault: str) -> None:
    make_account(release, RULES)
    release.apply(query_nodes(2, fault=fault, back_off="4s"))
    failure = release.fail()
    assert failure.is_verdict
    assert any("events may not be read" in note for note in failure.diagnosis["notes"])
    if fault == "crash-loop":
        assert failure.cause["log_tail"] == ["(logs may not be read: pods/log)"]


def test_a_missing_right_that_is_needed_ends_the_wait_at_once(release: SmallRelease) -> None:
    make_account(release, [{**READ, "resources": ["pods"]}])
    release.apply(query_nodes(1))
    with pytest.raises(Exception, match="cannot list resource"):
        release.wait()


@pytest.fixture
def own_lab() -> t.Iterator[Client]:
    """A lab whose API server may be ended."""
    name = f"restart-{os.getpid()}"
    yield Client(labs.up(name, say=toolchain.say_plainly))
    labs.down(name)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_the_api_server_restarts(own_lab: Client) -> None:
    own_lab.kubectl("create", "namespace", "restart")
    release = SmallRelease(own_lab, "restart")
    release.apply(query_nodes(2, ready_after="15s"))
    server = Component(own_lab, "kube-apiserver")
    timers = [threading.Timer(2, server.end), threading.Timer(12, server.start)]
    for timer in timers:
        timer.start()
    outcome = release.wait()
    for timer in timers:
        timer.join()
    assert outcome.live[f"Deployment/{NODE}"].counts.ready == 2
    assert "The API server answers again." in release.said


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_an_api_server_that_does_not_come_back(own_lab: Client) -> None:
    own_lab.kubectl("create", "namespace", "restart")
    release = SmallRelease(own_lab, "restart")
    release.apply(query_nodes(1, fault="never-ready"))
    server = Component(own_lab, "kube-apiserver")
    timer = threading.Timer(3, server.end)
    timer.start()
    failure = release.fail(wait_timeout=8)
    timer.join()
    assert failure.root["workload"] == NODE
    assert any("no answer from" in note for note in failure.diagnosis["notes"])
