# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What became of a cluster, told by the results of its modules. Pure. PRIVATE to this collection.

Each result may be missing or be that of a failure; what none of them knows is left out.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.milvus.cluster.plugins.module_utils._topology import (
    COMPONENT_TYPES,
    COORDINATOR,
    STANDALONE,
    TOOL,
    WORKER,
    WORKER_TYPES,
)

Json = dict[str, t.Any]

# The stages of a run in their order, as results are named.
STAGES = ("install", "scale", "verify")
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
_VERIFY, _CHANGED = "verify", "changed"
_TYPES = {component.key: component for component in COMPONENT_TYPES}
_PROXY = "proxy"


class Part(t.NamedTuple):
    """What the cluster has of one kind, in all its workloads. *kind* is a worker type, a role, or "coordinator".

    *title* and *addition* are its name in two. *desired* and *ready* are None for what runs outside of the release or
    in Milvus itself, which *place* says then.
    """

    kind: str
    title: str
    addition: str
    desired: int | None = None
    ready: int | None = None
    place: str = ""

    @property
    def name(self) -> str:
        """The whole of its name."""
        return f"{self.title} {self.addition}".rstrip()

    @property
    def is_well(self) -> bool:
        """Whether all its pods are ready, as far as that is known."""
        return self.ready is None or self.ready == self.desired

    @property
    def words(self) -> str:
        """How many of its pods are ready."""
        return self.place or f"{self.ready} of {self.desired} ready"


class Worker(t.NamedTuple):
    """A worker type with its pods before and after, *before* None where nothing tells of it."""

    key: str
    title: str
    before: int | None
    after: int
    ready: int

    @property
    def is_moved(self) -> bool:
        """Whether it has another count than before."""
        return self.before is not None and self.before != self.after


class Spot(t.NamedTuple):
    """The pods of one kind on one node. *zone* is None where it is not known, *node* "" for pods that have none."""

    kind: str
    node: str
    zone: str | None
    pods: int
    ready: int


class Step(t.NamedTuple):
    """Something that was done; *waited* are the seconds at its end in which it waited."""

    title: str
    started: datetime.datetime
    ended: datetime.datetime
    waited: float
    outcome: str

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended - self.started).total_seconds()


class Story(t.NamedTuple):
    """All that the results tell. *tiers* go from the clients down; *failure* is a stage and its words, None without."""

    release: Json
    tiers: tuple[tuple[Part, ...], ...]
    ports: tuple[Json, ...]
    workers: tuple[Worker, ...]
    spots: tuple[Spot, ...]
    steps: tuple[Step, ...]
    checks: tuple[Json, ...]
    warnings: tuple[str, ...]
    changed: bool
    failure: tuple[str, str] | None

    @property
    def is_verified(self) -> bool:
        """Whether it was checked in the end, and no check has failed the run."""
        return bool(self.checks) and self.failure is None and not self.is_overtaken

    @property
    def is_overtaken(self) -> bool:
        """Whether something was changed after the checks: a play may fail before it comes to check once more."""
        begun = [step.started for step in self.steps if step.title == _VERIFY]
        return any(step.outcome == _CHANGED and step.ended > start for step in self.steps for start in begun)

    def count_checks(self, outcome: str) -> int:
        """Return how many checks came out like that."""
        return sum(one["outcome"] == outcome for one in self.checks)


def read_story(results: t.Mapping[str, t.Any]) -> Story:
    """Read the results of modules, or of roles, by the names of STAGES."""
    told = {stage: results.get(stage) or {} for stage in STAGES}
    components, dependencies = _find_last(told, "components"), _find_last(told, "dependencies")
    return Story(
        release=_find_release(told),
        tiers=tuple(filter(None, _read_tiers(components, dependencies))),
        ports=tuple(_find_last(told, "endpoints")),
        workers=tuple(_read_workers(told, components)),
        spots=tuple(map(_read_spot, _find_last(told, "placement"))),
        steps=tuple(_read_steps(told)),
        checks=tuple(told["verify"].get("checks") or ()),
        warnings=tuple(dict.fromkeys(str(text) for result in told.values() for text in result.get("warnings") or ())),
        changed=any(result.get("changed") for result in told.values()),
        failure=next(((stage, str(told[stage].get("msg"))) for stage in STAGES if told[stage].get("failed")), None),
    )


def _find_last(told: t.Mapping[str, Json], key: str) -> list[Json]:
    """Return the latest list of that name that has something in it."""
    return next((told[stage][key] for stage in reversed(STAGES) if told[stage].get(key)), [])


def _find_release(told: t.Mapping[str, Json]) -> Json:
    """Return the latest release of which more than the name is known."""
    found: list[Json] = [told[stage]["release"] for stage in STAGES if told[stage].get("release")]
    known = [release for release in found if release["status"] != "unknown"]
    return (known or found or [{}])[-1]


def _read_tiers(components: list[Json], dependencies: list[Json]) -> t.Iterator[tuple[Part, ...]]:
    parts = _sum_up(components)
    yield tuple(part for key, part in parts.items() if key == _PROXY or _TYPES[key].role == TOOL)
    yield tuple(part for key, part in parts.items() if _TYPES[key].role in (COORDINATOR, STANDALONE))
    yield tuple(part for key, part in parts.items() if key != _PROXY and _TYPES[key].role == WORKER)
    yield tuple(map(_read_dependency, dependencies))


def _sum_up(components: list[Json]) -> dict[str, Part]:
    """Fold the Deployments of each type, of which resource groups have one each."""
    parts = {}
    for key in dict.fromkeys(one["type"] for one in components):
        own = [one for one in components if one["type"] == key]
        title, _space, addition = _TYPES[key].title.partition(" ")
        groups = f" in {len(own)} groups" if len(own) > 1 else ""
        counts = (sum(one[name] for one in own) for name in ("desired", "ready"))
        parts[key] = Part(_find_kind(key), title, f"{addition}{groups}", *counts)
    return parts


def _find_kind(key: str) -> str:
    """Return what a type, or the role of a dependency, counts as where all are looked at together."""
    role = _TYPES[key].role if key in _TYPES else WORKER
    return key if role == WORKER else role


def _read_dependency(one: Json) -> Part:
    role, product, workloads = one["role"], one["product"], one["workloads"]
    addition = "" if role == product else role.replace("_", " ")
    if not workloads:
        return Part(role, product, addition, place="external" if one["external"] else "in Milvus itself")
    desired, ready = (sum(part[name] for part in workloads) for name in ("desired", "ready"))
    return Part(role, product, addition, desired, ready)


def _read_workers(told: t.Mapping[str, Json], components: list[Json]) -> t.Iterator[Worker]:
    counts = next((told[stage]["counts"] for stage in STAGES if told[stage].get("counts")), None)
    for worker in WORKER_TYPES:
        own = [one for one in components if one["type"] == worker.key]
        former = [row for row in counts or () if row["type"] == worker.key]
        if own:
            # What has come by a later stage was not there before.
            before = None if counts is None else sum(row["before"] or 0 for row in former)
            after, ready = (sum(one[name] for one in own) for name in ("desired", "ready"))
            yield Worker(worker.key, worker.title, before, after, ready)


def _read_spot(row: Json) -> Spot:
    return Spot(_find_kind(row["type"]), row["node"], row["zone"], row["pods"], row["ready"])


def _read_steps(told: t.Mapping[str, Json]) -> t.Iterator[Step]:
    for stage in STAGES:
        result = told[stage]
        for one in result.get("steps") or [result]:
            if one.get("started_at") and one.get("ended_at"):
                outcome = FAILED if one.get("failed") else _CHANGED if one.get("changed") else "unchanged"
                title = f"{stage} {one['title']}" if "title" in one else stage
                started, ended = (datetime.datetime.fromisoformat(one[name]) for name in ("started_at", "ended_at"))
                yield Step(title, started, ended, one.get("waited") or 0.0, outcome)
