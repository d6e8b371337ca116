# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Reads why workloads do not converge: as little as the causes need, and only while something lags. PRIVATE."""

from __future__ import annotations

import typing as t

from . import _kube
from ._causes import (
    CRASH_LOOP,
    JOB_FAILED,
    JOB_RETRIES,
    NAMESPACE_ENDS,
    NEVER_READY,
    OUT_OF_MEMORY,
    STARTING,
    VOLUME_PENDING,
    Cause,
    find_claim_cause,
    find_node_cause,
    find_pod_cause,
    find_refusal,
    group_causes,
    has_words,
    time_of,
)
from ._diagnosis import summarise_log
from ._errors import ForbiddenError, KubeError, NotFoundError
from ._pod_rows import COMPLETE, EXITED, PENDING, READY, STUCK, PodRow
from ._pod_rows import STARTING as POD_STARTING
from ._readiness import find_job_failure
from ._workload_list import ABSENT, ENDS

if t.TYPE_CHECKING:
    from ._kube import KubeClient
    from ._situation import Situation
    from ._workload_list import Listed

Json = dict[str, t.Any]

_LOG_LINES = 10_000  # all goroutines of a Milvus that panics, and the words before them
_WITH_LOGS = (CRASH_LOOP, OUT_OF_MEMORY, JOB_FAILED)

# State of a pod → seconds after which it is looked into, unless all is over anyway.
_LOOKED_INTO = {STUCK: 0.0, EXITED: 0.0, PENDING: 2.0, POD_STARTING: 3.0}
_MISSING_FOR = 2.0  # seconds without pods, after which events may tell why
_REREAD = 4.0  # seconds after which events, claims and the namespace are read again, …
_REREAD_LATER = 12.0  # … and after a while
_A_WHILE = 40.0
# What the pods' states tell already, and many pods many times.
_WARNINGS = "type=Warning,reason!=Unhealthy,reason!=BackOff,reason!=FailedScheduling"


class _Read(t.NamedTuple):
    """A pod that was read, in which state and when."""

    row: PodRow
    time: float
    pod: Json


class Evidence:
    """Gathers causes. *notes* tells what could not be read for lack of rights."""

    def __init__(self, client: KubeClient, *, clock: t.Callable[[], float]) -> None:
        self.notes: list[str] = []
        self._client = client
        self._clock = clock
        self._since: dict[tuple[str, str], float] = {}
        self._read_at: dict[str, float] = {}
        self._pods: dict[str, _Read] = {}
        self._warnings: list[Json] = []
        self._claim_events: list[Json] = []
        self._claim_causes: dict[str, Cause] = {}
        self._may_read_namespace = True
        self._nodes: dict[str, Json] = {}
        self._may_read_nodes = True
        self._started = ""
        self._began: float | None = None

    def gather(self, situation: Situation, *, is_last: bool = False) -> tuple[Cause, ...]:
        """Return the causes of what lags. *is_last*: nothing comes after, so look into everything at once."""
        self._started = self._started or _stamp(self._client)
        self._began = self._clock() if self._began is None else self._began
        groups = {key: _group(situation.current_pods(key)) for key in situation.lagging}
        self._note_ages(situation, groups)
        if is_last or self._needs_warnings(situation, groups):
            self._read_warnings(every=0 if is_last else self._reread)
        causes: list[Cause] = []
        for key, states in groups.items():
            causes += self._find_workload_causes(situation, key)
            for state, rows in states.items():
                if is_last or self._is_telling(key, state, rows=rows):
                    causes += self._look_into(situation.listed[key], rows)
        return group_causes(causes)

    def events_of(self, names: t.Collection[str]) -> list[Json]:
        """Return the newest Warning events of the objects called so, newest first."""
        found = [event for event in self._warnings if event["involvedObject"].get("name") in names]
        return sorted(found, key=time_of, reverse=True)

    def read_all_warnings(self) -> list[Json]:
        """Read all Warning events of the namespace, for the diagnosis."""
        self._warnings = self._read_optional(_kube.EVENTS, "type=Warning")
        return self._warnings

    def read_log(self, cause: Cause) -> tuple[str, ...]:
        """Return the end of the log of a cause's first pod; where it may not be read, a line that says so."""
        if cause.kind not in _WITH_LOGS or not cause.pods or not cause.container:
            return ()
        log = ""
        for previous in (True, False) if cause.from_previous else (False, True):
            try:
                pod, container = cause.pods[0], cause.container
                log = self._client.read_log(pod, container=container, lines=_LOG_LINES, previous=previous)
            except ForbiddenError:
                return ("(logs may not be read: pods/log)",)
            except KubeError:  # no such container, or not yet
                continue
            if log.strip():
                break
        return summarise_log(log)

    def find_namespace_cause(self, situation: Situation) -> Cause | None:
        """Return that the namespace is being deleted.

        Nothing else tells it: for five seconds nothing is deleted, then the pods are, workloads come last; controllers
        give up silently, and the namespace takes no events.
        """
        missing = any(listed.lag in (ABSENT, ENDS) for listed in situation.listed.values())
        if not self._may_read_namespace or not self._is_due("namespace", 1.0 if missing else _REREAD):
            return None
        name = self._client.namespace
        try:
            namespace = self._client.get(_kube.NAMESPACES, name)
        except NotFoundError as exc:
            return Cause(NAMESPACE_ENDS, f"Namespace/{name}", exc.reason)
        except ForbiddenError:
            self._may_read_namespace = False
            self._note("Whether the namespace is being deleted is not checked: it may not be read.")
            return None
        if (namespace.get("status") or {}).get("phase") != "Terminating":
            return None
        return Cause(NAMESPACE_ENDS, f"Namespace/{name}", f"namespace {name} is Terminating")

    def _note_ages(self, situation: Situation, groups: t.Mapping[str, t.Mapping[str, t.Any]]) -> None:
        present = {(key, state) for key, states in groups.items() for state in states}
        present |= {(key, "missing") for key in groups if situation.lacks_pods(key)}
        self._since = {each: self._since.get(each, self._clock()) for each in present}

    def _age(self, key: str, state: str) -> float:
        since = self._since.get((key, state))
        return self._clock() - since if since is not None else 0.0

    @property
    def _reread(self) -> float:
        return _REREAD if self._clock() - (self._began or 0) < _A_WHILE else _REREAD_LATER

    def _is_telling(self, key: str, state: str, *, rows: t.Sequence[PodRow]) -> bool:
        """Whether pods have been long enough in a state that their status tells something."""
        if self._age(key, state) < _LOOKED_INTO.get(state, float("inf")):
            return False
        # A container that starts tells nothing but what events do.
        return state != POD_STARTING or bool(self.events_of({row.name for row in rows}))

    def _needs_warnings(self, situation: Situation, groups: t.Mapping[str, t.Mapping[str, t.Any]]) -> bool:
        """Whether something lasts that only events explain: pods are not created, or do not start."""
        for key, states in groups.items():
            if situation.lacks_pods(key) and self._age(key, "missing") >= _MISSING_FOR:
                return True
            if POD_STARTING in states and self._age(key, POD_STARTING) >= _LOOKED_INTO[POD_STARTING]:
                return True
        return any(
            row.status.endswith("ImagePullBackOff")
            and row.name in self._pods
            and not has_words(self._pods[row.name].pod)
            for states in groups.values()
            for row in states.get(STUCK, ())
        )

    def _read_warnings(self, *, every: float) -> None:
        if self._is_due("warnings", every):
            self._warnings = self._read_optional(_kube.EVENTS, _WARNINGS)

    def _find_workload_causes(self, situation: Situation, key: str) -> t.Iterator[Cause]:
        listed = situation.listed[key]
        kind, _slash, name = key.partition("/")
        if situation.lacks_pods(key) and self._age(key, "missing") >= 0:
            events = [
                event
                for event in self._warnings
                if event["reason"] == "FailedCreate"
                and (event["involvedObject"].get("kind"), event["involvedObject"].get("name")) == (kind, name)
                and time_of(event) >= self._started
            ]
            refusal = find_refusal(t.cast("Json", listed.item), key, events=events)
            if refusal is not None:
                yield refusal
        failure = find_job_failure(t.cast("Json", listed.item)) if kind == "Job" else ""
        if failure:
            yield self._explain_job(Cause(JOB_FAILED, key, failure), situation.pods.get(key, ()))

    def _explain_job(self, cause: Cause, rows: t.Sequence[PodRow]) -> Cause:
        """Add pod, container and exit code of a failed run."""
        for row in rows:
            pod = self._read_pod(row)
            found = find_pod_cause(pod, cause.workload) if pod is not None and row.state == EXITED else None
            if found is not None and found.exit_code is not None:
                words = f"{cause.message}; {found.message}"
                return found._replace(kind=cause.kind, message=words, from_previous=False)
        return cause

    def _look_into(self, listed: Listed, rows: t.Sequence[PodRow]) -> t.Iterator[Cause]:
        """Read one pod for all that are in the same state: one that was read before, or that was restarted most."""
        warned = {event["involvedObject"].get("name") for event in self._warnings}
        row = max(rows, key=lambda each: (each.name in self._pods, each.restarts, each.name in warned))
        pod = self._read_pod(row)
        if pod is None or _is_outdated(pod, listed):
            return
        cause = find_pod_cause(pod, listed.key, events=[*self.events_of({row.name})])
        if cause.kind in (VOLUME_PENDING, STARTING) and row.state == PENDING:
            cause = self._explain_claims(cause, pod)
        if cause.kind in (STARTING, NEVER_READY):
            cause = self._ask_node(cause, pod)
        if listed.key.startswith("Job/") and cause.kind in (CRASH_LOOP, OUT_OF_MEMORY):
            cause = cause._replace(kind=JOB_RETRIES)  # its back-off limit decides
        yield cause._replace(pods=(row.name, *sorted(each.name for each in rows if each is not row)))

    def _read_pod(self, row: PodRow) -> Json | None:
        """Read a pod, unless it is known and its state has not changed; the scheduler's words may."""
        known = self._pods.get(row.name)
        if known and known.row == row and not (row.state == PENDING and self._clock() - known.time >= _REREAD_LATER):
            return known.pod
        try:
            pod = self._client.get(_kube.PODS, row.name)
        except NotFoundError:
            return None
        self._pods[row.name] = _Read(row, self._clock(), pod)
        return pod

    def _ask_node(self, cause: Cause, pod: Json) -> Cause:
        """Find out whether it is the node: where the kubelet stands still, the pod itself tells nothing."""
        name = pod["spec"].get("nodeName")
        if not name or not self._may_read_nodes:
            return cause
        if self._is_due(f"node {name}", self._reread):
            try:
                self._nodes[name] = self._client.get(_kube.NODES, name)
            except ForbiddenError:
                self._may_read_nodes = False
                self._note("Whether its node is ready is not checked: nodes may not be read.")
                return cause
            except NotFoundError:
                self._nodes.pop(name, None)
        return find_node_cause(self._nodes[name], cause) if name in self._nodes else cause

    def _explain_claims(self, cause: Cause, pod: Json) -> Cause:
        """Find out what becomes of the claims of a pod that is not scheduled."""
        name = pod["metadata"]["name"]
        if self._is_due(f"claims of {name}", self._reread):
            self._claim_causes[name] = self._read_claims(cause, pod)
        return self._claim_causes[name]

    def _read_claims(self, cause: Cause, pod: Json) -> Cause:
        volumes = pod["spec"].get("volumes") or ()
        names = [v["persistentVolumeClaim"]["claimName"] for v in volumes if "persistentVolumeClaim" in v]
        if names and self._is_due("claims", 1.0):
            self._claim_events = self._read_optional(_kube.EVENTS, "involvedObject.kind=PersistentVolumeClaim")
        for name in names:
            events = [event for event in self._claim_events if event["involvedObject"].get("name") == name]
            if not events:
                continue
            try:
                claim = self._client.get(_kube.CLAIMS, name)
            except (NotFoundError, ForbiddenError):
                continue
            if (claim.get("status") or {}).get("phase") != "Bound":
                return find_claim_cause(claim, cause, events=events, classes=self._read_classes())
        return cause

    def _read_classes(self) -> dict[str, bool] | None:
        """Return the StorageClasses and whether each is the default; None where they may not be read."""
        try:
            classes = list(self._client.list(_kube.STORAGE_CLASSES))
        except ForbiddenError:
            return None
        default = "storageclass.kubernetes.io/is-default-class"
        marks = {item["metadata"]["name"]: (item["metadata"].get("annotations") or {}) for item in classes}
        return {name: marks[name].get(default) == "true" for name in marks}

    def _read_optional(self, resource: _kube.Resource, fields: str) -> list[Json]:
        try:
            return list(self._client.list(resource, fields=fields))
        except ForbiddenError:
            self._note(f"{resource.plural} may not be read, so some causes may not be seen.")
            return []

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _is_due(self, what: str, every: float) -> bool:
        """Whether something was not read for so many seconds; then it counts as read."""
        due = self._clock() - self._read_at.get(what, float("-inf")) >= every
        if due:
            self._read_at[what] = self._clock()
        return due


def _group(rows: t.Iterable[PodRow]) -> dict[str, list[PodRow]]:
    groups: dict[str, list[PodRow]] = {}
    for row in rows:
        if row.state not in (READY, COMPLETE):
            groups.setdefault(row.state, []).append(row)
    return groups


def _is_outdated(pod: Json, listed: Listed) -> bool:
    """Whether a pod of a StatefulSet is of an older revision, which is about to be replaced."""
    revision = (pod["metadata"].get("labels") or {}).get("controller-revision-hash")
    return listed.key.startswith("StatefulSet/") and bool(listed.revision) and revision != listed.revision


def _stamp(client: KubeClient) -> str:
    return client.now().strftime("%Y-%m-%dT%H:%M:%SZ")
