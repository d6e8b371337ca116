# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What one pod asks for, as the scheduler and quotas count it. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t
from fractions import Fraction

from ._quantity import read_given
from ._topology import dig

Json = dict[str, t.Any]
Amounts = t.Mapping[str, Fraction]

COMPUTE = ("cpu", "memory")


class Size(t.NamedTuple):
    """Requests and limits of a pod, by COMPUTE. *unset* names those that some container leaves out: "limits.cpu"."""

    requests: Amounts
    limits: Amounts
    unset: frozenset[str] = frozenset()


NOTHING = Size({}, {})


class _Container(t.NamedTuple):
    requests: Amounts
    limits: Amounts


def read_defaults(limit_ranges: t.Iterable[Json]) -> Size:
    """Return what LimitRanges give to containers that ask for nothing."""
    found: dict[str, Amounts] = {"defaultRequest": {}, "default": {}}
    for item in limit_ranges:
        for limit in dig(item, "spec").get("limits") or ():
            if limit.get("type") == "Container":
                found = {key: {**_read(limit.get(key)), **known} for key, known in found.items()}
    return Size(found["defaultRequest"], found["default"])


def measure(spec: Json, defaults: Size = NOTHING) -> Size:
    """Measure a pod by its spec. Containers that run one after the other count once, as does the scheduler's sum."""
    main = [_read_container(one, defaults) for one in spec.get("containers") or ()]
    early = [(_read_container(one, defaults), _is_sidecar(one)) for one in spec.get("initContainers") or ()]
    overhead = _read(spec.get("overhead"))
    unset = {
        f"{what}.{resource}"
        for container in (*main, *(one for one, _sidecar in early))
        for what, amounts in container._asdict().items()
        for resource in COMPUTE
        if resource not in amounts
    }
    requests, limits = (
        {resource: _peak(main, early, what=what, resource=resource) + overhead.get(resource, 0) for resource in COMPUTE}
        for what in ("requests", "limits")
    )
    return Size(requests, limits, frozenset(unset))


def _peak(
    main: t.Sequence[_Container], early: t.Sequence[tuple[_Container, bool]], *, what: str, resource: str
) -> Fraction:
    """Return the most that a pod uses at a time: init containers run in turn, sidecars among them stay."""
    staying = highest = Fraction(0)
    for container, is_sidecar in early:
        amount = getattr(container, what).get(resource, Fraction(0))
        highest = max(highest, staying + amount)
        staying += amount if is_sidecar else 0
    return max(highest, staying + sum((getattr(one, what).get(resource, Fraction(0)) for one in main), Fraction(0)))


def _is_sidecar(container: Json) -> bool:
    return container.get("restartPolicy") == "Always"


def _read_container(container: Json, defaults: Size) -> _Container:
    given = dig(container, "resources")
    limits = _read(given.get("limits"))
    # The API server takes given limits for requests before a LimitRange has its turn.
    requests = {**defaults.requests, **limits, **_read(given.get("requests"))}
    return _Container(requests, {**defaults.limits, **limits})


def _read(amounts: t.Any) -> dict[str, Fraction]:
    found = amounts if isinstance(amounts, dict) else {}
    return {resource: read_given(found[resource]) for resource in COMPUTE if found.get(resource) is not None}
