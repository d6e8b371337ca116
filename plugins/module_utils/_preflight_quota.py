# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether the quotas of the namespace leave what a change adds. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t
from fractions import Fraction

from ._preflight_check import FAILED, PASSED, UNCHECKED, Check
from ._quantity import read_quantity, show_quantity
from ._topology import dig

if t.TYPE_CHECKING:
    from ._pod_size import Amounts
    from ._preflight_demand import PodSet

Json = dict[str, t.Any]

NAME = "quota"

_COMPUTE = {"cpu": "requests.cpu", "memory": "requests.memory"}
_REMEDY = "Have the quota raised, or ask for less in release_values."


def has_compute(quotas: t.Iterable[Json]) -> bool:
    """Whether a quota counts cpu or memory, so that it matters what a LimitRange gives to containers."""
    return any(key.endswith(("cpu", "memory")) for item in quotas for key in _hard(item))


def judge_quotas(
    quotas: t.Sequence[Json], adds: Amounts, *, pod_sets: t.Sequence[PodSet], defaults_known: bool
) -> Check:
    """Compare what a change *adds*, by the keys of a quota, with what each quota leaves.

    What containers without a figure of their own get is only known with *defaults_known*.
    """
    if not quotas:
        return Check(NAME, PASSED, "there is no quota")
    plain = [item for item in quotas if not _is_scoped(item)]
    found = [each for item in plain for each in _find_excess(item, adds)]
    if defaults_known:
        found += [each for item in plain for each in _find_unset(item, pod_sets)]
    if found:
        return Check(NAME, FAILED, "; ".join(found), _REMEDY)
    scoped = [f"ResourceQuota {_name(item)} is for certain pods only" for item in quotas if _is_scoped(item)]
    if scoped:
        return Check(NAME, UNCHECKED, "; ".join(scoped))
    return Check(NAME, PASSED, f"ResourceQuota {', '.join(map(_name, plain))}: room for what is added")


def _find_excess(item: Json, adds: Amounts) -> t.Iterator[str]:
    used = dig(item, "status", "used")
    for key, limit in _hard(item).items():
        needs, hard = adds.get(key, Fraction(0)), read_quantity(limit)
        left = hard - read_quantity(used.get(key, 0))
        if needs > 0 and needs > left:
            needed, rest, whole = (show_quantity(key, number) for number in (needs, max(left, Fraction(0)), hard))
            yield f"it needs {needed} more {_word(key)}, and ResourceQuota {_name(item)} leaves {rest} of {whole}"


def _find_unset(item: Json, pod_sets: t.Iterable[PodSet]) -> t.Iterator[str]:
    """Find pods that the API server will not take: they leave out what a quota counts."""
    wanted = {_COMPUTE.get(key, key) for key in _hard(item)}
    for one in pod_sets:
        lacks = sorted(wanted & one.new.unset)
        if one.added and lacks:
            yield f"ResourceQuota {_name(item)} counts {', '.join(lacks)}, which {one.key} does not set"


def _hard(item: Json) -> Json:
    return dig(item, "status", "hard") or dig(item, "spec", "hard")


def _is_scoped(item: Json) -> bool:
    """Whether it counts certain pods only. Those that have no deadline are what a chart has."""
    spec = dig(item, "spec")
    return bool(set(spec.get("scopes") or ()) - {"NotTerminating"} or spec.get("scopeSelector"))


def _word(key: str) -> str:
    return "volume claims" if key == "persistentvolumeclaims" else key


def _name(item: Json) -> str:
    return str(item["metadata"]["name"])
