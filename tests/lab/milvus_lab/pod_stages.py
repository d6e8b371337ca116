# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of a simulated pod, as one table: which stage follows which state.

A state is what the pod's first container shows: ``none``, a waiting reason, ``running`` (not ready), ``ready`` or
``terminated``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from . import faults, pod_templates
from .faults import EXIT_FAULTS, START_ERROR, WAITING_FAULTS, Event, Exit, Waiting
from .kwok import (
    Document,
    absent,
    annotation,
    delay_from_annotation,
    delay_of,
    none_of,
    one_of,
    patch_status,
    present,
    stage,
)

STATE = (
    '.status.containerStatuses[0] | if . == null then "none" '
    "elif .state.waiting then .state.waiting.reason "
    'elif .state.terminated then "terminated" '
    'elif .ready then "ready" else "running" end'
)
_STRUCK = f'(({annotation(faults.ATTEMPTS)} // "0") | tonumber) + (.status.containerStatuses[0].restartCount // 0)'
ACTIVE_FAULT = (
    f'if ({_STRUCK}) < (({annotation(faults.FAULTS_BEFORE_HEALING)} // "1000000000") | tonumber) '
    f'then ({annotation(faults.FAULT)} // "none") else "none" end'
)
IS_JOB = '[.metadata.ownerReferences[]? | select(.kind == "Job")] | length > 0'
RESTARTS = '.spec.restartPolicy != "Never"'

RUNNING_LOG = "running"
CREATION = ("ContainerCreating", "PodInitializing")
CRASH_LOOP_MESSAGE = "back-off 10s restarting failed container=%(container)s pod=%(pod)s"
BEFORE_START = (*WAITING_FAULTS, START_ERROR)


@dataclass(frozen=True)
class PodStage:
    """When the first container is in one of ``states`` and the fault fits, wait for ``delay`` and change the pod."""

    name: str
    states: tuple[str, ...]
    status: str = ""
    events: tuple[Event, ...] = ()
    faults: tuple[str, ...] = ()  # the active fault is one of these …
    but_faults: tuple[str, ...] = ()  # … or none of these
    when: tuple[tuple[str, bool], ...] = ()  # further jq conditions
    delay: str = "50ms"
    delay_from: str = ""  # an annotation that overrides the delay
    counts: bool = False  # another attempt, for faults that do not restart the container
    log: str = ""  # the container's log from now on …
    has_previous_log: str = "gt $restarts 0"  # … and whether there is one of a container before it

    def document(self, pod_logs: Path) -> Document:
        """The kwok stage; ``pod_logs`` is the folder of the logs."""
        conditions = [one_of(STATE, self.states), absent(".metadata.deletionTimestamp")]
        if self.faults:
            conditions.append(one_of(ACTIVE_FAULT, self.faults))
        if self.but_faults:
            conditions.append(none_of(ACTIVE_FAULT, self.but_faults))
        conditions += [one_of(expression, (json.dumps(value),)) for expression, value in self.when]
        delay = delay_from_annotation(self.delay_from, self.delay) if self.delay_from else delay_of(self.delay)
        return stage("Pod", self.name, when=conditions, steps=self._steps(pod_logs), delay=delay)

    def _steps(self, pod_logs: Path) -> list[Document]:
        """The status comes last: each change of the pod makes kwok choose anew, by the state it then has."""
        steps = [pod_templates.event(event, count="{{ add 1 $restarts $attempts }}") for event in self.events]
        if self.log:
            steps.append(pod_templates.log(pod_logs, self.log, has_previous=self.has_previous_log))
        if self.counts:
            steps.append(pod_templates.annotate(faults.ATTEMPTS, "{{ add 1 $attempts }}"))
        if self.status:
            steps.append(patch_status(pod_templates.PRELUDE + self.status))
        return steps


def pod_stages(pod_logs: Path) -> list[Document]:
    """The whole life of a pod; ``pod_logs`` holds ``running.log`` and one log per exit fault."""
    table = [*_LIFE, *_START_ERROR]
    for name, fault in WAITING_FAULTS.items():
        table += _pull_stages(name, fault) if fault.retry_reason else _refusal_stages(name, fault)
    for name, exit_fault in EXIT_FAULTS.items():
        table += _exit_stages(name, exit_fault)
    return [*(each.document(pod_logs) for each in table), *_deletion_stages()]


_LIFE = (
    PodStage("pod-create", ("none",), pod_templates.created()),
    PodStage(
        "pod-start",
        (*CREATION, *sorted({fault.retry_reason or fault.reason for fault in WAITING_FAULTS.values()} - {*CREATION})),
        pod_templates.started(),
        faults.START_EVENTS,
        but_faults=BEFORE_START,
        delay="300ms",
        delay_from=faults.START_AFTER,
        log=RUNNING_LOG,
        has_previous_log="false",
    ),
    PodStage(
        "pod-ready",
        ("running",),
        pod_templates.running(ready=True),
        but_faults=(*EXIT_FAULTS, faults.NEVER_READY),
        when=((IS_JOB, False),),
        delay="300ms",
        delay_from=faults.READY_AFTER,
    ),
    PodStage(
        "pod-complete",
        ("running",),
        pod_templates.exited("Completed", "0", phase="Succeeded"),
        but_faults=(*EXIT_FAULTS, faults.NEVER_READY),
        when=((IS_JOB, True),),
        delay="300ms",
        delay_from=faults.COMPLETE_AFTER,
    ),
    PodStage(
        "pod-unready",
        ("ready",),
        pod_templates.running(ready=False),
        (faults.UNHEALTHY,),
        faults=(faults.NEVER_READY,),
    ),
    PodStage(
        "pod-unhealthy", ("running",), "", (faults.UNHEALTHY,), faults=(faults.NEVER_READY,), delay="2s", counts=True
    ),
    PodStage(
        "pod-back-off",
        ("terminated",),
        pod_templates.waiting("CrashLoopBackOff", CRASH_LOOP_MESSAGE, after_exit=True),
        faults=tuple(EXIT_FAULTS),
        when=((RESTARTS, True),),
        delay="1s",
        delay_from=faults.BACK_OFF,
    ),
    PodStage(
        "pod-restart",
        ("CrashLoopBackOff",),
        pod_templates.started(restarts="{{ add 1 $restarts }}"),
        faults.START_EVENTS,
        but_faults=BEFORE_START,
        delay="500ms",
        log=RUNNING_LOG,
        has_previous_log="true",
    ),
)

_START_ERROR = (
    PodStage(
        "pod-start-error",
        CREATION,
        pod_templates.not_started(faults.START_ERROR_MESSAGE, restarts="{{ $restarts }}"),
        faults.START_ERROR_EVENTS,
        faults=(START_ERROR,),
        delay="300ms",
        counts=True,
    ),
    PodStage(
        "pod-start-error-back-off",
        ("RunContainerError",),
        pod_templates.waiting("CrashLoopBackOff", CRASH_LOOP_MESSAGE),
        (faults.BACK_OFF_EVENT,),
        delay="500ms",
    ),
    PodStage(
        "pod-start-error-again",
        ("CrashLoopBackOff",),
        pod_templates.not_started(faults.START_ERROR_MESSAGE, restarts="{{ add 1 $restarts }}"),
        faults.START_ERROR_EVENTS,
        faults=(START_ERROR,),
        delay="1s",
        delay_from=faults.BACK_OFF,
    ),
)


def _pull_stages(name: str, fault: Waiting) -> list[PodStage]:
    """The image cannot be pulled, the kubelet waits, and tries again."""
    failed = pod_templates.waiting(fault.reason, fault.message)
    waits = pod_templates.waiting(fault.retry_reason, fault.retry_message)
    only, back_off = (name,), faults.BACK_OFF
    return [
        PodStage(f"pod-{name}", CREATION, failed, fault.events, faults=only, delay="300ms"),
        PodStage(
            f"pod-{name}-back-off",
            (fault.reason,),
            waits,
            fault.retry_events,
            faults=only,
            delay="500ms",
            counts=True,
        ),
        PodStage(
            f"pod-{name}-again",
            (fault.retry_reason,),
            failed,
            fault.events,
            faults=only,
            delay="2s",
            delay_from=back_off,
        ),
    ]


def _refusal_stages(name: str, fault: Waiting) -> list[PodStage]:
    """The container cannot be created, and the kubelet says so again and again."""
    again = PodStage(
        f"pod-{name}-again",
        (fault.reason,),
        "",
        fault.events,
        faults=(name,),
        delay="2s",
        delay_from=faults.BACK_OFF,
        counts=True,
    )
    if fault.reason in CREATION:
        return [again]
    refused = pod_templates.waiting(fault.reason, fault.message)
    return [PodStage(f"pod-{name}", CREATION, refused, fault.events, faults=(name,), delay="300ms"), again]


def _exit_stages(name: str, fault: Exit) -> list[PodStage]:
    """The running container ends; by its restart policy the pod with it."""
    code = pod_templates.exit_code(fault.exit_code) if fault.may_choose_exit_code else str(fault.exit_code)
    return [
        PodStage(
            f"pod-{name}-{phase.lower()}",
            ("running", "ready"),
            pod_templates.exited(fault.reason, code, phase=phase),
            events,
            faults=(name,),
            when=((RESTARTS, restarts),),
            delay="300ms",
            delay_from=faults.CRASH_AFTER,
            log=name,
        )
        for phase, restarts, events in (("Running", True, (faults.BACK_OFF_EVENT,)), ("Failed", False, ()))
    ]


def _deletion_stages() -> list[Document]:
    """A deleted pod ends at once, or after ``terminate-after``, but not after its grace period."""
    deleted = present(".metadata.deletionTimestamp")
    slow, stopping = annotation(faults.TERMINATE_AFTER), annotation(faults.STOPPING)
    killing = pod_templates.event(faults.KILLING, count="1")
    ends_at = (
        ".metadata as $m | ($m.deletionGracePeriodSeconds // 0) as $grace "
        f'| ([$grace, ($m.annotations["{faults.TERMINATE_AFTER}"] | rtrimstr("s") | tonumber)] | min) as $takes '
        "| (($m.deletionTimestamp | fromdateiso8601) - $grace + $takes) | todateiso8601"
    )
    # The event comes last: a namespace that ends takes none, and kwok drops the rest of a stage that was refused.
    told = [pod_templates.annotate(faults.STOPPING, "true"), killing]
    gone: list[Document] = [{"delete": True}]
    stopped = [deleted, present(stopping)]
    return [
        stage("Pod", "pod-stop", when=[deleted, absent(stopping)], steps=told),
        stage("Pod", "pod-stopped", when=[*stopped, absent(slow)], steps=gone, delay=delay_of("100ms")),
        stage("Pod", "pod-stopped-slowly", when=[*stopped, present(slow)], steps=gone, delay=delay_of("30s", ends_at)),
    ]
