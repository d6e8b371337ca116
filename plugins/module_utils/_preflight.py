# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What is looked at before a change, so that it does not fail half-way. Changes nothing. PRIVATE to this collection.

What the account may not read is not checked. The judgements themselves are in _preflight_*, and pure.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from . import _kube, _preflight_quota, _preflight_rights, _preflight_room, _preflight_storage
from ._draft import Blocker
from ._errors import ForbiddenError, NotFoundError
from ._kinds import Kinds, find_kinds
from ._pod_size import NOTHING, Size, read_defaults
from ._preflight_check import FAILED, PASSED, UNCHECKED, WARNED, Check
from ._preflight_demand import PodSet, WantedClaim, add_up, count_objects, find_claims, find_pod_sets
from ._preflight_names import judge_names
from ._preflight_rights import NO_RIGHTS, Need, Rights

if t.TYPE_CHECKING:
    from ._kube import KubeClient, Resource
    from ._manifest import Manifest
    from ._observe import Observation

Json = dict[str, t.Any]

OLDEST_KUBERNETES = (1, 23)  # the first with autoscaling/v2
_RUNNING = "status.phase!=Succeeded,status.phase!=Failed,spec.nodeName!="


class Ahead(t.NamedTuple):
    """What is going to be done to a release, from the manifest *before* to the one *after*.

    *action* names it in messages, *chart* and *helm* are name and version of what does it, "" without.
    """

    action: str
    before: Manifest
    after: Manifest
    chart: str = ""
    helm: str = ""
    creates_namespace: bool = False


@dataclasses.dataclass(frozen=True)
class Preflight:
    """What was looked at before a change, and what came out of it."""

    action: str
    checks: tuple[Check, ...]

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        """Why the change must not be made."""
        return tuple(Blocker(self.action, one.evidence, one.remedy) for one in self.checks if one.outcome == FAILED)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be expected of the change."""
        return tuple(f"{self.action}: {one.evidence}. {one.remedy}" for one in self.checks if one.outcome == WARNED)


def check_ahead(client: KubeClient, ahead: Ahead, *, found: Observation, require_capacity: bool) -> Preflight:
    """Look whether the cluster will take the change. With *require_capacity* a lack of room stops it.

    Raises a KubeError when the API server cannot be reached.
    """
    look = _Look(client, ahead, found)
    new = [item for key, item in sorted(ahead.after.items()) if key not in ahead.before]
    room = functools.partial(look.check_room, is_required=require_capacity)
    checks = (
        _attempt("kubernetes_version", look.check_kubernetes),
        Check("helm_version", PASSED, f"helm {ahead.helm}"),
        Check("chart_version", PASSED, ahead.chart),
        _attempt(_preflight_rights.NAME, look.check_rights),
        _attempt(_preflight_quota.NAME, look.check_quota),
        _attempt(_preflight_storage.NAME, look.check_storage),
        _attempt(_preflight_room.NAME, room),
        judge_names(new, release=found.name),
    )
    return Preflight(ahead.action, checks)


def check_removal(client: KubeClient, ahead: Ahead, *, found: Observation, deletes_volumes: bool) -> Preflight:
    """Look whether the account may remove the release, before helm removes a part and stops without saying why."""
    look = functools.partial(_Look(client, ahead, found).check_removal_rights, deletes_volumes=deletes_volumes)
    return Preflight(ahead.action, (_attempt(_preflight_rights.NAME, look),))


def _attempt(name: str, look: t.Callable[[], Check]) -> Check:
    try:
        return look()
    except ForbiddenError as exc:
        return Check(name, UNCHECKED, exc.reason)


def judge_kubernetes(version: Json) -> Check:
    """Judge the answer of /version. The chart's own demand is helm's to check."""
    name, spelt = "kubernetes_version", str(version.get("gitVersion") or "")
    match = re.match(r"v?(\d+)\.(\d+)", spelt)
    oldest = ".".join(map(str, OLDEST_KUBERNETES))
    if match is None:
        return Check(name, UNCHECKED, f"the API server calls itself '{spelt}'")
    if (int(match[1]), int(match[2])) < OLDEST_KUBERNETES:
        reason = f"the cluster runs Kubernetes {spelt}, and {oldest} is the oldest that will do"
        return Check(name, FAILED, reason, "Upgrade the cluster.")
    return Check(name, PASSED, f"Kubernetes {spelt}")


@dataclasses.dataclass(frozen=True)
class _Look:
    """Reads what the judgements need, each thing once."""

    client: KubeClient
    ahead: Ahead
    found: Observation

    @functools.cached_property
    def kinds(self) -> Kinds:
        return find_kinds(self.client, self.ahead.before, self.ahead.after)

    @functools.cached_property
    def claims(self) -> tuple[WantedClaim, ...]:
        """The claims that are not there yet."""
        wanted = find_claims(self.ahead.before, self.ahead.after, pod_sets=self._find_pod_sets())
        if not wanted:
            return ()
        there = {entry["name"] for entry in self.client.list_metadata(_kube.CLAIMS, selector="")}
        return tuple(claim for claim in wanted if claim.name not in there)

    def _find_pod_sets(self, defaults: Size = NOTHING) -> tuple[PodSet, ...]:
        return find_pod_sets(self.ahead.before, self.ahead.after, live=self.found.live, defaults=defaults)

    def check_kubernetes(self) -> Check:
        return judge_kubernetes(self.client.get_path("/version"))

    def check_rights(self) -> Check:
        ahead, rights = self.ahead, self._read_rights()
        needs = _preflight_rights.list_needs(
            ahead.before, ahead.after, kinds=self.kinds, record=self.found.history.storage
        )
        if ahead.creates_namespace:
            needs += _preflight_rights.list_namespace_needs(
                self.client.namespace, exists=self._has_namespace(), helm_major=int(ahead.helm.partition(".")[0])
            )
        if not _preflight_rights.may_hand_on_all(rights):
            needs = tuple(dict.fromkeys((*needs, *_preflight_rights.list_handed_on(ahead.before, ahead.after))))
        return self._judge_rights(needs, rights, kinds=self.kinds)

    def check_removal_rights(self, *, deletes_volumes: bool) -> Check:
        needs = _preflight_rights.list_removal_needs(
            self.ahead.before, kinds=self.kinds, record=self.found.history.storage, deletes_volumes=deletes_volumes
        )
        # What the API server does not know any more has gone with its kind.
        return self._judge_rights(needs, self._read_rights(), kinds=self.kinds._replace(unserved=()))

    def _judge_rights(self, needs: t.Sequence[Need], rights: Rights, *, kinds: Kinds) -> Check:
        missing, namespace = self._find_missing(needs, rights), self.client.namespace
        return _preflight_rights.judge_rights(missing, kinds, namespace=namespace, needed=len(needs))

    def _has_namespace(self) -> bool:
        try:
            self.client.get(_kube.NAMESPACES, self.client.namespace)
        except NotFoundError:
            return False
        except ForbiddenError:
            return True  # where somebody else has made an account for it
        return True

    def _read_rights(self) -> Rights:
        try:
            body = {"metadata": {"name": ""}, "spec": {"namespace": self.client.namespace}}
            return _preflight_rights.read_rights(self.client.create(_kube.RULES_REVIEWS, body))
        except (ForbiddenError, NotFoundError):
            return NO_RIGHTS

    def _find_missing(self, needs: t.Iterable[Need], rights: Rights) -> list[Need]:
        """Ask one by one for what the rules do not grant, until they have proved to be all that there is."""
        missing: list[Need] = []
        is_proven = False
        for need in (need for need in needs if not rights.grant(need)):
            is_sure = is_proven and not need.cluster
            if is_sure or not self._is_allowed(need):
                missing.append(need)
                is_proven = is_proven or (rights.complete and not need.cluster)
        return missing

    def _is_allowed(self, need: Need) -> bool:
        resource, _slash, subresource = need.resource.partition("/")
        wanted = {
            "namespace": "" if need.cluster else self.client.namespace,
            "verb": need.verb,
            "group": need.group,
            "resource": resource,
            "subresource": subresource,
            "name": need.name,
        }
        body = {"metadata": {"name": ""}, "spec": {"resourceAttributes": wanted}}
        return bool((self.client.create(_kube.ACCESS_REVIEWS, body).get("status") or {}).get("allowed"))

    def check_quota(self) -> Check:
        quotas = list(self.client.list(_kube.QUOTAS))
        if not quotas:
            return _preflight_quota.judge_quotas((), {}, pod_sets=(), defaults_known=True)
        defaults = self._read_defaults() if _preflight_quota.has_compute(quotas) else NOTHING
        pod_sets = self._find_pod_sets(defaults or NOTHING)
        objects = count_objects(self.ahead.before, self.ahead.after, kinds=self.kinds)
        if self.found.history.newest is None:
            record = self.found.history.storage.plural
            for key in (record, f"count/{record}"):
                objects[key] = objects.get(key, 0) + 1
        adds = add_up(pod_sets, self.claims, objects=objects)
        return _preflight_quota.judge_quotas(quotas, adds, pod_sets=pod_sets, defaults_known=defaults is not None)

    def _read_defaults(self) -> Size | None:
        try:
            return read_defaults(self.client.list(_kube.LIMIT_RANGES))
        except ForbiddenError:
            return None

    def check_storage(self) -> Check:
        classes = self.client.list(_kube.STORAGE_CLASSES) if self.claims else ()
        classless = _preflight_storage.find_classless(self.claims, classes)
        volumes = self._list_optional(_kube.VOLUMES) if classless else None
        return _preflight_storage.judge_storage(self.claims, classless, volumes=volumes)

    def _list_optional(self, resource: Resource) -> list[Json] | None:
        try:
            return list(self.client.list(resource))
        except ForbiddenError:
            return None

    def check_room(self, *, is_required: bool) -> Check:
        pod_sets = [one for one in self._find_pod_sets() if one.added or (one.kept and one.growth)]
        nodes: dict[str, _preflight_room.Node] = {}
        if pod_sets:
            nodes = _preflight_room.read_nodes(self.client.list(_kube.NODES))
            pods = self.client.list(_kube.PODS._replace(namespaced=False), fields=_RUNNING)
            _preflight_room.fill(nodes, pods)
        return _preflight_room.judge_room(pod_sets, nodes, is_required=is_required)
