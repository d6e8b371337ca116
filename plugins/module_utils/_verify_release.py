# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Checks of what Helm and the controllers say: record, parts, counts, autoscalers. Pure. PRIVATE to this collection."""

from __future__ import annotations

import collections
import typing as t

from ._chart_lines import describe
from ._live import HELM
from ._lock import describe_lock
from ._release import find_lock
from ._topology import COORDINATOR, STANDALONE, WORKER
from ._verify_outcome import FAILED, Outcome, judge, show

if t.TYPE_CHECKING:
    from ._live import CountOwner
    from ._topology import Component
    from ._verify_scene import Scene

_MIX = "mix_coordinator"
# What Milvus has where no mix coordinator does it all. An index coordinator is needed before 2.3 only, where the chart
# has it anyway.
_SEPARATE = ("root_coordinator", "query_coordinator", "data_coordinator")


def check_release(scene: Scene) -> Outcome:
    """The newest revision is deployed, and no operation of Helm is going on."""
    found, newest = scene.found, scene.found.newest
    lock = find_lock(found.history.newest, found.time)
    if lock is not None:
        remedy = (
            "Wait until it has ended; if it was killed, the next milvus_install or milvus_scale repairs the release."
        )
        return Outcome(FAILED, describe_lock(lock), remedy=remedy)
    if newest is None or newest.status != "deployed":
        words = f"revision {newest.revision} is {newest.status} ({newest.description})" if newest else "no revision"
        return Outcome(FAILED, words, remedy="Run milvus_install or milvus_scale again, which repair the release.")
    chart = f"{newest.chart.name} {newest.chart.version}"
    return judge((), f"revision {newest.revision} is deployed, of chart {chart}", remedy="")


def check_components(scene: Scene) -> Outcome:
    """Every workload of the release's manifest is there, and each coordinator has a pod that is ready."""
    topology, live = scene.topology, scene.found.live
    missing = [f"{show(part.key)} does not exist" for part in topology.workloads if part.key not in live]
    idle = [
        f"no pod of {part.type.key} is ready ({show(part.workload.key)})"
        for part in topology.components
        if part.type.role in (COORDINATOR, STANDALONE)
        and part.workload.key in live
        and not live[part.workload.key].counts.ready
    ]
    problems = [*missing, *_find_lacking(scene), *idle]
    types = collections.Counter(part.type.key for part in topology.components)
    others = len(topology.workloads) - len(topology.components)
    evidence = f"{', '.join(types)}, and {others} workloads of dependencies"
    return judge(problems, evidence, remedy="Bring what is missing back by milvus_install, or look at its events.")


def _find_lacking(scene: Scene) -> list[str]:
    types = {part.type.key for part in scene.topology.components}
    if not types:
        return ["the release has no workload of Milvus"]
    if scene.topology.mode == STANDALONE or _MIX in types:
        return []
    return [f"the release has no {key}" for key in _SEPARATE if key not in types]


def check_counts(scene: Scene) -> Outcome:
    """Each type has the count that the task names, and what it does not name that of the release."""
    found, asked = scene.found, scene.asked
    workers = [part for part in scene.topology.components if part.type.role == WORKER]
    missing = asked.keys() - {part.type.key for part in workers}
    problems = [f"{key} is not in the release: {_explain_missing(scene, key)}" for key in sorted(missing)]
    problems += [words for part in workers if part.type.key in asked for words in _compare(scene, part)]
    named = {part.workload.name for part in workers if part.type.key in asked}
    problems += [
        f"{one.kind} {one.name} has {one.live} pods, set by {_show_owners(one.owners)}, the release {one.released}"
        for one in found.drift
        if one.field == "replicas" and one.name not in named
    ]
    counts = (
        f"{_title(part)} {found.live[part.workload.key].counts.desired}"
        + (" (asked for)" if part.type.key in asked else " (autoscaled)" if _is_autoscaled(scene, part) else "")
        for part in workers
        if part.workload.key in found.live
    )
    remedy = "Give the types their counts by milvus_scale; its option drift says what becomes of counts set by others."
    return judge(problems, ", ".join(counts) or "nothing has a count of its own", remedy=remedy)


def _compare(scene: Scene, part: Component) -> t.Iterator[str]:
    live, wanted = scene.found.live.get(part.workload.key), scene.asked[part.type.key]
    if live is not None and live.counts.desired != wanted:
        scaler = scene.found.autoscalers.get(part.workload.name)
        who = f"HorizontalPodAutoscaler {scaler.name}" if scaler else _show_owners(live.owners)
        yield f"{_title(part)} has {live.counts.desired} pods, set by {who}, and shall have {wanted}"


def _title(part: Component) -> str:
    return f"{part.type.key}{' of group ' + part.group if part.group else ''}"


def _is_autoscaled(scene: Scene, part: Component) -> bool:
    return part.workload.name in scene.found.autoscalers


def _explain_missing(scene: Scene, key: str) -> str:
    if scene.topology.mode == STANDALONE:
        return "a standalone Milvus has no workers"
    missing = describe(scene.found.running).missing if scene.found.running else {}
    return missing.get(key, "its chart can run it, and the values switch it off").rstrip(".")


def _show_owners(owners: t.Sequence[CountOwner]) -> str:
    others = [owner for owner in owners if owner.manager != HELM] or owners
    # The API server notes no time for the scale subresource.
    shown = [f"{owner.manager}{' at ' + owner.time if owner.time else ''}" for owner in others]
    return ", ".join(dict.fromkeys(shown)) or "nobody"


def check_autoscalers(scene: Scene) -> Outcome:
    """No count has two owners, and the autoscalers can do their work."""
    parts = {part.name: part for part in scene.topology.workloads if part.kind == "Deployment"}
    own = [scaler for scaler in scene.found.all_autoscalers if scaler.target in parts]
    problems = [
        f"{scaler.name} cannot scale {scaler.target} ({'; '.join(scaler.troubles)})"
        for scaler in own
        if scaler.troubles
    ]
    for target, number in collections.Counter(scaler.target for scaler in own).items():
        names = ", ".join(scaler.name for scaler in own if scaler.target == target)
        count = parts[target].replicas
        if number > 1:
            problems.append(f"{target} has {number} autoscalers: {names}")
        if count is not None:
            problems.append(f"{names} and the release, with {count}, both set the count of {target}")
    remedy = (
        "Let one of them set the count: milvus_scale hands it over by its option autoscaling. For one that cannot "
        "scale, see that the metrics of its pods are served, as by metrics-server."
    )
    shown = (f"{one.name} ({one.minimum} to {one.maximum})" for one in own)
    return judge(problems, ", ".join(shown) or "the release has no autoscaler", remedy=remedy)
