# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The faults of simulated pods: what an annotation asks for and what a kubelet would show for it.

The texts are those of a kubelet 1.37 with containerd 2.4. In them ``%(image)s``, ``%(repository)s``,
``%(container)s`` and ``%(pod)s`` stand for the container's image, the image without its tag, the container's name and
``name_namespace(uid)``, as the kubelet writes a pod.
"""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "sim.milvus.cluster/"

FAULT = PREFIX + "fault"  # a name in FAULTS
FAULTS_BEFORE_HEALING = PREFIX + "faults"  # how often it strikes; without it, for ever
EXIT_CODE = PREFIX + "exit-code"  # of crash-loop
START_AFTER = PREFIX + "start-after"  # durations such as 300ms or 5s
READY_AFTER = PREFIX + "ready-after"
COMPLETE_AFTER = PREFIX + "complete-after"  # pods of Jobs
CRASH_AFTER = PREFIX + "crash-after"
BACK_OFF = PREFIX + "back-off"
TERMINATE_AFTER = PREFIX + "terminate-after"  # whole seconds such as 20s; the grace period is the limit
PROVISION_AFTER = PREFIX + "provision-after"  # on claims
ATTEMPTS = PREFIX + "attempts"  # written by the simulator
STOPPING = PREFIX + "stopping"  # written by the simulator

WARNING, NORMAL = "Warning", "Normal"


@dataclass(frozen=True)
class Event:
    """An event that the kubelet would write; ``on_container`` tells whether it is about the container."""

    type: str
    reason: str
    message: str
    on_container: bool = True


@dataclass(frozen=True)
class Waiting:
    """A fault that keeps the container from running: the waiting reason with its message, and events at each try."""

    reason: str
    message: str
    events: tuple[Event, ...]
    retry_reason: str = ""
    retry_message: str = ""
    retry_events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Exit:
    """A fault that ends the running container: terminated reason and exit code."""

    reason: str
    exit_code: int
    may_choose_exit_code: bool = False


_BACK_OFF_MESSAGE = 'Back-off pulling image "%(image)s"'


def _pull(cause: str, *, status: str = "") -> Waiting:
    message = f'{status}failed to pull and unpack image "%(image)s": failed to resolve image: {cause}'
    return Waiting(
        reason="ErrImagePull",
        message=message,
        events=(
            Event(NORMAL, "Pulling", 'Pulling image "%(image)s"'),
            Event(WARNING, "Failed", f'Failed to pull image "%(image)s": {message}'),
            Event(WARNING, "Failed", "Error: ErrImagePull"),
        ),
        retry_reason="ImagePullBackOff",
        retry_message=f"{_BACK_OFF_MESSAGE}: ErrImagePull: {message}",
        retry_events=(
            Event(NORMAL, "BackOff", _BACK_OFF_MESSAGE),
            Event(WARNING, "Failed", "Error: ImagePullBackOff"),
        ),
    )


def _refused(reason: str, message: str, *, events: tuple[Event, ...]) -> Waiting:
    return Waiting(reason=reason, message=message, events=events)


_REQUEST = 'failed to do request: Head "https://registry.invalid/v2/%(repository)s/manifests/latest"'
_INVALID_NAME = (
    'Failed to apply default image tag "%(image)s": couldn\'t parse image name "%(image)s": '
    "invalid reference format: repository name (%(repository)s) must be lowercase"
)
_NEVER_PULL = 'Container image "%(image)s" is not present with pull policy of Never'
_MISSING_CONFIG = 'configmap "missing" not found'
_PULLED = Event(
    NORMAL, "Pulled", 'Container image "%(image)s" already present on machine and can be accessed by the pod'
)
START_ERROR_MESSAGE = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
    "runc create failed: unable to start container process: error during container init: "
    'exec: "missing": executable file not found in $PATH'
)

WAITING_FAULTS: dict[str, Waiting] = {
    "image-not-found": _pull("%(image)s: not found", status="rpc error: code = NotFound desc = "),
    "image-unauthorized": _pull(
        "pull access denied, repository does not exist or may require authorization: "
        "server message: insufficient_scope: authorization failed"
    ),
    "image-unreachable": _pull(f"{_REQUEST}: dial tcp: lookup registry.invalid: no such host"),
    "image-timeout": _pull(f"{_REQUEST}: dial tcp: lookup registry.invalid: i/o timeout"),
    "invalid-image-name": _refused(
        "InvalidImageName",
        _INVALID_NAME,
        events=(Event(WARNING, "InspectFailed", _INVALID_NAME), Event(WARNING, "Failed", "Error: InvalidImageName")),
    ),
    "image-never-pull": _refused(
        "ErrImageNeverPull",
        _NEVER_PULL,
        events=(
            Event(WARNING, "ErrImageNeverPull", _NEVER_PULL),
            Event(WARNING, "Failed", "Error: ErrImageNeverPull"),
        ),
    ),
    "config-error": _refused(
        "CreateContainerConfigError",
        _MISSING_CONFIG,
        events=(_PULLED, Event(WARNING, "Failed", f"Error: {_MISSING_CONFIG}")),
    ),
    "mount-error": _refused(
        "ContainerCreating",
        "",
        events=(
            Event(
                WARNING,
                "FailedMount",
                'MountVolume.SetUp failed for volume "missing" : secret "missing" not found',
                on_container=False,
            ),
        ),
    ),
}

EXIT_FAULTS: dict[str, Exit] = {
    "crash-loop": Exit("Error", 1, may_choose_exit_code=True),
    "oom-killed": Exit("OOMKilled", 137),
}

START_ERROR, NEVER_READY = "start-error", "never-ready"
UNHEALTHY = Event(WARNING, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
BACK_OFF_EVENT = Event(WARNING, "BackOff", "Back-off restarting failed container %(container)s in pod %(pod)s")
START_EVENTS = (_PULLED, Event(NORMAL, "Created", "Container created"), Event(NORMAL, "Started", "Container started"))
START_ERROR_EVENTS = (
    _PULLED,
    Event(NORMAL, "Created", "Container created"),
    Event(WARNING, "Failed", f"Error: {START_ERROR_MESSAGE}"),
)
KILLING = Event(NORMAL, "Killing", "Stopping container %(container)s")

FAULTS = (*WAITING_FAULTS, *EXIT_FAULTS, START_ERROR, NEVER_READY)
