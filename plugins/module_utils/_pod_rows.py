# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The pods of a release as `kubectl get pods` prints them: a fortieth of their size. Pure. PRIVATE."""

from __future__ import annotations

import typing as t

TERMINATING = "Terminating"
# A generated name keeps this much of its prefix, before five random characters.
_GENERATED = 58

# What kinds of states there are, by the words of `kubectl get pods`.
PENDING = "pending"  # not on a node, or not yet taken by the kubelet
STARTING = "starting"  # waits for volumes, images, init containers
STUCK = "stuck"  # a container cannot be created
EXITED = "exited"  # a container has ended, or was restarted and is not ready again
UNREADY = "unready"  # runs and is not ready
READY = "ready"
COMPLETE = "complete"  # is over: of a Job, or left behind after its node has ended it
ENDING = "ending"
UNSETTLED = (PENDING, STARTING, STUCK, UNREADY, ENDING)
_STATES = {
    "Pending": PENDING,
    "SchedulingGated": PENDING,
    "ContainerCreating": STARTING,
    "PodInitializing": STARTING,
    TERMINATING: ENDING,
    "Evicted": COMPLETE,
    "Terminated": COMPLETE,
    "NodeShutdown": COMPLETE,
    "NodeAffinity": COMPLETE,
    "OutOfcpu": COMPLETE,
    "OutOfmemory": COMPLETE,
    "OutOfpods": COMPLETE,
    "UnexpectedAdmissionError": COMPLETE,
}
_STUCK = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
    "CreateContainerConfigError",
    "CreateContainerError",
    "CreatePodSandboxError",
}


class PodRow(t.NamedTuple):
    """A pod: *status* in kubectl's words, *state* one of the kinds above."""

    name: str
    status: str
    state: str
    restarts: int

    @property
    def has_ended(self) -> bool:
        """Whether its container is not running because it has ended."""
        return self.state == EXITED and self.status != "Running"


def read_row(cells: t.Mapping[str, t.Any]) -> PodRow:
    """Read a row of the table of pods."""
    ready, _slash, wanted = str(cells["Ready"]).partition("/")
    restarts = int(str(cells["Restarts"]).split(" ", 1)[0])  # "3 (5m ago)"
    status = str(cells["Status"])
    return PodRow(cells["Name"], status, _find_state(status, restarts, is_ready=ready == wanted), restarts)


def _find_state(status: str, restarts: int, *, is_ready: bool) -> str:
    step = status.rpartition("Init:")[2]
    if status in _STATES:
        return _STATES[status]
    if step in _STUCK:
        return STUCK
    if step != status and step[:1].isdigit():  # Init:0/1
        return STARTING
    if status == "Running":
        return READY if is_ready else EXITED if restarts else UNREADY
    return COMPLETE if status == "Completed" and not restarts else EXITED


def read_pod(pod: t.Mapping[str, t.Any]) -> PodRow:
    """Make a row of a pod that was read in full, telling only whether it is ready, complete or ending."""
    metadata, status = pod["metadata"], pod.get("status") or {}
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions") or ())
    phase = status.get("phase") or "Unknown"
    state = ENDING if metadata.get("deletionTimestamp") else READY if ready else UNREADY
    restarts = sum(each.get("restartCount") or 0 for each in status.get("containerStatuses") or ())
    return PodRow(metadata["name"], phase, COMPLETE if phase == "Succeeded" else state, restarts)


def find_owner(pod: str, names: t.Mapping[str, str]) -> str:
    """Return the key of the workload a pod belongs to, "" for none. *names*: name → "<kind>/<name>"."""
    stem, _dash, last = pod.rpartition("-")
    key = names.get(stem, "")
    if key and (key.startswith("Job/") or last.isdigit()):
        return key
    key = names.get(stem.rpartition("-")[0], "")
    if key.startswith("Deployment/"):
        return key
    by_length = sorted((name for name in names if pod.startswith(f"{name}-"[:_GENERATED])), key=len, reverse=True)
    return next((names[name] for name in by_length if names[name].startswith("Deployment/")), "")


def is_current(pod: str, replica_set: str) -> bool:
    """Whether a pod of a Deployment is of its newest ReplicaSet."""
    return pod.startswith(f"{replica_set}-"[:_GENERATED])


def group_rows(rows: t.Iterable[PodRow], names: t.Mapping[str, str]) -> dict[str, list[PodRow]]:
    """Sort pods to their workloads: "<kind>/<name>" → pods. Those of others are left out."""
    groups: dict[str, list[PodRow]] = {key: [] for key in names.values()}
    for row in rows:
        owner = find_owner(row.name, names)
        if owner:
            groups[owner].append(row)
    return groups
