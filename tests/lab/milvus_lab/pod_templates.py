# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a kubelet writes about a pod, as Go templates for kwok: status, events, and which log its container has.

A template is about the pod's first container, the one that has faults; the others run once it was started.
"""

from __future__ import annotations

import hashlib
import textwrap
from pathlib import Path

from . import faults
from .faults import Event
from .kwok import Document

PRELUDE = (
    """\
{{ $now := Now }}
{{ $container := index .spec.containers 0 }}
{{ $image := $container.image }}
{{ $repository := index (splitList ":" $image) 0 }}
{{ $annotations := or .metadata.annotations dict }}
{{ $was := dict }}{{ with .status.containerStatuses }}{{ $was = index . 0 }}{{ end }}
{{ $restarts := int (toString (or $was.restartCount 0)) }}
{{ $attempts := int (or (index $annotations "ATTEMPTS") "0") }}
{{ $startedAt := or (dig "state" "running" "startedAt" "" $was) $now }}
"""
).replace("ATTEMPTS", faults.ATTEMPTS)

_PLACEHOLDERS = {
    "image": '" $image "',
    "repository": '" $repository "',
    "container": '" $container.name "',
    "pod": '" $.metadata.name "_" $.metadata.namespace "(" $.metadata.uid ")',
}
_LAST_STATE = "{{ with $was.lastState }}\nlastState: {{ . | toJson }}\n{{ end }}"
_LAST_EXIT = "lastState: {terminated: {{ $was.state.terminated | toJson }}}"
_UNREADY = ', reason: ContainersNotReady, message: "containers with unready status: [{{ $container.name }}]"'
_NOT_INITIALIZED = ", reason: ContainersNotInitialized"
_COMPLETED = ", reason: PodCompleted"


def _text(message: str) -> str:
    """A template that prints ``message`` quoted, its placeholders filled in."""
    pieces = message.replace("\\", "\\\\").replace('"', '\\"') % _PLACEHOLDERS
    return f'{{{{ print "{pieces}" | Quote }}}}'


def _condition(kind: str, status: str, *, more: str = "", flips: str = "true") -> str:
    """One condition; its transition time changes where the template condition ``flips`` holds."""
    time = f"{{{{ if {flips} }}}}, lastTransitionTime: {{{{ $now | Quote }}}}{{{{ end }}}}"
    return f'- {{type: {kind}, status: "{status}"{time}{more}}}\n'


def _not_ready(*, more: str = _UNREADY, flips: str = "$was.ready") -> str:
    both = (_condition(kind, "False", more=more, flips=flips) for kind in ("Ready", "ContainersReady"))
    return "conditions:\n" + "".join(both)


def _containers(
    first: str, *, others: str = "ready: true\nstarted: true\nstate: {running: {startedAt: {{ $now | Quote }}}}"
) -> str:
    """``containerStatuses`` with the fields ``first`` for the first container."""
    return (
        "containerStatuses:\n"
        "{{ range $index, $item := .spec.containers }}\n"
        "- name: {{ $item.name | Quote }}\n"
        "  image: {{ $item.image | Quote }}\n"
        '  imageID: {{ printf "sim://%s" $item.image | Quote }}\n'
        "{{ if eq $index 0 }}\n"
        f"{textwrap.indent(first, '  ')}\n"
        "{{ else }}\n"
        "  restartCount: 0\n"
        f"{textwrap.indent(others, '  ')}\n"
        "{{ end }}\n"
        "{{ end }}\n"
    )


def _init_containers(state: str, *, ready: str) -> str:
    return (
        "{{ with .spec.initContainers }}\n"
        "initContainerStatuses:\n"
        "{{ range . }}\n"
        "- name: {{ .name | Quote }}\n"
        "  image: {{ .image | Quote }}\n"
        '  imageID: {{ printf "sim://%s" .image | Quote }}\n'
        f"  ready: {ready}\n"
        "  restartCount: 0\n"
        f"  state: {state}\n"
        "{{ end }}\n"
        "{{ end }}\n"
    )


def created() -> str:
    """The kubelet has taken the pod: no container yet."""
    waiting = "ready: false\nstarted: false\nstate: {waiting: {reason: {{ $reason }}}}"
    return (
        '{{ $initialized := "True" }}{{ $reason := "ContainerCreating" }}\n'
        '{{ if .spec.initContainers }}{{ $initialized = "False" }}{{ $reason = "PodInitializing" }}{{ end }}\n'
        "phase: Pending\n"
        "startTime: {{ $now | Quote }}\n"
        "hostIP: {{ NodeIPWith .spec.nodeName | Quote }}\n"
        "podIP: {{ PodIPWith .spec.nodeName (or .spec.hostNetwork false) .metadata.uid .metadata.name"
        " .metadata.namespace | Quote }}\n"
        + _not_ready(flips="true")
        + _condition(
            "Initialized", "{{ $initialized }}", more="{{ if .spec.initContainers }}" + _NOT_INITIALIZED + "{{ end }}"
        )
        + _init_containers("{waiting: {reason: PodInitializing}}", ready="false")
        + _containers(f"restartCount: 0\n{waiting}", others=waiting)
    )


def started(*, restarts: str = "{{ $restarts }}") -> str:
    """The container runs and is not ready."""
    done = (
        "{terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}"
    )
    return (
        "phase: Running\n"
        + _not_ready()
        + _condition("Initialized", "True", flips="$.spec.initContainers")
        + _init_containers(done, ready="true")
        + _containers(
            f"ready: false\nstarted: true\nrestartCount: {restarts}\n{_LAST_STATE}\n"
            "state: {running: {startedAt: {{ $now | Quote }}}}"
        )
    )


def running(*, ready: bool) -> str:
    """The running container becomes ready, or stops being ready."""
    first = (
        f"ready: {str(ready).lower()}\nstarted: true\nrestartCount: {{{{ $restarts }}}}\n{_LAST_STATE}\n"
        "state: {running: {startedAt: {{ $startedAt | Quote }}}}"
    )
    both = "".join(
        _condition(kind, "True", more=", reason: null, message: null") for kind in ("Ready", "ContainersReady")
    )
    return ("conditions:\n" + both if ready else _not_ready()) + _containers(first)


def waiting(reason: str, message: str, *, after_exit: bool = False) -> str:
    """The container waits; ``after_exit``: for its next start, and what it was becomes the last state."""
    first = (
        f"ready: false\nstarted: false\nrestartCount: {{{{ $restarts }}}}\n"
        f"{_LAST_EXIT if after_exit else _LAST_STATE}\n"
        f"state: {{waiting: {{reason: {reason}, message: {_text(message)}}}}}"
    )
    return _not_ready() + _containers(first)


def not_started(message: str, *, restarts: str) -> str:
    """The container was created, but its program could not be started."""
    first = (
        f"ready: false\nstarted: false\nrestartCount: {restarts}\n"
        f"lastState: {{terminated: {{exitCode: 128, reason: StartError, message: {_text(message)},"
        ' startedAt: "1970-01-01T00:00:00Z", finishedAt: {{ $now | Quote }}}}\n'
        f"state: {{waiting: {{reason: RunContainerError, message: {_text(message)}}}}}"
    )
    return _not_ready() + _containers(first)


def exited(reason: str, exit_code: str, *, phase: str) -> str:
    """The container has ended; with the phase Succeeded or Failed the pod has, too."""
    first = (
        f"ready: false\nstarted: false\nrestartCount: {{{{ $restarts }}}}\n{_LAST_STATE}\n"
        f"state: {{terminated: {{exitCode: {exit_code}, reason: {reason}, startedAt: {{{{ $startedAt | Quote }}}},"
        " finishedAt: {{ $now | Quote }}}}"
    )
    more = _COMPLETED if phase == "Succeeded" else _UNREADY
    return f"phase: {phase}\n" + _not_ready(more=more) + _containers(first)


def exit_code(default: int) -> str:
    """The exit code that the annotation asks for, or ``default``."""
    return f'{{{{ or (index $annotations "{faults.EXIT_CODE}") "{default}" }}}}'


def annotate(key: str, value: str) -> Document:
    """The step that sets an annotation."""
    return {"patch": {"root": "metadata", "template": f'{PRELUDE}annotations: {{"{key}": "{value}"}}'}}


def event(written: Event, *, count: str) -> Document:
    """The step that writes an event, or counts up the one that says the same of the same pod, as a kubelet does."""
    field_path = '\n  fieldPath: {{ printf "spec.containers{%s}" $container.name | Quote }}'
    digest = hashlib.sha256(f"{written.reason} {written.message}".encode()).hexdigest()[:8]
    template = f"""{PRELUDE}
apiVersion: v1
kind: Event
metadata:
  name: {{{{ printf "%s.%s-{digest}" .metadata.name (trunc 8 .metadata.uid) | Quote }}}}
  namespace: {{{{ .metadata.namespace | Quote }}}}
involvedObject:
  apiVersion: v1
  kind: Pod
  name: {{{{ .metadata.name | Quote }}}}
  namespace: {{{{ .metadata.namespace | Quote }}}}
  uid: {{{{ .metadata.uid | Quote }}}}{field_path if written.on_container else ""}
type: {written.type}
reason: {written.reason}
message: {_text(written.message)}
count: {count}
firstTimestamp: {{{{ or .status.startTime .metadata.creationTimestamp | Quote }}}}
lastTimestamp: {{{{ $now | Quote }}}}
source: {{component: kubelet, host: {{{{ .spec.nodeName | Quote }}}}}}
reportingComponent: kubelet
reportingInstance: {{{{ .spec.nodeName | Quote }}}}
"""
    return {"apply": {"type": "merge", "template": template}}


def log(pod_logs: Path, name: str, *, has_previous: str) -> Document:
    """The step that gives the container a log and, where the template condition holds, one of the container before."""
    template = f"""{PRELUDE}
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Logs
metadata:
  name: {{{{ .metadata.name | Quote }}}}
  namespace: {{{{ .metadata.namespace | Quote }}}}
  ownerReferences:
  - {{apiVersion: v1, kind: Pod, name: {{{{ .metadata.name | Quote }}}}, uid: {{{{ .metadata.uid | Quote }}}}}}
spec:
  logs:
  - logsFile: {pod_logs}/{name}.log
    {{{{ if {has_previous} }}}}
    previousLogsFile: {pod_logs}/{{{{ index $annotations "{faults.FAULT}" }}}}.log
    {{{{ end }}}}
"""
    return {"apply": {"type": "merge", "template": template}}
