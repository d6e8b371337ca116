# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated pods show what a real kubelet shows, field by field, for every fault."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest

from milvus_lab import faults
from milvus_lab.client import Client, CommandFailedError, Object, wait_for

IMAGE = "registry.invalid/Nope:9"
PULLED = ("Normal", "Pulled", f'Container image "{IMAGE}" already present on machine and can be accessed by the pod')
CREATED = ("Normal", "Created", "Container created")
STARTED = ("Normal", "Started", "Container started")
NOT_FOUND = (
    f'rpc error: code = NotFound desc = failed to pull and unpack image "{IMAGE}": '
    f"failed to resolve image: {IMAGE}: not found"
)
UNAUTHORIZED = (
    f'failed to pull and unpack image "{IMAGE}": failed to resolve image: pull access denied, repository does not '
    "exist or may require authorization: server message: insufficient_scope: authorization failed"
)
REQUEST = (
    f'failed to pull and unpack image "{IMAGE}": failed to resolve image: failed to do request: '
    'Head "https://registry.invalid/v2/registry.invalid/Nope/manifests/latest": dial tcp: lookup registry.invalid'
)
INVALID_NAME = (
    f'Failed to apply default image tag "{IMAGE}": couldn\'t parse image name "{IMAGE}": '
    "invalid reference format: repository name (registry.invalid/Nope) must be lowercase"
)
NEVER_PULL = f'Container image "{IMAGE}" is not present with pull policy of Never'
NOT_STARTED = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    'unable to start container process: error during container init: exec: "missing": '
    "executable file not found in $PATH"
)

Events = frozenset[tuple[str, str, str]]


@dataclass(frozen=True)
class Shown:
    """What a pod with a fault shows sooner or later: these container states, never ready, and these events."""

    states: tuple[dict[str, t.Any], ...]
    events: tuple[tuple[str, str, str], ...]
    phase: str = "Pending"


def waiting(reason: str, message: str = "") -> dict[str, t.Any]:
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def terminated(reason: str, exit_code: int) -> dict[str, t.Any]:
    return {"terminated": {"reason": reason, "exitCode": exit_code}}


def pull(message: str) -> Shown:
    back_off = f'Back-off pulling image "{IMAGE}"'
    return Shown(
        (waiting("ErrImagePull", message), waiting("ImagePullBackOff", f"{back_off}: ErrImagePull: {message}")),
        (
            ("Normal", "Pulling", f'Pulling image "{IMAGE}"'),
            ("Warning", "Failed", f'Failed to pull image "{IMAGE}": {message}'),
            ("Warning", "Failed", "Error: ErrImagePull"),
            ("Normal", "BackOff", back_off),
            ("Warning", "Failed", "Error: ImagePullBackOff"),
        ),
    )


CRASHED = ("Warning", "BackOff", "Back-off restarting failed container c in pod {pod}")
CRASH_LOOP = waiting("CrashLoopBackOff", "back-off 10s restarting failed container=c pod={pod}")

EXPECTED: dict[str, Shown] = {
    "image-not-found": pull(NOT_FOUND),
    "image-unauthorized": pull(UNAUTHORIZED),
    "image-unreachable": pull(f"{REQUEST}: no such host"),
    "image-timeout": pull(f"{REQUEST}: i/o timeout"),
    "invalid-image-name": Shown(
        (waiting("InvalidImageName", INVALID_NAME),),
        (("Warning", "InspectFailed", INVALID_NAME), ("Warning", "Failed", "Error: InvalidImageName")),
    ),
    "image-never-pull": Shown(
        (waiting("ErrImageNeverPull", NEVER_PULL),),
        (("Warning", "ErrImageNeverPull", NEVER_PULL), ("Warning", "Failed", "Error: ErrImageNeverPull")),
    ),
    "config-error": Shown(
        (waiting("CreateContainerConfigError", 'configmap "missing" not found'),),
        (PULLED, ("Warning", "Failed", 'Error: configmap "missing" not found')),
    ),
    "mount-error": Shown(
        (waiting("ContainerCreating"),),
        (("Warning", "FailedMount", 'MountVolume.SetUp failed for volume "missing" : secret "missing" not found'),),
    ),
    "crash-loop": Shown((terminated("Error", 3), CRASH_LOOP), (PULLED, CREATED, STARTED, CRASHED), "Running"),
    "oom-killed": Shown((terminated("OOMKilled", 137), CRASH_LOOP), (PULLED, CREATED, STARTED, CRASHED), "Running"),
    "start-error": Shown(
        (waiting("RunContainerError", NOT_STARTED), CRASH_LOOP),
        (PULLED, CREATED, ("Warning", "Failed", f"Error: {NOT_STARTED}"), CRASHED),
    ),
    "never-ready": Shown(
        ({"running": {}},),
        (
            PULLED,
            CREATED,
            STARTED,
            ("Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"),
        ),
        "Running",
    ),
}


def pod(name: str, *, restart_policy: str = "Always", **annotations: str) -> Object:
    """A pod of one container ``c``; underscores in annotation names stand for dashes."""
    keys = {f"sim.milvus.cluster/{key.replace('_', '-')}": value for key, value in annotations.items()}
    spec = {"containers": [{"name": "c", "image": IMAGE}], "restartPolicy": restart_policy}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": keys}, "spec": spec}


def status(lab: Client, name: str, *, namespace: str) -> Object:
    """The pod's status; its ``container`` is that of its first container, without times."""
    found: Object = lab.get("pod", name, namespace=namespace)["status"]
    statuses = found.get("containerStatuses") or [{}]
    return {**found, "container": without_times(statuses[0])}


def without_times(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: without_times(entry) for key, entry in value.items() if key not in ("startedAt", "finishedAt")}
    return value


def events_of(lab: Client, name: str, *, namespace: str) -> list[Object]:
    return [
        event
        for event in lab.list("events", namespace=namespace)
        if event["involvedObject"]["name"] == name and event["source"].get("component") == "kubelet"
    ]


def test_there_is_an_expectation_for_every_fault() -> None:
    assert set(EXPECTED) == set(faults.FAULTS)


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_fault_shows_the_states_and_events_of_a_kubelet(lab: Client, namespace: str, fault: str) -> None:
    shown = EXPECTED[fault]
    lab.apply(pod("p", fault=fault, exit_code="3", back_off="500ms"), namespace=namespace)
    identity = f"p_{namespace}({lab.get('pod', 'p', namespace=namespace)['metadata']['uid']})"
    expected_states = [fill(state, identity) for state in shown.states]
    expected_events = frozenset((kind, reason, fill(message, identity)) for kind, reason, message in shown.events)
    seen: list[Object] = []

    def all_seen() -> bool:
        current = status(lab, "p", namespace=namespace)
        container = current["container"]
        if container.get("state") in expected_states and container["state"] not in seen:
            seen.append(container["state"])
            assert current["phase"] == shown.phase
            assert not container["ready"]
        return len(seen) == len(expected_states) and not expected_events - events()

    def events() -> Events:
        return frozenset((e["type"], e["reason"], e["message"]) for e in events_of(lab, "p", namespace=namespace))

    wait_for(f"{expected_states} and {expected_events}", all_seen)
    assert events() == expected_events
    conditions = {entry["type"]: entry for entry in status(lab, "p", namespace=namespace)["conditions"]}
    assert (conditions["Ready"]["status"], conditions["Ready"]["reason"]) == ("False", "ContainersNotReady")


def fill(value: t.Any, identity: str) -> t.Any:
    if isinstance(value, dict):
        return {key: fill(entry, identity) for key, entry in value.items()}
    return value.replace("{pod}", identity) if isinstance(value, str) else value


def test_an_event_names_the_container_the_node_and_how_often(lab: Client, namespace: str) -> None:
    lab.apply(pod("p", fault="crash-loop", back_off="300ms"), namespace=namespace)

    def back_off() -> Object | None:
        found = [event for event in events_of(lab, "p", namespace=namespace) if event["reason"] == "BackOff"]
        return found[0] if found and found[0]["count"] >= 3 else None

    event = wait_for("three back-offs in one event", back_off)
    node = lab.get("pod", "p", namespace=namespace)["spec"]["nodeName"]
    assert event is not None
    assert event["involvedObject"]["fieldPath"] == "spec.containers{c}"
    assert event["source"] == {"component": "kubelet", "host": node}
    assert event["firstTimestamp"] < event["lastTimestamp"]


def test_a_crash_loop_counts_restarts_and_keeps_the_last_exit(lab: Client, namespace: str) -> None:
    lab.apply(pod("p", fault="crash-loop", exit_code="3", back_off="300ms"), namespace=namespace)

    def restarted() -> bool:
        container = status(lab, "p", namespace=namespace)["container"]
        last = container.get("lastState", {}).get("terminated", {})
        return bool(container.get("restartCount", 0) >= 2 and last == {"reason": "Error", "exitCode": 3})

    wait_for("two restarts after exit 3", restarted)


def test_a_pod_that_does_not_restart_fails_for_good(lab: Client, namespace: str) -> None:
    lab.apply(pod("p", fault="crash-loop", exit_code="7", restart_policy="Never"), namespace=namespace)
    wait_for("the pod failed", lambda: status(lab, "p", namespace=namespace).get("phase") == "Failed")
    assert status(lab, "p", namespace=namespace)["container"]["state"] == terminated("Error", 7)


@pytest.mark.parametrize("fault", ["image-timeout", "crash-loop", "config-error", "mount-error", "start-error"])
def test_a_fault_heals_after_the_given_number_of_times(lab: Client, namespace: str, fault: str) -> None:
    lab.apply(pod("p", fault=fault, faults="2", back_off="300ms"), namespace=namespace)
    wait_for("the pod is ready", lambda: status(lab, "p", namespace=namespace)["container"].get("ready"))
    restarts = status(lab, "p", namespace=namespace)["container"]["restartCount"]
    assert restarts == (2 if fault in ("crash-loop", "start-error") else 0)


def test_readiness_waits_as_long_as_asked(lab: Client, namespace: str) -> None:
    lab.apply(pod("p", ready_after="3s"), namespace=namespace)
    wait_for("running", lambda: "running" in status(lab, "p", namespace=namespace)["container"].get("state", {}))
    assert not status(lab, "p", namespace=namespace)["container"]["ready"]
    wait_for("ready", lambda: status(lab, "p", namespace=namespace)["container"]["ready"])


def test_a_ready_pod_can_fail_later(lab: Client, namespace: str) -> None:
    lab.apply(pod("p"), namespace=namespace)
    wait_for("ready", lambda: status(lab, "p", namespace=namespace)["container"].get("ready"))
    lab.kubectl("annotate", "pod", "p", "-n", namespace, "sim.milvus.cluster/fault=never-ready")
    wait_for("not ready", lambda: not status(lab, "p", namespace=namespace)["container"]["ready"])
    assert "running" in status(lab, "p", namespace=namespace)["container"]["state"]


def test_slow_termination_ends_with_the_time_asked_or_the_grace_period(lab: Client, namespace: str) -> None:
    def ready(name: str) -> bool:
        return bool(status(lab, name, namespace=namespace)["container"].get("ready"))

    lab.apply(pod("slow", terminate_after="3s"), pod("stubborn", terminate_after="60s"), namespace=namespace)
    wait_for("both are ready", lambda: all(ready(name) for name in ("slow", "stubborn")))
    lab.kubectl("delete", "pod", "slow", "-n", namespace, "--wait=false")
    lab.kubectl("delete", "pod", "stubborn", "-n", namespace, "--wait=false", "--grace-period=5")

    def left() -> set[str]:
        return {entry["metadata"]["name"] for entry in lab.list("pods", namespace=namespace)}

    def killings() -> list[Object]:
        return [event for event in lab.list("events", namespace=namespace) if event["reason"] == "Killing"]

    wait_for("both are told to stop", lambda: len(killings()) == 2)
    assert left() == {"slow", "stubborn"}
    wait_for("the slow one is gone first", lambda: left() == {"stubborn"})
    wait_for("the stubborn one is gone after its grace period", lambda: not left())


def test_logs_tell_the_present_and_the_previous_container(lab: Client, namespace: str) -> None:
    lab.apply(pod("p", fault="crash-loop", back_off="300ms"), pod("q", fault="image-not-found"), namespace=namespace)
    wait_for("a restart", lambda: status(lab, "p", namespace=namespace)["container"].get("restartCount", 0) >= 1)
    previous = lab.kubectl("logs", "p", "--previous", "--tail=1", "-n", namespace)
    assert previous == "simulated container: panic: failed to create etcd client: context deadline exceeded\n"
    wait_for("a try", lambda: "waiting" in status(lab, "q", namespace=namespace)["container"].get("state", {}))
    with pytest.raises(CommandFailedError, match='no logs found for container "c"'):
        lab.kubectl("logs", "q", "-n", namespace)


@pytest.mark.parametrize("annotations", [{}, {"terminate_after": "2s"}])
def test_a_namespace_with_running_pods_can_be_deleted(lab: Client, namespace: str, annotations: dict[str, str]) -> None:
    """The API server refuses events in a namespace that ends, and the pods must go all the same."""
    inner = f"{namespace}-ends"
    lab.kubectl("create", "namespace", inner)
    lab.apply(pod("p", **annotations), namespace=inner)
    wait_for("ready", lambda: status(lab, "p", namespace=inner)["container"].get("ready"))
    lab.kubectl("delete", "namespace", inner, "--wait=false")
    wait_for(
        "the namespace is gone", lambda: f"namespace/{inner}\n" not in lab.kubectl("get", "namespaces", "-o", "name")
    )
