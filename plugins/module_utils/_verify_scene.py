# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What milvus_verify judges: a release and what is around it, read from the JSON of the Kubernetes API. Pure. PRIVATE.

Only what a check asks for is there; what could not be read is named with the reason.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ._causes import NODE_NOT_READY, RULES, find_pod_cause
from ._pod_rows import ENDING, READY, find_owner, read_pod
from ._readiness import find_condition
from ._spread import find_balancing
from ._topology import Topology, dig

if t.TYPE_CHECKING:
    from ._data_plane import Finding
    from ._health import Answer
    from ._observe import Observation
    from ._registration import Listing
    from ._spread import Spread

Json = dict[str, t.Any]

# What can be read beside the release, its workloads and the autoscalers, in this order.
PODS, ZONES, CLAIMS, ENDPOINTS, BUDGETS, LISTINGS, ANSWERS, SPREAD, GROUPS, SMOKE, PROBED = (
    *("pods", "zones", "claims", "endpoints", "budgets"),
    *("listings", "answers", "spread", "groups", "smoke", "probed"),
)
_NOTHING = Topology("none", (), (), "")
_CLIENT_PORT = "milvus"
_OVER = ("Succeeded", "Failed")
_ZONE_LABEL = "topology.kubernetes.io/zone"


class Exit(t.NamedTuple):
    """How a container has ended that was started again."""

    container: str
    words: str
    time: datetime.datetime


class Pod(t.NamedTuple):
    """A pod of the release that is not over. *workload* is "<kind>/<name>"; *trouble*: why it is not ready.

    *ready_since* is None while it is not ready; *claims* are the names of those that it uses; *node* is "" while it has
    none. *port* is where it serves clients, 0 where it does not say, and *address* "" while it has none.
    """

    name: str
    workload: str
    image: str
    labels: t.Mapping[str, str]
    is_ending: bool = False
    ready_since: datetime.datetime | None = None
    trouble: str = ""
    exits: tuple[Exit, ...] = ()
    claims: tuple[str, ...] = ()
    node: str = ""
    port: int = 0
    address: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether it counts as ready."""
        return self.ready_since is not None and not self.is_ending


class Budget(t.NamedTuple):
    """A PodDisruptionBudget with its counts of pods, *allowed* being how many may be disrupted now."""

    name: str
    selector: Json | None
    healthy: int
    needed: int
    expected: int
    allowed: int


@dataclasses.dataclass(frozen=True)
class Scene:
    """A release that is there, as the checks see it.

    *asked* has the counts that the task names, *restart_window* is in seconds. *ready_endpoints* names pods, or
    addresses where there are none, and is None where there is no such Service. *zones* has node → zone, "" for one that
    has no such label. *claims* has name → phase, "" for one that is missing. *answers* and *unanswered* are by pod, the
    latter with the reason. *unread*: what could not be read, with the reason. *spread*: what query nodes hold;
    *groups*, *smoke* and *probe*: what came of asking how they are grouped, and for data; None where it was not asked.
    """

    found: Observation
    asked: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    restart_window: float = 600
    pods: tuple[Pod, ...] = ()
    zones: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    ready_endpoints: frozenset[str] | None = frozenset()
    claims: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    budgets: tuple[Budget, ...] = ()
    listings: tuple[Listing, ...] = ()
    answers: t.Mapping[str, Answer] = dataclasses.field(default_factory=dict)
    unanswered: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    unread: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    spread: Spread | None = None
    groups: Finding | None = None
    smoke: Finding | None = None
    probe: Finding | None = None
    waited: float | None = None

    @property
    def is_balanced(self) -> bool | None:
        """Whether Milvus moves segments by itself, None where the values of the release do not say."""
        files = dig(self.found.running.values if self.found.running else {}, "extraConfigFiles")
        return find_balancing(map(str, files.values()))

    @property
    def topology(self) -> Topology:
        """The parts of the release."""
        return self.found.topology or _NOTHING

    def pods_of(self, key: str) -> tuple[Pod, ...]:
        """Return the pods of a workload."""
        return tuple(pod for pod in self.pods if pod.workload == key)


def read_pods(items: t.Iterable[Json], topology: Topology) -> tuple[Pod, ...]:
    """Read the pods of the release's workloads; those of others, and those that are over, are left out."""
    names = {part.name: part.key for part in topology.workloads}
    owned = ((item, find_owner(item["metadata"]["name"], names)) for item in items)
    return tuple(
        _read_pod(item, owner) for item, owner in owned if owner and dig(item, "status").get("phase") not in _OVER
    )


def _read_pod(item: Json, workload: str) -> Pod:
    row, metadata, spec = read_pod(item), item["metadata"], item["spec"]
    since = find_condition(item, "Ready").get("lastTransitionTime")
    trouble = "" if row.state in (READY, ENDING) else _find_trouble(item, workload)
    volumes = (dig(volume, "persistentVolumeClaim").get("claimName") for volume in spec.get("volumes") or ())
    return Pod(
        row.name,
        workload,
        spec["containers"][0].get("image") or "",
        metadata.get("labels") or {},
        row.state == ENDING,
        parse_time(since) if row.state == READY and since else None,
        trouble,
        tuple(_read_exits(item)),
        tuple(filter(None, volumes)),
        spec.get("nodeName") or "",
        _find_port(spec["containers"][0]),
        dig(item, "status").get("podIP") or "",
    )


def _find_port(container: Json) -> int:
    """Return the number of the port that the chart names so, at which Milvus serves clients."""
    ports = (port for port in container.get("ports") or () if port.get("name") == _CLIENT_PORT)
    return next((int(port["containerPort"]) for port in ports), 0)


def _find_trouble(item: Json, workload: str) -> str:
    statuses = dig(item, "status").get("containerStatuses") or ()
    if statuses and all(each.get("ready") for each in statuses) and not item["spec"].get("readinessGates"):
        # Nobody but the kubelet tells of containers; of a node that is not heard of, all pods count as not ready.
        return f"{RULES[NODE_NOT_READY].title}: node {item['spec'].get('nodeName')} tells nothing of it any more"
    cause = find_pod_cause(item, workload)
    return RULES[cause.kind].title + (f": {cause.message}" if cause.message else "")


def _read_exits(item: Json) -> t.Iterator[Exit]:
    for status in dig(item, "status").get("containerStatuses") or ():
        ended = dig(status, "lastState", "terminated")
        if ended.get("finishedAt"):
            words = f"{ended.get('reason') or 'Error'}, exit code {ended.get('exitCode')}"
            yield Exit(status["name"], words, parse_time(ended["finishedAt"]))


def read_ready_endpoints(slices: t.Iterable[Json]) -> frozenset[str]:
    """Return who is behind a Service and ready; with two families of addresses each pod is in two slices."""
    return frozenset(
        dig(endpoint, "targetRef").get("name") or endpoint["addresses"][0]
        for each in slices
        for endpoint in each.get("endpoints") or ()
        if dig(endpoint, "conditions").get("ready") is not False
    )


def read_budget(item: Json) -> Budget:
    """Read a PodDisruptionBudget."""
    status = item.get("status") or {}
    keys = ("currentHealthy", "desiredHealthy", "expectedPods", "disruptionsAllowed")
    healthy, needed, expected, allowed = (status.get(key) or 0 for key in keys)
    return Budget(item["metadata"]["name"], item["spec"].get("selector"), healthy, needed, expected, allowed)


def read_zones(nodes: t.Iterable[Json]) -> dict[str, str]:
    """Return the zone of each node, by the metadata of the nodes."""
    return {node["name"]: (node.get("labels") or {}).get(_ZONE_LABEL, "") for node in nodes}


def selects(selector: Json | None, labels: t.Mapping[str, str]) -> bool:
    """Whether a label selector matches; an empty one does so always, and none never."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or ()
    return wanted.items() <= labels.items() and all(_MEETS[each["operator"]](each, labels) for each in expressions)


_MEETS: dict[str, t.Callable[[Json, t.Mapping[str, str]], bool]] = {
    "In": lambda each, labels: labels.get(each["key"]) in each["values"],
    "NotIn": lambda each, labels: labels.get(each["key"]) not in each["values"],
    "Exists": lambda each, labels: each["key"] in labels,
    "DoesNotExist": lambda each, labels: each["key"] not in labels,
}


def parse_time(text: str) -> datetime.datetime:
    """Return a time of the API, in UTC."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
