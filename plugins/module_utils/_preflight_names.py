# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether Kubernetes takes the names that a chart has made of the release's. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._preflight_check import FAILED, PASSED, Check
from ._topology import dig

if t.TYPE_CHECKING:
    from ._manifest import Item

NAME = "names"

_LABEL = 63
# Kind → the length of its longest name, where that is not 253: a Service and a Job are labels as they are, pods of a
# StatefulSet carry a label of its name and a hash of 10 characters, Jobs of a CronJob its name and a number.
_LONGEST = {"Service": _LABEL, "Job": _LABEL, "StatefulSet": _LABEL - 11, "CronJob": _LABEL - 11}
_SHOWN = 5


class TooLong(t.NamedTuple):
    """A name with more characters than there may be; *excess* of them."""

    what: str
    excess: int


def judge_names(items: t.Iterable[Item], *, release: str) -> Check:
    """Look at the objects that are new."""
    found = [each for item in items for each in _find_too_long(item)]
    if not found:
        return Check(NAME, PASSED, "no new name or label is too long")
    shown = "; ".join(one.what for one in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    excess = max(one.excess for one in found)
    shorter = f"Take a release_name that is {excess} characters shorter than {release}, or set fullnameOverride"
    return Check(NAME, FAILED, f"{shown}{more}", f"{shorter} in release_values.")


def _find_too_long(item: Item) -> t.Iterator[TooLong]:
    longest = _LONGEST.get(item.kind, 253)
    if len(item.name) > longest:
        what = f"{item.kind} {item.name} has {len(item.name)} characters, and {longest} are the most"
        yield TooLong(what, len(item.name) - longest)
    for place in (("metadata",), ("spec", "template", "metadata")):
        for label, value in dig(item.body, *place, "labels").items():
            if len(str(value)) > _LABEL:
                what = f"the label {label} of {item.kind} {item.name} has {len(str(value))} characters"
                yield TooLong(f"{what}, and {_LABEL} are the most", len(str(value)) - _LABEL)
