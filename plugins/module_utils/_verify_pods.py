# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Checks of the pods and what they lean on: volumes, endpoints, disruption budgets. Pure. PRIVATE."""

from __future__ import annotations

import datetime
import typing as t

from ._dependency_order import read_order
from ._image_name import find_different, is_rewritten
from ._readiness import find_lag
from ._topology import TOOL
from ._verify_outcome import FAILED, Outcome, judge, show
from ._verify_scene import selects

if t.TYPE_CHECKING:
    from ._live import LiveWorkload
    from ._verify_scene import Budget, Pod, Scene

_EPOCH = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
_BOUND = "Bound"
_SETTLING = datetime.timedelta(seconds=30)  # after all that a process depends on is ready, it may still exit once


def check_pods(scene: Scene) -> Outcome:
    """Every pod is ready and of the latest revision, none is ending, and none was restarted just now."""
    live = [scene.found.live[part.key] for part in scene.topology.workloads if part.key in scene.found.live]
    late = [words for workload in live for words in _find_late(workload, scene.pods_of(workload.key))]
    problems = [*late, *_find_restarts(scene)]
    window = f", none restarted in the last {scene.restart_window:g} s" if scene.restart_window else ""
    evidence = f"{sum(pod.is_ready for pod in scene.pods)} pods of {len(live)} workloads are ready{window}"
    remedy = "Read the events and logs of what is named; milvus_install and milvus_scale wait until all is ready."
    return judge(problems, evidence, remedy=remedy)


def _find_late(workload: LiveWorkload, pods: t.Sequence[Pod]) -> t.Iterator[str]:
    lag, ending = find_lag(workload.counts), [pod for pod in pods if pod.is_ending]
    troubled = next((pod for pod in pods if pod.trouble), None)
    if troubled is not None:
        yield f"{show(workload.key)}: {lag or 'not ready'} (pod {troubled.name}: {troubled.trouble})"
    elif lag:
        named = f" (pod {ending[0].name} is terminating{_more(len(ending) - 1)})" if ending else ""
        yield f"{show(workload.key)}: {lag}{named}"
    elif ending:
        yield f"{show(workload.key)}: pod {ending[0].name} is terminating" + _more(len(ending) - 1)
    elif sum(pod.is_ready for pod in pods) != workload.counts.desired:
        yield f"{show(workload.key)}: {sum(pod.is_ready for pod in pods)} of {workload.counts.desired} pods are ready"


def _more(number: int) -> str:
    return f", and {number} more" if number > 0 else ""


def _find_restarts(scene: Scene) -> t.Iterator[str]:
    """Yield the exits that are no part of a start: Milvus exits until all that it depends on is ready."""
    order, now = read_order(scene.topology), scene.found.time
    for pod in scene.pods:
        awaited = [other.ready_since for key in order.get(pod.workload, ()) for other in scene.pods_of(key)]
        settled = max(filter(None, awaited), default=_EPOCH) + _SETTLING
        for one in pod.exits:
            age = (now - one.time).total_seconds()
            if age < scene.restart_window and one.time > settled:
                yield f"pod {pod.name}: container {one.container} was restarted {max(age, 0):.0f} s ago ({one.words})"


def check_images(scene: Scene) -> Outcome:
    """Every pod runs the image that its workload says, every workload that of the release, and Milvus has one."""
    live, parts = scene.found.live, scene.topology.workloads
    problems = [
        f"{one.kind} {one.name} has image {one.live}, the release {one.released}"
        for one in scene.found.drift
        if one.field == "image"
    ]
    rewritten: list[str] = []
    for workload in (live[part.key] for part in parts if part.key in live):
        other = [pod for pod in scene.pods_of(workload.key) if pod.image != workload.image]
        wrong = [pod for pod in other if not is_rewritten(pod.image, workload.image)]
        if wrong:
            problems.append(f"pod {wrong[0].name} runs {wrong[0].image}, not {workload.image}{_more(len(wrong) - 1)}")
        rewritten += (pod.image for pod in other if is_rewritten(pod.image, workload.image))
    milvus = [part.workload for part in scene.topology.components if part.type.role != TOOL]
    images = find_different(live[part.key].image for part in milvus if part.key in live)
    if len(images) > 1:
        problems.append(f"the workloads of Milvus have {len(images)} images: {', '.join(images)}")
    remedy = "Bring the image of the release back, or put the new one into its values, by milvus_install."
    evidence = f"Milvus is {', '.join(images) or 'not there'}"
    if rewritten:
        number = f"{len(rewritten)} of {len(scene.pods)} pods"
        evidence += f"; the cluster has rewritten the image's name for {number}, as to {min(rewritten)}"
    return judge(problems, evidence, remedy=remedy)


def check_volumes(scene: Scene) -> Outcome:
    """Every claim of the release is bound."""
    problems = [
        f"PersistentVolumeClaim {name} {'is ' + phase if phase else 'does not exist'}"
        for name, phase in sorted(scene.claims.items())
        if phase != _BOUND
    ]
    evidence = f"all {len(scene.claims)} claims are bound" if scene.claims else "the release has no claims"
    return judge(problems, evidence, remedy="Look at the events of the claim, and at its StorageClass.")


def check_endpoints(scene: Scene) -> Outcome:
    """The Service that clients use has an endpoint that is ready for each proxy."""
    service = scene.topology.service
    remedy = "Look at the readiness of the proxies, and at the selector of the Service."
    if not service:
        return Outcome(FAILED, "the release has no Service for its proxies", remedy="See the values below service.")
    if scene.ready_endpoints is None:
        bring = "Bring it back by milvus_install."
        return Outcome(FAILED, f"Service {service} does not exist", remedy=bring)
    serving = [part.workload.key for part in scene.topology.components if part.type.key in ("proxy", "standalone")]
    wanted = sum(scene.found.live[key].counts.desired for key in serving if key in scene.found.live)
    number = len(scene.ready_endpoints)
    words = f"ready endpoints of Service {service}: {number}, proxies: {wanted}"
    return judge([words] if number != wanted or not wanted else [], words, remedy=remedy)


def check_disruption_budgets(scene: Scene) -> Outcome:
    """Every disruption budget leaves room for at least one pod, and no pod has two of them."""
    own = [one for one in scene.budgets if any(selects(one.selector, pod.labels) for pod in scene.pods)]
    problems = [words for one in own for words in _find_tight(one)]
    for pod in scene.pods:
        names = [one.name for one in own if selects(one.selector, pod.labels)]
        if len(names) > 1:  # the eviction API refuses such a pod
            problems.append(
                f"pod {pod.name} has {len(names)} budgets, so that it cannot be evicted: {', '.join(names)}"
            )
    shown = (f"{one.name} allows {one.allowed} of {one.expected}" for one in own)
    remedy = "Until then no node with such a pod can be drained: lower minAvailable, or add pods."
    return judge(problems, ", ".join(shown) or "no budget is for its pods", remedy=remedy)


def _find_tight(one: Budget) -> t.Iterator[str]:
    if one.needed >= one.expected > 0:
        yield f"{one.name} wants {one.needed} of {one.expected} pods to stay"
    elif not one.allowed:
        yield f"{one.name} allows no disruption: {one.healthy} pods are healthy, {one.needed} have to be"
