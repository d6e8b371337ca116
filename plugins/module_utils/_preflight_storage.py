# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether there are volumes for the claims that a change adds. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._preflight_check import FAILED, PASSED, WARNED, Check
from ._topology import dig

if t.TYPE_CHECKING:
    from ._preflight_demand import WantedClaim

Json = dict[str, t.Any]

NAME = "storage_class"

_IS_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
_NO_DEFAULT = "Make a StorageClass the default one, or set storageClass of each persistence in release_values."


def find_classless(claims: t.Iterable[WantedClaim], classes: t.Iterable[Json]) -> dict[str, tuple[WantedClaim, ...]]:
    """Return the claims that no StorageClass provides for, by the class that they want; "" for the default one.

    An empty class, which asks for a volume that is there already, is never among them.
    """
    names: set[str | None] = set()
    for item in classes:
        names.add(item["metadata"]["name"])
        if any(dig(item, "metadata", "annotations").get(key) == "true" for key in _IS_DEFAULT):
            names.add(None)
    found: dict[str, tuple[WantedClaim, ...]] = {}
    for claim in claims:
        if claim.storage_class != "" and claim.storage_class not in names:
            wanted = claim.storage_class or ""
            found[wanted] = (*found.get(wanted, ()), claim)
    return found


def judge_storage(
    claims: t.Sequence[WantedClaim],
    classless: t.Mapping[str, t.Sequence[WantedClaim]],
    *,
    volumes: t.Iterable[Json] | None,
) -> Check:
    """Judge by the claims without a class, which volumes made by hand may serve; None where those may not be read."""
    if not claims:
        return Check(NAME, PASSED, "no volume claim is added")
    if not classless:
        return Check(NAME, PASSED, f"there is a class for each of the {len(claims)} volume claims")
    free = [dig(item, "spec").get("storageClassName") or "" for item in volumes or () if _is_free(item)]
    short = {name: wanted for name, wanted in classless.items() if free.count(name) < len(wanted)}
    if not short:
        return Check(NAME, PASSED, "there are free volumes for the claims that have no class")
    evidence = "; ".join(_describe(name, wanted) for name, wanted in short.items())
    remedy = _NO_DEFAULT if "" in short else "Create the StorageClass, or name another one in release_values."
    if volumes is None:
        return Check(NAME, WARNED, f"{evidence}; whether volumes were made for them by hand may not be read", remedy)
    return Check(NAME, FAILED, evidence, remedy)


def _is_free(volume: Json) -> bool:
    return dig(volume, "status").get("phase") == "Available"


def _describe(name: str, claims: t.Sequence[WantedClaim]) -> str:
    owners = ", ".join(sorted({claim.owner for claim in claims}))
    lack = f"no StorageClass {name}" if name else "no default StorageClass"
    return f"there is {lack} for the {len(claims)} volume claims of {owners}"
