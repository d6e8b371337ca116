# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Owning a workload's count for as long as helm would fight over it. PRIVATE to this collection.

Under server-side apply a field belongs to the managers that have set it. Ours takes over `.spec.replicas` alone, from
whoever scaled the workload; helm then sets the same count and owns it too, and ours lets go.
"""

from __future__ import annotations

import typing as t

from . import _kube
from ._errors import ConflictError
from ._live import HELM, MANAGER, read_workload

if t.TYPE_CHECKING:
    from ._draft import Take
    from ._kube import KubeClient, Resource
    from ._live import LiveWorkload

Json = dict[str, t.Any]

_ATTEMPTS = 5


def take(client: KubeClient, takes: t.Iterable[Take]) -> None:
    """Set the counts, and own them alone."""
    for one in takes:
        _apply(client, _kube.WORKLOADS[one.kind], name=one.name, spec={"replicas": one.replicas})


def rehearse(client: KubeClient, one: Take) -> LiveWorkload:
    """Return what the API server would make of the workload. Raises RefusedError for a rule of the cluster."""
    resource, spec = _kube.WORKLOADS[one.kind], {"replicas": one.replicas}
    return read_workload(_apply(client, resource, name=one.name, spec=spec, dryRun="All"), one.kind)


def step(client: KubeClient, takes: t.Iterable[Take], *, server_side: bool) -> None:
    """Set the counts ahead of helm. A helm that does not use server-side apply needs nobody to let go of them."""
    if server_side:
        take(client, takes)
        return
    for one in takes:
        client.patch(_kube.WORKLOADS[one.kind], one.name, body={"spec": {"replicas": one.replicas}}, fieldManager=HELM)


def let_go(client: KubeClient, takes: t.Iterable[Take]) -> None:
    """Leave the counts that are not to be held to helm alone, where it owns them: else they would fall back to 1."""
    for one in takes:
        resource = _kube.WORKLOADS[one.kind]
        if one.hold:
            continue
        owners = {owner.manager for owner in read_workload(client.get(resource, one.name), one.kind).owners}
        if owners - {MANAGER}:
            _apply(client, resource, name=one.name, spec={})
        if HELM in owners and owners - {MANAGER, HELM}:
            _evict(client, resource, name=one.name)


def _evict(client: KubeClient, resource: Resource, *, name: str) -> None:
    """Have helm own a count alone. Who has set the very value that helm has set would stop it at the next one."""
    for attempt in range(1, _ATTEMPTS + 1):
        metadata = client.get(resource, name)["metadata"]
        fields = list(filter(None, map(_without_count, metadata["managedFields"])))
        body = {"metadata": {"resourceVersion": metadata["resourceVersion"], "managedFields": fields}}
        try:
            client.patch(resource, name, body=body)
        except ConflictError:  # it has changed meanwhile
            if attempt == _ATTEMPTS:
                raise
        else:
            return


def _without_count(entry: Json) -> Json | None:
    """Return what a manager owns without `.spec.replicas`; None when it owned nothing else, helm's as it is."""
    owned = entry.get("fieldsV1") or {}
    if entry.get("manager") == HELM or "f:replicas" not in owned.get("f:spec", {}):
        return entry
    rest = {key: value for key, value in owned["f:spec"].items() if key != "f:replicas"}
    others = {key: value for key, value in owned.items() if key != "f:spec"}
    fields = {**others, **({"f:spec": rest} if rest else {})}
    return {**entry, "fieldsV1": fields} if fields else None


def _apply(client: KubeClient, resource: Resource, *, name: str, spec: Json, **query: str) -> Json:
    body = {"apiVersion": "apps/v1", "kind": resource.kind, "metadata": {"name": name}, "spec": spec}
    query = {"fieldManager": MANAGER, "force": "true", **query}
    return client.patch(resource, name, body=body, content_type=_kube.APPLY_PATCH, **query)
