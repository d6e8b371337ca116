# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What keeps a workload from converging, and what each of these causes calls for. Pure. PRIVATE to this collection."""

from __future__ import annotations

import re
import typing as t

from ._pod_size import measure
from ._quantity import show_quantity
from ._readiness import find_condition

Json = dict[str, t.Any]


class Cause(t.NamedTuple):
    """Why *pods* of a workload are not ready, in the cluster's words.

    *exits* is how often the container of the first pod has ended so far, *exit_code* how it did the last time, None
    where it did not. *from_previous*: the log of that run is the previous container's.
    """

    kind: str
    workload: str
    message: str
    pods: tuple[str, ...] = ()
    container: str = ""
    exit_code: int | None = None
    exits: int = 0
    from_previous: bool = False


class Rule(t.NamedTuple):
    """What a kind of cause calls for.

    *grace*: seconds for which it may last before it is a verdict; None: it heals, so only the deadline ends the wait.
    *exits*: instead of lasting, how often the container may end; with *after_dependencies* only those ends count that
    come after everything it depends on is ready. *remedy*: the next step for the user.
    """

    title: str
    remedy: str
    grace: float | None = None
    exits: int = 0
    after_dependencies: bool = False


IMAGE_NOT_FOUND = "image-not-found"
IMAGE_UNAUTHORIZED = "image-unauthorized"
IMAGE_UNREACHABLE = "image-unreachable"
IMAGE_NAME = "image-name-invalid"
IMAGE_ABSENT = "image-never-pulled"
CONFIGURATION = "configuration-missing"
MOUNT = "volume-not-mounted"
NOT_CREATED = "container-not-created"
CRASH_LOOP = "crash-loop"
OUT_OF_MEMORY = "out-of-memory"
UNSCHEDULABLE = "unschedulable"
NO_STORAGE_CLASS = "storage-class-missing"
VOLUME_PENDING = "volume-pending"
REFUSED = "pods-refused"
NAMESPACE_ENDS = "namespace-terminating"
JOB_FAILED = "job-failed"
JOB_RETRIES = "job-retries"
NODE_NOT_READY = "node-not-ready"
NEVER_READY = "not-ready"
STARTING = "starting"

_REGISTRY = "Check global.image, image.all or the component's image in the values"
RULES: dict[str, Rule] = {
    IMAGE_NOT_FOUND: Rule("the image does not exist", f"{_REGISTRY}: repository and tag.", grace=0),
    IMAGE_UNAUTHORIZED: Rule(
        "the registry refuses the image", f"{_REGISTRY}, and the pull secrets (image.all.pullSecrets).", grace=0
    ),
    IMAGE_UNREACHABLE: Rule(
        "the image cannot be pulled", "Check from a node that the registry can be reached and has the image."
    ),
    IMAGE_NAME: Rule("the image's name is invalid", f"{_REGISTRY}: it is not spelled like an image.", grace=0),
    IMAGE_ABSENT: Rule(
        "the image is not on the node and must not be pulled",
        "Set pullPolicy to IfNotPresent, or load the image onto the nodes.",
        grace=0,
    ),
    CONFIGURATION: Rule(
        "a ConfigMap, Secret or key is missing", "Create what the message names, or correct the values.", grace=30
    ),
    MOUNT: Rule("a volume is not mounted", "Look at the volume's claim and at the node's storage driver."),
    NOT_CREATED: Rule("the container cannot be created", "Look at the events of the pod and at its node."),
    CRASH_LOOP: Rule(
        "the container exits again and again",
        "Read the last lines of its log, and correct the configuration that they name.",
        exits=3,
        after_dependencies=True,
    ),
    OUT_OF_MEMORY: Rule(
        "the container needs more memory than its limit", "Raise resources.limits.memory of the component.", exits=2
    ),
    UNSCHEDULABLE: Rule(
        "no node can take the pods",
        "Add nodes that fit, or change the component's resources, nodeSelector, tolerations or affinity.",
        grace=300,  # of an autoscaler of nodes; the option unschedulable_timeout replaces it
    ),
    NO_STORAGE_CLASS: Rule(
        "there is no such StorageClass",
        "Create it, make one the default, or set storageClass in the persistence values; the claim has to be deleted "
        "then, for it keeps what it asks for.",
        grace=5,
    ),
    VOLUME_PENDING: Rule("a volume is not provisioned yet", "Look at the claim's events and at the provisioner."),
    REFUSED: Rule(
        "the cluster refuses to create pods",
        "Raise the quota or change what the message names: a limit range, an admission policy, pod security.",
        grace=30,
    ),
    NAMESPACE_ENDS: Rule(
        "the namespace is being deleted", "Wait until it is gone, then install into a new one.", grace=0
    ),
    JOB_FAILED: Rule(
        "the Job has failed",
        "Read the last lines of its log; after the correction delete the Job, for it does not start again by itself.",
        grace=0,
    ),
    JOB_RETRIES: Rule("a pod of the Job has failed, and the Job tries again", "Read the last lines of its log."),
    NODE_NOT_READY: Rule(
        "its node is not ready",
        "Look at the node and its kubelet. After five minutes Kubernetes makes pods anew on another node, but not "
        "those of StatefulSets, nor such whose volume is tied to the node.",
    ),
    NEVER_READY: Rule(
        "the container runs and does not become ready", "Read its log: its readiness probe says no, see the events."
    ),
    STARTING: Rule("the container has not started yet", "Look at the events of the pod and at its node."),
}

# What the reason for which a container waits means, but for images, where the message decides.
_WAITING = {
    "InvalidImageName": IMAGE_NAME,
    "ErrImageNeverPull": IMAGE_ABSENT,
    "CreateContainerConfigError": CONFIGURATION,
    "CreateContainerError": NOT_CREATED,
    "CreatePodSandboxError": NOT_CREATED,
}
_PULLING = {"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError", "SignatureValidationFailed"}
# Words of containerd, CRI-O and registries; the first that fits counts. What fits none may heal.
_PULL_WORDS = (
    (re.compile(r"too ?many ?requests|rate limit|\b429\b|no such host|timeout|x509", re.I), IMAGE_UNREACHABLE),
    (
        re.compile(r"unauthorized|denied|authorization failed|authentication required|\b40[13]\b", re.I),
        IMAGE_UNAUTHORIZED,
    ),
    (re.compile(r"not found|manifest unknown|name unknown|does not exist", re.I), IMAGE_NOT_FOUND),
)
_NO_STORAGE_CLASS = re.compile(r'storageclass\S* "?[^"]*"? ?not found|no storage class is set', re.I)
_ENDING_NAMESPACE = "because it is being terminated"


def find_pod_cause(pod: Json, workload: str, *, events: t.Sequence[Json] = ()) -> Cause:
    """Return why a pod is not ready. *events*: Warning events of the pod, for what its status does not say."""
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    scheduled = find_condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        message = scheduled.get("message") or scheduled.get("reason") or ""
        if "PersistentVolumeClaim" in message and "unbound" in message:
            return Cause(VOLUME_PENDING, workload, message, (name,))
        return Cause(UNSCHEDULABLE, workload, " ".join([message, *_tell_requests(pod, message)]), (name,))
    statuses = (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    causes = [cause for each in statuses if (cause := _find_container_cause(each, workload, pod=name, events=events))]
    weighty = [cause for cause in causes if cause.kind not in (NEVER_READY, STARTING)]
    if weighty:
        return weighty[0]
    mount = next((event for event in events if event["reason"] in ("FailedMount", "FailedAttachVolume")), None)
    if mount is not None:
        message = mount["message"]
        return Cause(CONFIGURATION if "not found" in message else MOUNT, workload, message, (name,))
    words = find_newest_message(events) or status.get("message") or status.get("reason") or ""
    return (
        causes[0]._replace(message=causes[0].message or words) if causes else Cause(STARTING, workload, words, (name,))
    )


def _tell_requests(pod: Json, message: str) -> t.Iterator[str]:
    """Yield how much of what is too little a pod requests: the scheduler says what, not how much."""
    requests = measure(pod.get("spec") or {}).requests
    short = [name for name, amount in requests.items() if amount and f"Insufficient {name}" in message]
    if short:
        yield f"The pod requests {' and '.join(f'{show_quantity(name, requests[name])} of {name}' for name in short)}."


def _find_container_cause(status: Json, workload: str, *, pod: str, events: t.Sequence[Json]) -> Cause | None:
    """Return what is wrong with one container, None when nothing is."""
    state = status.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated")
    about = Cause("", workload, waiting.get("message") or "", (pod,), status["name"])
    reason = waiting.get("reason", "")
    if reason in _PULLING:
        return _judge_pull(about, events)
    if reason in _WAITING:
        return about._replace(kind=_WAITING[reason])
    if status.get("ready") or (ended and ended.get("exitCode") == 0 and "started" not in status):
        return None
    last = ended or (status.get("lastState") or {}).get("terminated")
    if last and (ended or waiting or status.get("restartCount")):
        return _judge_exit(about, status, last=last)
    if waiting:
        return about._replace(kind=STARTING, message=about.message or reason)
    return about._replace(kind=NEVER_READY) if "running" in state else None


def _judge_pull(about: Cause, events: t.Sequence[Json]) -> Cause:
    """Tell by the registry's words whether a pull can succeed later."""
    # Before Kubernetes 1.31 a container in back-off did not say why; the event does.
    told = (event["message"] for event in events if event["reason"] == "Failed" and "pull" in event["message"])
    message = about.message if _fits(about.message) else next((text for text in told if _fits(text)), about.message)
    return about._replace(kind=_fits(message) or IMAGE_UNREACHABLE, message=message)


def has_words(pod: Json) -> bool:
    """Whether a pod's status itself says why an image was not pulled."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return any(_fits(((each.get("state") or {}).get("waiting") or {}).get("message") or "") for each in statuses)


def _fits(message: str) -> str:
    """Return the kind that the words of a failed pull mean, "" for none."""
    # The image's own name may hold such words.
    words = re.sub(r'"[^"]*"|\S+/\S+', "", message)
    return next((kind for pattern, kind in _PULL_WORDS if pattern.search(words)), "")


def _judge_exit(about: Cause, status: Json, *, last: Json) -> Cause:
    running = "running" in (status.get("state") or {})
    reason, code = last.get("reason") or "Error", last.get("exitCode")
    words = f"{reason}, exit code {code}" + (f": {last['message'].strip()}" if last.get("message") else "")
    return about._replace(
        kind=OUT_OF_MEMORY if reason == "OOMKilled" else CRASH_LOOP,
        message=words,
        exit_code=code,
        exits=(status.get("restartCount") or 0) + (0 if running else 1),
        from_previous=running,
    )


def find_refusal(item: Json, workload: str, *, events: t.Sequence[Json]) -> Cause | None:
    """Return why no pods are created for a workload. *events*: FailedCreate events of the workload itself."""
    failure = find_condition(item, "ReplicaFailure")
    message = failure.get("message") if failure.get("status") == "True" else find_newest_message(events)
    if not message:
        return None
    return Cause(NAMESPACE_ENDS if _ENDING_NAMESPACE in message else REFUSED, workload, message)


def find_claim_cause(
    claim: Json, cause: Cause, *, events: t.Sequence[Json], classes: t.Mapping[str, bool] | None
) -> Cause:
    """Return what a pod waits for whose claim is not bound. *classes*: StorageClass → is the default; None: unknown."""
    name, wanted = claim["metadata"]["name"], claim["spec"].get("storageClassName")
    message = find_newest_message(events)
    if not message:
        return cause
    lacks = bool(_NO_STORAGE_CLASS.search(message))
    if classes is not None:
        lacks = lacks and (not any(classes.values()) if wanted is None else wanted not in classes)
    return cause._replace(
        kind=NO_STORAGE_CLASS if lacks else VOLUME_PENDING, message=f"PersistentVolumeClaim {name}: {message}"
    )


def find_node_cause(node: Json, cause: Cause) -> Cause:
    """Return that the node of a pod is not ready where that is so, else the *cause* that its pod tells."""
    ready = find_condition(node, "Ready")
    if ready.get("status") == "True":
        return cause
    words = ready.get("message") or ready.get("reason") or "it tells no condition"
    since = f" since {ready['lastTransitionTime']}" if ready.get("lastTransitionTime") else ""
    return cause._replace(kind=NODE_NOT_READY, message=f"node {node['metadata']['name']}{since}: {words}")


def find_newest_message(events: t.Iterable[Json]) -> str:
    """Return the words of the newest of *events*, "" where there are none."""
    newest = max(events, key=time_of, default=None)
    return str(newest.get("message") or "") if newest else ""


def time_of(event: Json) -> str:
    """When an event was last seen, as RFC 3339 in UTC; series of events.k8s.io included."""
    series = (event.get("series") or {}).get("lastObservedTime")
    return str(series or event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])


def group_causes(causes: t.Iterable[Cause]) -> tuple[Cause, ...]:
    """Fold the causes of the same kind and workload into one over all of its pods; the one with most exits speaks."""
    groups: dict[tuple[str, str], list[Cause]] = {}
    for cause in causes:
        groups.setdefault((cause.workload, cause.kind), []).append(cause)
    return tuple(_fold(group) for group in groups.values())


def _fold(group: t.Sequence[Cause]) -> Cause:
    first = max(group, key=lambda cause: cause.exits)
    rest = (pod for cause in group for pod in cause.pods if pod not in first.pods)
    return first._replace(pods=(*first.pods, *sorted(rest)))
