# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which resource of the API a kind is: by a table, else by what the API server says. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from . import _kube
from ._kube import Resource

if t.TYPE_CHECKING:
    from ._kube import KubeClient
    from ._manifest import Item, Manifest

_RBAC = "rbac.authorization.k8s.io"
# What the chart renders by default and every API server serves.
_KNOWN = (
    *(_kube.SECRETS, _kube.CONFIG_MAPS, _kube.SERVICES, _kube.CLAIMS, _kube.DEPLOYMENTS, _kube.STATEFUL_SETS),
    *(_kube.JOBS, _kube.AUTOSCALERS, _kube.BUDGETS),
    Resource("ServiceAccount", "serviceaccounts"),
    Resource("Role", "roles", _RBAC),
    Resource("RoleBinding", "rolebindings", _RBAC),
    Resource("ClusterRole", "clusterroles", _RBAC, namespaced=False),
    Resource("ClusterRoleBinding", "clusterrolebindings", _RBAC, namespaced=False),
    Resource("NetworkPolicy", "networkpolicies", "networking.k8s.io"),
    Resource("Ingress", "ingresses", "networking.k8s.io"),
)


class Kinds(t.NamedTuple):
    """The resource of each apiVersion and kind, and those that the API server does not have."""

    served: t.Mapping[tuple[str, str], Resource]
    unserved: tuple[tuple[str, str], ...]

    def find(self, item: Item) -> Resource | None:
        """Return the resource that an object belongs to, None where the API server has none."""
        return self.served.get(name_kind(item))


def name_kind(item: Item) -> tuple[str, str]:
    """Return the apiVersion and kind of an object."""
    return str(item.body.get("apiVersion")), item.kind


def find_kinds(client: KubeClient, *manifests: Manifest) -> Kinds:
    """Find the resources of all kinds in the manifests; beyond the table, by one request for each apiVersion."""
    wanted = {name_kind(item) for manifest in manifests for item in manifest.values()}
    found = {(_join(one), one.kind): one for one in _KNOWN}
    unknown = {version for version, _kind in wanted - {*found}}
    for version in sorted(unknown & _list_versions(client) if unknown else ()):
        found.update({(version, one.kind): one for one in _discover(client, version)})
    return Kinds({key: found[key] for key in sorted(wanted & {*found})}, tuple(sorted(wanted - {*found})))


def _join(one: Resource) -> str:
    return f"{one.group}/{one.version}" if one.group else one.version


def _list_versions(client: KubeClient) -> set[str]:
    """Return the apiVersions that there are; asking for one that is not there is not answered in JSON."""
    groups = client.get_path("/apis").get("groups") or ()
    return {"v1", *(version["groupVersion"] for group in groups for version in group.get("versions") or ())}


def _discover(client: KubeClient, api_version: str) -> t.Iterator[Resource]:
    group, _slash, version = api_version.rpartition("/")
    for entry in client.get_path(f"/apis/{api_version}" if group else f"/api/{version}").get("resources") or ():
        if "/" not in entry["name"]:
            yield Resource(entry["kind"], entry["name"], group, version, bool(entry.get("namespaced")))
