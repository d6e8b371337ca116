# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A client of a cluster that is what a test makes it, by a clock that only waiting moves."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.milvus.cluster.plugins.module_utils._errors import ExpiredError, ForbiddenError, KubeError
from ansible_collections.milvus.cluster.plugins.module_utils._table import Change, Table, TableReader
from ansible_collections.milvus.cluster.plugins.module_utils._topology import (
    TYPES_BY_LABEL,
    Component,
    Topology,
    Workload,
)

Json = dict[str, t.Any]

LABELS = {"app.kubernetes.io/instance": "r", "component": "proxy"}
KEY, NAME, REPLICA_SET = "Deployment/r-proxy", "r-proxy", "r-proxy-5d4f9"
TOPOLOGY = Topology(
    "cluster",
    (Component(TYPES_BY_LABEL["proxy"], "", Workload("Deployment", NAME, 1, "", LABELS, LABELS, "")),),
    (),
    "",
)


class FakeWatch:
    """Reports what the cluster is told to change, and ends when its time is up or *is_open* is set."""

    def __init__(self, cluster: FakeCluster, seconds: float) -> None:
        self.is_open = True
        self._cluster = cluster
        self._ends = cluster.time + seconds

    def read(self, seconds: float) -> list[Change]:
        if self._cluster.breaks_watches:
            self.is_open = False
            return []
        until = min(self._cluster.time + seconds, self._ends)
        changes = self._cluster.advance(until, stop_at_change=True)
        self.is_open = self.is_open and self._cluster.time < self._ends
        return [] if self._cluster.is_deaf else [Change("MODIFIED", row) for row in changes]

    def close(self) -> None:
        self.is_open = False


class FakeCluster:
    """One Deployment of one pod. *plan*: at which time what happens; *asked*: what was asked for, and when."""

    namespace = "ns"

    def __init__(self, *plan: tuple[float, t.Callable[[FakeCluster], None]]) -> None:
        self.time = 0.0
        self.requests = self.received = 0
        self.asked: list[tuple[float, str]] = []
        self.error: KubeError | None = None
        self.watch_error: KubeError | None = None
        self.breaks_watches = self.is_deaf = False
        self.row: Json = {}
        self.ready = 0
        self._plan = sorted(plan, key=lambda step: step[0])
        self.show("0/1", "ContainerCreating")

    def show(self, ready: str, status: str, *, restarts: str = "0") -> None:
        """Let the pod look so, and the Deployment count it."""
        self.row = {"Name": f"{REPLICA_SET}-abcde", "Ready": ready, "Status": status, "Restarts": restarts}
        self.ready = int(ready == "1/1")

    def clock(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.advance(self.time + seconds)

    def advance(self, until: float, *, stop_at_change: bool = False) -> list[Json]:
        """Let time pass, and return how the pod looked after each change."""
        changes: list[Json] = []
        while self._plan and self._plan[0][0] <= until and not (stop_at_change and changes):
            self.time, happen = max(self._plan[0][0], self.time), self._plan.pop(0)[1]
            before = self.row
            happen(self)
            changes += [self.row] if self.row is not before else []
        if not (stop_at_change and changes):
            self.time = max(until, self.time)
        return changes

    def now(self) -> datetime.datetime:
        return datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=self.time)

    def list(self, resource: t.Any, **_selectors: str) -> t.Iterator[Json]:
        self._ask(f"list {resource.plural}")
        makers = {"deployments": self._make_deployment, "pods": self._make_pod}
        return iter([makers[resource.plural]()] if resource.plural in makers else [])

    def get(self, resource: t.Any, _name: str) -> Json:
        self._ask(f"get {resource.plural}")
        return self._make_pod() if resource.plural == "pods" else {"status": {"phase": "Active"}}

    def read_table(self, resource: t.Any, **_selectors: str) -> Table:
        self._ask(f"table {resource.plural}")
        return Table((self.row,), "1", TableReader())

    def watch_table(self, resource: t.Any, _table: Table, *, seconds: int, **_selectors: str) -> FakeWatch:
        self._ask(f"watch {resource.plural} {seconds}")
        if self.watch_error is not None:
            raise self.watch_error
        return FakeWatch(self, seconds)

    def _ask(self, what: str) -> None:
        self.requests += 1
        self.asked.append((self.time, what))
        if self.error is not None:
            raise self.error

    def _make_deployment(self) -> Json:
        progressing = {"type": "Progressing", "message": f'ReplicaSet "{REPLICA_SET}" is progressing.'}
        counts = dict.fromkeys(("replicas", "updatedReplicas"), 1)
        counts.update(dict.fromkeys(("readyReplicas", "availableReplicas"), self.ready))
        return {
            "metadata": {"name": NAME, "generation": 1, "labels": LABELS},
            "spec": {"replicas": 1, "template": {"spec": {"containers": [{"image": "i"}]}}},
            "status": {"observedGeneration": 1, "conditions": [progressing], **counts},
        }

    def _make_pod(self) -> Json:
        since = (self.now() - datetime.timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
        ready = {"type": "Ready", "status": str(bool(self.ready)), "lastTransitionTime": since}
        waiting = {"reason": self.row["Status"], "message": "registry: not found"}
        container = {"name": "c", "ready": bool(self.ready), "restartCount": 0, "state": {"waiting": waiting}}
        status = {"phase": "Running", "conditions": [ready], "containerStatuses": [container]}
        return {"metadata": {"name": self.row["Name"]}, "status": status, "spec": {}}


def forbid(verb: str) -> ForbiddenError:
    return ForbiddenError(f"{verb} pods", reason=f"u cannot {verb} resource", remedy="Add a rule.", rbac_rule={})


def expire() -> ExpiredError:
    return ExpiredError("Watching pods", reason="too old resource version", remedy="List anew.")
