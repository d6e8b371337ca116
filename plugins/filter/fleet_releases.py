# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A filter that lists the releases of an inventory."""

from __future__ import annotations

import collections
import typing as t

from ansible.errors import AnsibleFilterError

Variables = t.Mapping[str, t.Any]

_LIST = "milvus_releases"
_PREFIX = "milvus_"
# What says which cluster it is; blank is the same as not given.
_CLUSTER = ("milvus_kubeconfig", "milvus_context", "milvus_install_host", "milvus_scale_host")


class Place(t.NamedTuple):
    """A release of the inventory: its host, its number in the list of the host, and where it is on the cluster."""

    host: str
    number: int
    namespace: str
    release: str
    cluster: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the host that stands for it."""
        return f"{self.host}/{self.namespace}/{self.release}"


def fleet_releases(hosts: t.Iterable[str], hostvars: t.Mapping[str, Variables]) -> list[dict[str, t.Any]]:
    """Return each release of the *hosts*, in their order: name, host and number in the list of the host.

    A host without `milvus_releases` stands for the one release that its own variables describe.

    Raises: AnsibleFilterError where a list is none of dictionaries of this collection's variables, where two entries
    are one release, and where there is none at all.
    """
    places = [place for host in hosts for place in _list_places(host, hostvars[host])]
    if not places:
        raise AnsibleFilterError("The fleet has no release: no host that is chosen has any in milvus_releases.")
    by_target = collections.defaultdict(list)
    for place in places:
        by_target[place[2:]].append(place.name)
    twice = [" and ".join(names) for names in by_target.values() if len(names) > 1]
    if twice:
        raise AnsibleFilterError(f"Each release may be there once in the fleet, these are one: {'; '.join(twice)}.")
    return [{"name": place.name, "host": place.host, "number": place.number} for place in places]


def _list_places(host: str, variables: Variables) -> t.Iterator[Place]:
    entries = variables.get(_LIST)
    for number, entry in enumerate([{}] if entries is None else _check(host, entries)):
        merged = {**{name: variables.get(name) for name in ("milvus_release", "milvus_namespace", *_CLUSTER)}, **entry}
        namespace, release = (str(merged[f"milvus_{part}"] or "milvus") for part in ("namespace", "release"))
        yield Place(host, number, namespace, release, tuple(str(merged[name] or "") for name in _CLUSTER))


def _check(host: str, entries: t.Any) -> list[Variables]:
    if not isinstance(entries, (list, tuple)) or not all(isinstance(entry, t.Mapping) for entry in entries):
        raise AnsibleFilterError(f"{_LIST} of {host} has to be a list of dictionaries, one for each release.")
    for number, entry in enumerate(entries, start=1):
        strange = sorted(str(name) for name in entry if not str(name).startswith(_PREFIX))
        if strange:
            raise AnsibleFilterError(
                f"Entry {number} of {_LIST} of {host} has {', '.join(strange)}: "
                f"write variables of the roles there, such as milvus_release or milvus_scale_query_node."
            )
    return list(entries)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return them by name."""
        return {"fleet_releases": fleet_releases}
