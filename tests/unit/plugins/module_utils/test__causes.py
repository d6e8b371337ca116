# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _causes
from ansible_collections.milvus.cluster.plugins.module_utils._causes import (
    RULES,
    Cause,
    find_claim_cause,
    find_newest_message,
    find_node_cause,
    find_pod_cause,
    find_refusal,
    group_causes,
)

KEY = "Deployment/w"
Json = dict[str, t.Any]


def pod(*containers: Json, **status: t.Any) -> Json:
    return {"metadata": {"name": "p"}, "status": {"containerStatuses": list(containers), **status}}


def unscheduled(message: str) -> Json:
    return pod(conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}])


def container(state: Json, *, restarts: int = 0, last: Json | None = None, ready: bool = False) -> Json:
    status = {"name": "c", "ready": ready, "started": False, "restartCount": restarts, "state": state}
    return {**status, "lastState": {"terminated": last}} if last else status


def waiting(reason: str, message: str = "") -> Json:
    return {"waiting": {"reason": reason, "message": message}}


def event(reason: str, message: str, *, name: str = "p", time: str = "2026-01-01T00:00:00Z") -> Json:
    return {"reason": reason, "message": message, "involvedObject": {"name": name}, "lastTimestamp": time}


def test_every_kind_has_a_rule() -> None:
    names = (value for name, value in vars(_causes).items() if name.isupper() and isinstance(value, str))
    kinds = {value for value in names if value == value.lower() and " " not in value}
    assert kinds <= set(RULES)
    assert all(rule.remedy.endswith(".") and not rule.title.endswith(".") for rule in RULES.values())


# Words of containerd, of CRI-O, of dockershim's time, of registries and of the network.
@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (
            'failed to pull and unpack image "r/milvus:v9": failed to resolve image: r/milvus:v9: not found',
            "image-not-found",
        ),
        ("reading manifest v9 in docker.io/milvusdb/milvus: manifest unknown", "image-not-found"),
        ("manifest for milvusdb/milvus:v9 not found: manifest unknown: manifest unknown", "image-not-found"),
        ("pull access denied, repository does not exist or may require authorization", "image-unauthorized"),
        (
            "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized",
            "image-unauthorized",
        ),
        ("unexpected status from HEAD request to https://r/v2/x: 403 Forbidden", "image-unauthorized"),
        ("requested access to the resource is denied", "image-unauthorized"),
        ("no basic auth credentials", "image-unreachable"),
        (
            "429 Too Many Requests - toomanyrequests: You have reached your unauthenticated pull rate limit",
            "image-unreachable",
        ),
        ("dial tcp: lookup registry.invalid: no such host", "image-unreachable"),
        ("dial tcp 10.0.0.1:443: i/o timeout", "image-unreachable"),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "image-unreachable"),
        ("unexpected status: 500 Internal Server Error", "image-unreachable"),
        ('failed to pull image "registry.local/not found/denied:401": connection reset by peer', "image-unreachable"),
        ("", "image-unreachable"),
    ],
)
@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff"])
def test_the_registrys_words_decide(reason: str, message: str, kind: str) -> None:
    cause = find_pod_cause(pod(container(waiting(reason, message))), KEY)
    assert (cause.kind, cause.message, cause.container) == (kind, message, "c")


def test_an_event_says_why_an_image_is_not_pulled_where_the_status_does_not() -> None:
    back_off = pod(container(waiting("ImagePullBackOff", 'Back-off pulling image "r/x:1"')))
    why = event("Failed", 'Failed to pull image "r/x:1": r/x:1: not found')
    assert find_pod_cause(back_off, KEY).kind == "image-unreachable"
    assert find_pod_cause(back_off, KEY, events=[event("Failed", "Error: ErrImagePull"), why]).kind == "image-not-found"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (container(waiting("InvalidImageName", "m")), ("image-name-invalid", "m", None, 0)),
        (container(waiting("ErrImageNeverPull", "m")), ("image-never-pulled", "m", None, 0)),
        (container(waiting("CreateContainerConfigError", "m")), ("configuration-missing", "m", None, 0)),
        (container(waiting("CreateContainerError", "m")), ("container-not-created", "m", None, 0)),
        (container(waiting("ContainerCreating")), ("starting", "ContainerCreating", None, 0)),
        (container({"running": {}}), ("not-ready", "", None, 0)),
        (
            container({"terminated": {"exitCode": 3, "reason": "Error"}}),
            ("crash-loop", "Error, exit code 3", 3, 1),
        ),
        (
            container(waiting("CrashLoopBackOff", "back-off"), restarts=1, last={"exitCode": 3, "reason": "Error"}),
            ("crash-loop", "Error, exit code 3", 3, 2),
        ),
        (
            container({"running": {}}, restarts=2, last={"exitCode": 137, "reason": "OOMKilled"}),
            ("out-of-memory", "OOMKilled, exit code 137", 137, 2),
        ),
        (
            container(waiting("RunContainerError"), last={"exitCode": 128, "reason": "StartError", "message": "no\n"}),
            ("crash-loop", "StartError, exit code 128: no", 128, 1),
        ),
        (
            container({"terminated": {"exitCode": 0, "reason": "Completed"}}, restarts=1),
            ("crash-loop", "Completed, exit code 0", 0, 2),
        ),
    ],
)
def test_states_of_containers(status: Json, expected: tuple[str, str, int | None, int]) -> None:
    cause = find_pod_cause(pod(status), KEY)
    assert (cause.kind, cause.message, cause.exit_code, cause.exits) == expected
    assert cause.from_previous == ("running" in status["state"] and cause.exits > 0)


def test_init_containers_count_and_finished_ones_do_not() -> None:
    done = {
        "name": "a",
        "ready": True,
        "restartCount": 0,
        "state": {"terminated": {"exitCode": 0, "reason": "Completed"}},
    }
    stuck = {"name": "b", "ready": False, "restartCount": 0, "state": waiting("ErrImagePull", "x: not found")}
    waits = container(waiting("PodInitializing"))
    cause = find_pod_cause(pod(waits, initContainerStatuses=[done, stuck]), KEY)
    assert (cause.kind, cause.container) == ("image-not-found", "b")


def test_the_second_container_may_be_to_blame() -> None:
    cause = find_pod_cause(pod(container({"running": {}}, ready=True), container(waiting("InvalidImageName"))), KEY)
    assert cause.kind == "image-name-invalid"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("0/3 nodes are available: 3 Insufficient memory.", "unschedulable"),
        ("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.", "volume-pending"),
        ('0/3 nodes are available: persistentvolumeclaim "data" not found.', "unschedulable"),
    ],
)
def test_the_schedulers_words(message: str, kind: str) -> None:
    assert find_pod_cause(unscheduled(message), KEY)[:3] == (kind, KEY, message)


@pytest.mark.parametrize(
    ("message", "addition"),
    [
        ("3 Insufficient memory.", " The pod requests 4Ti of memory."),
        ("1 Insufficient cpu, 2 Insufficient memory.", " The pod requests 500m of cpu and 4Ti of memory."),
        ("3 Insufficient nvidia.com/gpu.", ""),
    ],
)
def test_how_much_a_pod_requests_of_what_is_too_little(message: str, addition: str) -> None:
    spec = {"containers": [{"name": "c", "resources": {"requests": {"cpu": "0.5", "memory": "4Ti"}}}]}
    assert find_pod_cause({**unscheduled(message), "spec": spec}, KEY).message == message + addition


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ('MountVolume.SetUp failed for volume "c" : configmap "c" not found', "configuration-missing"),
        ("AttachVolume.Attach failed: rpc error: timed out", "volume-not-mounted"),
    ],
)
def test_a_volume_that_is_not_mounted_shows_in_events_only(message: str, kind: str) -> None:
    starts = pod(container(waiting("ContainerCreating")))
    assert find_pod_cause(starts, KEY).kind == "starting"
    assert find_pod_cause(starts, KEY, events=[event("FailedMount", message)])[:3] == (kind, KEY, message)


def test_pods_that_are_refused() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: q"}
    item = {"status": {"conditions": [refused]}}
    assert find_refusal(item, KEY, events=[]) == Cause("pods-refused", KEY, "exceeded quota: q")
    assert find_refusal({}, KEY, events=[]) is None
    events = [event("FailedCreate", "old"), event("FailedCreate", "new", time="2026-01-02T00:00:00Z")]
    assert find_refusal({}, KEY, events=events) == Cause("pods-refused", KEY, "new")
    ending = [event("FailedCreate", "namespace n is not usable because it is being terminated")]
    assert find_refusal({}, KEY, events=ending) == Cause("namespace-terminating", KEY, ending[0]["message"])


MISSING = 'storageclass.storage.k8s.io "fast" not found'
NONE_SET = "no persistent volumes available for this claim and no storage class is set"


@pytest.mark.parametrize(
    ("wanted", "classes", "message", "kind"),
    [
        ("fast", {"slow": True}, MISSING, "storage-class-missing"),
        ("fast", None, MISSING, "storage-class-missing"),
        ("fast", {"fast": False}, MISSING, "volume-pending"),  # it was created meanwhile
        (None, {"slow": False}, NONE_SET, "storage-class-missing"),
        (None, {"slow": True}, NONE_SET, "volume-pending"),  # it became the default meanwhile
        (None, None, NONE_SET, "storage-class-missing"),
        ("fast", {"slow": True}, "waiting for a volume to be created by the external provisioner", "volume-pending"),
        ("fast", {"slow": True}, "", "volume-pending"),
    ],
)
def test_claims(wanted: str | None, classes: dict[str, bool] | None, message: str, kind: str) -> None:
    claim = {"metadata": {"name": "data-0"}, "spec": {"storageClassName": wanted} if wanted else {}}
    events = [event("ProvisioningFailed", message)] if message else []
    cause = find_claim_cause(claim, Cause("volume-pending", KEY, "unbound"), events=events, classes=classes)
    assert (cause.kind, cause.message) == (kind, f"PersistentVolumeClaim data-0: {message}" if message else "unbound")


def test_the_newest_of_events_of_either_api() -> None:
    events: list[Json] = [
        {"message": "a", "metadata": {}, "lastTimestamp": "2026-01-01T00:00:09Z"},
        {
            "message": "b",
            "metadata": {},
            "lastTimestamp": None,
            "eventTime": "2026-01-01T00:00:01.000000Z",
            "series": {"lastObservedTime": "2026-01-01T00:00:30.000000Z"},
        },
        {"message": "c", "metadata": {"creationTimestamp": "2026-01-01T00:00:10Z"}},
    ]
    assert find_newest_message(events) == "b"
    assert find_newest_message([]) == ""


def test_causes_are_grouped_over_pods_and_the_one_with_most_exits_speaks() -> None:
    causes = [
        Cause("crash-loop", KEY, "exit 1", ("b",), exits=1),
        Cause("crash-loop", KEY, "exit 2", ("c", "a"), exits=4),
        Cause("starting", KEY, "", ("d",)),
    ]
    crash, starting = group_causes(causes)
    assert (crash.message, crash.pods, crash.exits) == ("exit 2", ("c", "a", "b"), 4)
    assert starting.pods == ("d",)


def node(status: str, **fields: str) -> Json:
    return {"metadata": {"name": "n"}, "status": {"conditions": [{"type": "Ready", "status": status, **fields}]}}


def test_a_node_that_is_not_ready_is_the_cause() -> None:
    cause = Cause("starting", KEY, "ContainerCreating", ("p",))
    assert find_node_cause(node("True"), cause) == cause
    gone = node("Unknown", message="Kubelet stopped posting node status.", lastTransitionTime="2026-01-01T00:00:00Z")
    found = find_node_cause(gone, cause)
    assert (found.kind, found.pods) == ("node-not-ready", ("p",))
    assert found.message == "node n since 2026-01-01T00:00:00Z: Kubelet stopped posting node status."
    assert find_node_cause({"metadata": {"name": "n"}}, cause).message == "node n: it tells no condition"
