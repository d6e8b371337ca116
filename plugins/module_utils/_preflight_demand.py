# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a change adds to a namespace: pods, volume claims, objects. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t
from fractions import Fraction

from ._manifest import WORKLOADS, Item
from ._pod_size import COMPUTE, NOTHING, Amounts, Size, measure
from ._quantity import read_given
from ._topology import dig

if t.TYPE_CHECKING:
    from ._kinds import Kinds
    from ._live import LiveWorkload
    from ._manifest import Manifest

Json = dict[str, t.Any]

_OLDER_CLASS = "volume.beta.kubernetes.io/storage-class"


class PodSet(t.NamedTuple):
    """The pods of a workload: how many there are and will be, what each asks for, and the *spec* of the new ones."""

    key: str
    before: int
    after: int
    old: Size
    new: Size
    spec: Json

    @property
    def added(self) -> int:
        """How many pods come to those that are there."""
        return max(0, self.after - self.before)

    @property
    def kept(self) -> int:
        """How many pods there were and will be."""
        return min(self.after, self.before)

    @property
    def growth(self) -> dict[str, Fraction]:
        """What each kept pod will ask for beyond what it does."""
        grown = {resource: self.new.requests[resource] - self.old.requests[resource] for resource in COMPUTE}
        return {resource: amount for resource, amount in grown.items() if amount > 0}


class WantedClaim(t.NamedTuple):
    """A volume claim that comes into being. *storage_class* is None where the default one is meant."""

    name: str
    owner: str
    storage_class: str | None
    size: Fraction


def find_pod_sets(
    before: Manifest, after: Manifest, *, live: t.Mapping[str, LiveWorkload], defaults: Size = NOTHING
) -> tuple[PodSet, ...]:
    """Compare the workloads of two manifests; of those that are *live* the wanted count is the cluster's."""
    return tuple(
        _compare(key, before=before.get(key), after=after.get(key), live=live.get(key), defaults=defaults)
        for key in sorted({*before, *after})
        if key.partition("/")[0] in WORKLOADS
    )


def _compare(key: str, *, before: Item | None, after: Item | None, live: LiveWorkload | None, defaults: Size) -> PodSet:
    had = live.counts.desired if live else _count(before, otherwise=1) if before else 0
    gets = _count(after, otherwise=had or 1) if after else 0
    old, new = (dig(item.template, "spec") if item else {} for item in (before, after))
    return PodSet(key, had, gets, measure(old, defaults), measure(new, defaults), new)


def _count(item: Item, *, otherwise: int) -> int:
    return otherwise if item.replicas is None else item.replicas


def find_claims(before: Manifest, after: Manifest, *, pod_sets: t.Iterable[PodSet]) -> tuple[WantedClaim, ...]:
    """Return the claims that the change asks for, of StatefulSets and of their own. Some may be there already."""
    counts = {one.key: range(one.before, one.after) for one in pod_sets}
    found: list[WantedClaim] = []
    for key, item in sorted(after.items()):
        if item.kind == "PersistentVolumeClaim" and key not in before:
            found.append(_read_claim(item.body, name=item.name, owner=key))
        for template in dig(item.body, "spec").get("volumeClaimTemplates") or ():
            name = f"{template['metadata']['name']}-{item.name}"
            found += [_read_claim(template, name=f"{name}-{ordinal}", owner=key) for ordinal in counts.get(key, ())]
    return tuple(found)


def _read_claim(body: Json, *, name: str, owner: str) -> WantedClaim:
    spec = dig(body, "spec")
    storage_class = dig(body, "metadata", "annotations").get(_OLDER_CLASS, spec.get("storageClassName"))
    size = dig(spec, "resources", "requests").get("storage")
    return WantedClaim(name, owner, storage_class, read_given(size))


def add_up(
    pod_sets: t.Iterable[PodSet], claims: t.Iterable[WantedClaim], *, objects: t.Mapping[str, int]
) -> dict[str, Fraction]:
    """Return what the change adds, by the keys of a ResourceQuota; less than nothing where it takes away.

    *objects* are the numbers of other objects, by such keys.
    """
    total: dict[str, Fraction] = {key: Fraction(number) for key, number in objects.items()}
    for one in pod_sets:
        _add(total, {key: Fraction(one.after - one.before) for key in ("pods", "count/pods")})
        _add(total, _quota_keys(one.new), times=one.after)
        _add(total, _quota_keys(one.old), times=-one.before)
    for claim in claims:
        number, size = Fraction(1), claim.size
        _add(
            total, {"persistentvolumeclaims": number, "count/persistentvolumeclaims": number, "requests.storage": size}
        )
        if claim.storage_class:
            prefix = f"{claim.storage_class}.storageclass.storage.k8s.io"
            _add(total, {f"{prefix}/persistentvolumeclaims": number, f"{prefix}/requests.storage": size})
    return total


def _add(total: dict[str, Fraction], amounts: Amounts, *, times: int = 1) -> None:
    for key, amount in amounts.items():
        total[key] = total.get(key, Fraction(0)) + amount * times


def _quota_keys(size: Size) -> Amounts:
    """Requests of cpu and memory go by their bare names, too."""
    keyed = {f"requests.{resource}": amount for resource, amount in size.requests.items()}
    return {**size.requests, **keyed, **{f"limits.{resource}": amount for resource, amount in size.limits.items()}}


def count_objects(before: Manifest, after: Manifest, *, kinds: Kinds) -> dict[str, int]:
    """Return how many objects of each kind come or go, by the keys of a ResourceQuota; claims are told apart."""
    total: dict[str, int] = {}
    for manifest, other, step in ((after, before, 1), (before, after, -1)):
        for key, item in manifest.items():
            if key not in other and item.kind != "PersistentVolumeClaim":
                for name in _count_keys(item, kinds):
                    total[name] = total.get(name, 0) + step
    return total


def _count_keys(item: Item, kinds: Kinds) -> t.Iterator[str]:
    resource = kinds.find(item)
    if resource is None or not resource.namespaced:
        return
    yield f"count/{resource.plural}{f'.{resource.group}' if resource.group else ''}"
    if not resource.group:
        yield resource.plural
    service = dig(item.body, "spec").get("type") if item.kind == "Service" else ""
    if service == "LoadBalancer":
        yield "services.loadbalancers"
    if service in ("LoadBalancer", "NodePort"):
        yield "services.nodeports"
