# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Owning a workload's count for as long as helm would fight over it. PRIVATE to this collection.

Under server-side apply a field belongs to the managers that have set it. Ours takes over `.spec.replicas` alone, from
whoever scaled the workload; helm then sets the same count and owns it too, and ours lets go.
"""

from __future__ import annotations

import typing as t

from . import _kube
from ._live import read_workload

if t.TYPE_CHECKING:
    from ._draft import Take
    from ._kube import KubeClient, Resource

Json = dict[str, t.Any]

MANAGER = "milvus.cluster"
_HELM = "helm"
_RESOURCES = {resource.kind: resource for resource in (_kube.DEPLOYMENTS, _kube.STATEFUL_SETS)}


def take(client: KubeClient, takes: t.Iterable[Take]) -> None:
    """Set the counts, and own them alone."""
    for one in takes:
        _apply(client, _RESOURCES[one.kind], name=one.name, spec={"replicas": one.replicas})


def rehearse(client: KubeClient, takes: t.Iterable[Take]) -> None:
    """Ask the API server what it would say to the counts. Raises RefusedError for a rule of the cluster."""
    for one in takes:
        _apply(client, _RESOURCES[one.kind], name=one.name, spec={"replicas": one.replicas}, dryRun="All")


def step(client: KubeClient, takes: t.Iterable[Take], *, server_side: bool) -> None:
    """Set the counts ahead of helm. A helm that does not use server-side apply needs nobody to let go of them."""
    if server_side:
        take(client, takes)
        return
    for one in takes:
        client.patch(_RESOURCES[one.kind], one.name, body={"spec": {"replicas": one.replicas}}, fieldManager=_HELM)


def let_go(client: KubeClient, takes: t.Iterable[Take]) -> None:
    """Give up the counts that are not to be held, where somebody else owns them too: else they would fall back to 1."""
    for one in takes:
        resource = _RESOURCES[one.kind]
        if one.hold:
            continue
        owners = read_workload(client.get(resource, one.name), one.kind).owners
        if any(owner.manager != MANAGER for owner in owners):
            _apply(client, resource, name=one.name, spec={})


def _apply(client: KubeClient, resource: Resource, *, name: str, spec: Json, **query: str) -> None:
    body = {"apiVersion": "apps/v1", "kind": resource.kind, "metadata": {"name": name}, "spec": spec}
    query = {"fieldManager": MANAGER, "force": "true", **query}
    client.patch(resource, name, body=body, content_type=_kube.APPLY_PATCH, **query)
