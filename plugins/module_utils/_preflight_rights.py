# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which rights a change needs, and which of them an account lacks. Pure. PRIVATE to this collection."""

from __future__ import annotations

import json
import typing as t

from ._preflight_check import FAILED, PASSED, WARNED, Check
from ._topology import dig

if t.TYPE_CHECKING:
    from ._kinds import Kinds
    from ._kube import Resource
    from ._manifest import Manifest

Json = dict[str, t.Any]

NAME = "permissions"

_RBAC = "rbac.authorization.k8s.io"
_ROLES = ("Role", "ClusterRole")
_CLAIMS = ("", "persistentvolumeclaims")
# What the module itself does, before and after helm: (group, resource) → verbs.
_OURS: t.Mapping[tuple[str, str], tuple[str, ...]] = {
    ("apps", "deployments"): ("list", "patch"),
    ("apps", "statefulsets"): ("list",),
    ("autoscaling", "horizontalpodautoscalers"): ("list",),
    ("batch", "jobs"): ("list",),
    _CLAIMS: ("list", "patch"),
    ("", "pods"): ("list",),
    ("", "services"): ("get",),
}
# What it can do without: without it, it polls, and a failure is told with less of its cause.
_OPTIONAL: t.Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "pods"): ("get", "watch"),
    ("", "pods/log"): ("get",),
    ("", "events"): ("list",),
}
_SHOWN = 5
_RECORD = ("get", "list", "create", "update", "patch", "delete")
_RECORD_OF_REMOVAL = ("get", "list", "update", "delete")


class Need(t.NamedTuple):
    """A right. *name* is "" for all objects; *cluster* is for what lies in no namespace."""

    group: str
    resource: str
    verb: str
    name: str = ""
    cluster: bool = False
    optional: bool = False


class Rights(t.NamedTuple):
    """What the API server lists as granted in a namespace; *complete* where it knows of all."""

    rules: tuple[Json, ...]
    complete: bool

    def grant(self, need: Need) -> bool:
        """Whether a rule grants it. Of what lies in no namespace the rules do not tell."""
        return not need.cluster and any(_covers(rule, need) for rule in self.rules)


NO_RIGHTS = Rights((), complete=False)


def read_rights(review: Json) -> Rights:
    """Read the answer to a SelfSubjectRulesReview."""
    status = dig(review, "status")
    return Rights(tuple(status.get("resourceRules") or ()), complete=not status.get("incomplete"))


def list_needs(before: Manifest, after: Manifest, *, kinds: Kinds, record: Resource) -> tuple[Need, ...]:
    """Return the rights that helm needs to go from one manifest to the other, and we to look after it."""
    needs = [Need(record.group, record.plural, verb) for verb in _RECORD]
    needs += _list_object_needs(before, after, kinds=kinds)
    for optional, table in ((False, _OURS), (True, _OPTIONAL)):
        needs += [Need(*place, verb, optional=optional) for place, verbs in table.items() for verb in verbs]
    return tuple(dict.fromkeys(needs))


def list_removal_needs(before: Manifest, *, kinds: Kinds, record: Resource, deletes_volumes: bool) -> tuple[Need, ...]:
    """Return the rights that helm needs to remove what a manifest names, and we to note on volumes or delete them."""
    needs = [Need(record.group, record.plural, verb) for verb in _RECORD_OF_REMOVAL] if before else []
    needs += _list_object_needs(before, {}, kinds=kinds)
    needs += [Need(*place, verb) for place, verbs in _OURS.items() for verb in verbs if verb != "patch"]
    needs += [Need(*_CLAIMS, verb) for verb in ("patch", *(("delete",) if deletes_volumes else ()))]
    return tuple(dict.fromkeys(needs))


def _list_object_needs(before: Manifest, after: Manifest, *, kinds: Kinds) -> t.Iterator[Need]:
    """Yield the rights on what is in either manifest, as far as the API server knows its kind."""
    for key, item in sorted({**before, **after}.items()):
        resource = kinds.find(item)
        if resource is not None:
            for verb in _find_verbs(key, before=before, after=after):
                yield Need(resource.group, resource.plural, verb, cluster=not resource.namespaced)


def _find_verbs(key: str, *, before: Manifest, after: Manifest) -> tuple[str, ...]:
    if key not in after:
        return ("get", "delete")
    # Helm 4 creates by patching; Helm 3 patches when it repairs.
    return ("get", "patch") if key in before else ("get", "patch", "create")


def list_namespace_needs(namespace: str, *, exists: bool, helm_major: int) -> tuple[Need, ...]:
    """Return what helm needs where it is told to create the namespace, which it tries though it is there.

    Helm 3 creates. Helm 4 patches, which also creates, and counts as done inside of the namespace.
    """
    create = Need("", "namespaces", "create", cluster=True)
    if helm_major < 4:
        return (create,)
    patch = Need("", "namespaces", "patch")
    return (patch._replace(name=namespace),) if exists else (patch._replace(cluster=True), create)


def list_handed_on(before: Manifest, after: Manifest) -> tuple[Need, ...]:
    """Return the rights that Roles of the chart hand on: the API server lets nobody give what he does not have."""
    return tuple(
        dict.fromkeys(
            Need(group, resource, verb, name, cluster=item.kind == "ClusterRole")
            for key, item in sorted(after.items())
            if item.kind in _ROLES and (key not in before or before[key].body.get("rules") != item.body.get("rules"))
            for rule in item.body.get("rules") or ()
            for group in rule.get("apiGroups") or ()
            for resource in rule.get("resources") or ()
            for verb in rule.get("verbs") or ()
            for name in rule.get("resourceNames") or ("",)
        )
    )


def may_hand_on_all(rights: Rights) -> bool:
    """Whether the account may give away also what it does not have."""
    return all(
        rights.grant(Need(_RBAC, resource, verb))
        for resource, verb in (("roles", "escalate"), ("rolebindings", "bind"))
    )


def judge_rights(missing: t.Sequence[Need], kinds: Kinds, *, namespace: str, needed: int) -> Check:
    """Judge by the rights that are *missing* of those that are *needed*, and the kinds that the server lacks."""
    problems: list[tuple[str, str]] = []
    if kinds.unserved:
        names = ", ".join(f"{kind} of {version}" for version, kind in kinds.unserved)
        remedy = (
            "Install what brings that API (for a ServiceMonitor the Prometheus operator), or switch off what uses it."
        )
        problems.append((f"the API server does not know {names}", remedy))
    lacks = [one for one in missing if not one.optional]
    if lacks:
        roles = " and ".join(_write_roles(lacks, namespace=namespace))
        problems.append((f"the account lacks {_list(lacks)}", f"Apply this, and bind it to the account: {roles}."))
    if problems:
        return Check(NAME, FAILED, *(part.join(each) for part, each in zip(("; ", " "), zip(*problems))))
    if missing:
        evidence = f"the account lacks {_list(missing)}, without which less is told of failures"
        (role,) = _write_roles(missing, namespace=namespace)
        return Check(NAME, WARNED, evidence, f"To have it all, apply this, and bind it to the account: {role}.")
    return Check(NAME, PASSED, f"the account has all of the {needed} rights that are needed")


def make_rules(needs: t.Iterable[Need]) -> list[Json]:
    """Return the fewest rules that grant the rights, one for each group and set of verbs."""
    verbs: dict[tuple[str, str, str], set[str]] = {}
    for one in needs:
        verbs.setdefault((one.group, one.resource, one.name), set()).add(one.verb)
    resources: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for (group, resource, name), found in sorted(verbs.items()):
        resources.setdefault((group, tuple(sorted(found)), name), []).append(resource)
    return [
        {
            "apiGroups": [group],
            "resources": names,
            **({"resourceNames": [name]} if name else {}),
            "verbs": list(found),
        }
        for (group, found, name), names in resources.items()
    ]


def _write_roles(needs: t.Sequence[Need], *, namespace: str) -> t.Iterator[str]:
    """Yield a Role, and a ClusterRole where one is needed, on one line each that kubectl takes."""
    for kind, is_cluster in (("Role", False), ("ClusterRole", True)):
        rules = make_rules(one for one in needs if one.cluster == is_cluster)
        if rules:
            metadata = {"name": "milvus-missing-rights", **({} if is_cluster else {"namespace": namespace})}
            yield json.dumps({"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": metadata, "rules": rules})


def _list(needs: t.Sequence[Need]) -> str:
    """Tell rights apart where they are few; all of them are in the Role."""
    rules = make_rules(needs)
    if len(needs) <= _SHOWN:
        return "; ".join(f"{', '.join(rule['verbs'])} on {_name_resources(rule)}" for rule in rules)
    return f"{len(needs)} rights, on {', '.join(dict.fromkeys(map(_name_resources, rules)))}"


def _name_resources(rule: Json) -> str:
    (group,) = rule["apiGroups"]
    return ", ".join(f"{resource}.{group}" if group else resource for resource in rule["resources"])


def _covers(rule: Json, need: Need) -> bool:
    names = rule.get("resourceNames") or ()
    subresource = need.resource.partition("/")[2]
    resources = {"*", need.resource, *([f"*/{subresource}"] if subresource else [])}
    return (
        bool({"*", need.group} & {*(rule.get("apiGroups") or ())})
        and bool(resources & {*(rule.get("resources") or ())})
        and bool({"*", need.verb} & {*(rule.get("verbs") or ())})
        and (not names or need.name in names)
    )
