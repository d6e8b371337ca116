# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a release cannot do of what a task of milvus_scale asks for, and what to do instead. Pure. PRIVATE."""

from __future__ import annotations

import re
import typing as t

from ._chart_lines import describe
from ._draft import Blocker, describe_chart, describe_release
from ._topology import OPERATOR, STANDALONE, WORKER_TYPES, dig

if t.TYPE_CHECKING:
    from ._chart_lines import Capabilities
    from ._live import Autoscaler
    from ._observe import Observation
    from ._release import Chart, Release
    from ._scale_request import Request, Scaler
    from ._topology import ComponentType

_NO_CHART = re.compile(
    r'^chart ".*" (version ".*" )?(matching .*)?not found|no chart version found|:\d.*: not found', re.I
)
_INSTALL = "by milvus_install"
EDIT_REMEDY = f"Put it into the release {_INSTALL}, or set the workload back yourself, for which kubectl will do."
_IMAGE_OUT = (
    f"Give all of Milvus that image {_INSTALL}, as image.all in its release_values, which replaces all pods; or "
    "give {} the release's image again by `kubectl set image`. Then scale."
)
_COUNT_OUT = f"Give the release that count {_INSTALL}, in its release_values, or set {{}} back by `kubectl scale`."
# What somebody has changed behind helm's back → how it is shown, and the ways out.
_CHANGED_BEHIND = {"image": ("image {}", _IMAGE_OUT), "replicas": ("{} pods", _COUNT_OUT)}
_SWITCHES = {"streaming_node": "streaming.enabled"}  # of the others it is <values key>.enabled


def find_refusals(request: Request, found: Observation, *, types: t.Collection[str]) -> t.Iterator[Blocker]:
    """Yield what speaks against the request; *types* are the worker types that the release has."""
    release = find_release_refusal(found)
    if release is not None:
        yield release
        return
    running, topology = found.running, found.topology
    if running is None or topology is None:
        return
    capabilities = describe(running)
    for worker in (worker for worker in WORKER_TYPES if worker.key in request.types):
        action = f"Scaling {worker.key}{_show_count(request, worker)}"
        deployments = [part.workload.name for part in topology.components if part.type is worker]
        autoscaler = next((found.autoscalers[name] for name in deployments if name in found.autoscalers), None)
        if worker.key not in types:
            reason, remedy = _explain_absence(worker, capabilities)
        elif worker.key in request.autoscaling:
            scaler, is_grouped = request.autoscaling[worker.key], len(deployments) > 1
            reason, remedy = _judge_scaler(
                worker, scaler, running=running, autoscaler=autoscaler, is_grouped=is_grouped
            )
            if not reason and autoscaler is not None and worker.key in request.counts:
                reason, remedy = _judge_way_out(worker, request, found=found, deployments=deployments)
        else:
            reason, remedy = _name_owner(worker, autoscaler)
        if reason:
            yield Blocker(action, reason, remedy)


def _show_count(request: Request, worker: ComponentType) -> str:
    return f" to {request.counts[worker.key]}" if worker.key in request.counts else ""


def find_release_refusal(found: Observation) -> Blocker | None:
    """Say why the whole release cannot be scaled, None if it can."""
    action = f"Scaling {describe_release(found)}"
    if found.operator_managed:
        remedy = "Set the counts in spec.components of its Milvus resource."
        return Blocker(action, f"a Milvus of that name is there, managed by {OPERATOR}", remedy)
    if found.running is None or found.topology is None:
        return Blocker(action, "there is no such release", f"Install it {_INSTALL}, or correct release_name.")
    if found.topology.mode == STANDALONE:
        reason = "it is a standalone Milvus, one pod that cannot be multiplied"
        return Blocker(action, reason, "Install a cluster as a release of its own, and move the data to it.")
    if found.topology.mode == "none":
        reason = f"it is of chart {describe_chart(found.running.chart)}, which has no Milvus workload"
        return Blocker(action, reason, "Choose another release_name or namespace.")
    return None


def _explain_absence(worker: ComponentType, capabilities: Capabilities) -> tuple[str, str]:
    missing = capabilities.missing.get(worker.key)
    if missing:
        return f"chart {capabilities.chart_line} (Milvus {capabilities.milvus_line}) has none", missing
    switch = _SWITCHES.get(worker.key, f"{worker.values_key}.enabled")
    return "the release has none", f"Switch it on {_INSTALL}, with {switch}: true in its release_values."


def _name_owner(worker: ComponentType, autoscaler: Autoscaler | None) -> tuple[str, str]:
    if autoscaler is None:
        return "", ""
    bounds = f"{autoscaler.minimum} to {autoscaler.maximum}"
    reason = f"HorizontalPodAutoscaler {autoscaler.name} owns the count ({bounds})"
    return reason, f"Set autoscaling.{worker.key} or remove the HPA."


def _judge_scaler(
    worker: ComponentType, scaler: Scaler, *, running: Release, autoscaler: Autoscaler | None, is_grouped: bool
) -> tuple[str, str]:
    hpa = {**dig(running.chart.defaults, worker.values_key, "hpa"), **dig(running.values, worker.values_key, "hpa")}
    is_on, settings = hpa.get("enabled") is True, {**hpa, **scaler.settings}
    unknown = sorted(scaler.settings.keys() - hpa.keys())
    if autoscaler is not None and not is_on:
        reason, _remedy = _name_owner(worker, autoscaler)
        return f"{reason}, and it is none of the chart's", "Change or remove that one."
    if not scaler.enabled and not is_on:
        return "", ""
    if not hpa or worker.key not in describe(running).autoscaling:
        reason = f"chart {running.chart.version} has no autoscaler for it"
        return reason, f"Leave autoscaling.{worker.key} out; charts 4.2.42 and later have some."
    if is_grouped and scaler.enabled:
        reason = "it has resource groups, and the chart's autoscaler aims at a Deployment without"
        return (
            reason,
            f"Leave autoscaling.{worker.key} out, and set replicas.{worker.key}, which counts for each group.",
        )
    if unknown:
        return f"the chart's autoscaler of it has no {', '.join(unknown)}", "Leave that setting out."
    low, high = settings.get("minReplicas") or 1, settings.get("maxReplicas") or 1
    if low > high:
        return f"min_replicas ({low}) is more than max_replicas ({high})", "Set both."
    return "", ""


def _judge_way_out(
    worker: ComponentType, request: Request, *, found: Observation, deployments: t.Iterable[str]
) -> tuple[str, str]:
    """Refuse to stop pods in steps while an autoscaler that is about to go still starts them again."""
    live = max((one.counts.desired for one in found.live.values() if one.name in deployments), default=0)
    if request.counts[worker.key] >= live:
        return "", ""
    reason = f"its autoscaler keeps {live} pods until it is gone"
    return reason, f"Leave replicas.{worker.key} out now, and scale in by a task of its own."


def find_chart_remedy(words: str, chart: Chart) -> str:
    """Return the next step where helm's *words* say that the chart of the release cannot be had, "" elsewhere."""
    if not _NO_CHART.search(words):
        return ""
    return (
        f"The release runs {describe_chart(chart)}, and a scale does not change that. Set chart_ref to its folder or "
        "archive, or chart_repo_url to a repository that has it, or move the release by milvus_install first."
    )


def refuse_drift(found: Observation, workers: t.Iterable[str]) -> t.Iterator[Blocker]:
    """Yield what helm would take back besides the counts of the *workers*, if it were run."""
    own = frozenset(workers)
    for drift in found.drift:
        key = f"{drift.kind}/{drift.name}"
        if drift.field == "image" or (drift.field == "replicas" and key not in own):
            shape, remedy = _CHANGED_BEHIND[drift.field]
            live, released = shape.format(drift.live), shape.format(drift.released)
            fate = "helm would set it back, or with server-side apply stop at it half-way"
            reason = f"{key} has {live}, the release {released}, and {fate}"
            yield Blocker(f"Scaling {describe_release(found)}", reason, remedy.format(key))
