# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A filter that finds counts that an install and a scale would set against each other for ever."""

from __future__ import annotations

import typing as t

import yaml

from ansible_collections.milvus.cluster.plugins.module_utils._topology import WORKER_TYPES, ComponentType

Json = dict[str, t.Any]

_OPEN_COUNT = "-1"  # with which the chart leaves the count to an autoscaler
_PREFIX = "milvus_scale_"


class Claim(t.NamedTuple):
    """A count that a variable sets."""

    variable: str
    number: str


def count_conflicts(install: t.Mapping[str, t.Any], scale: t.Mapping[str, t.Any]) -> list[str]:
    """Return a sentence for each worker type that the variables of the two roles give different counts.

    install: variables with values for the chart, each a dictionary, its text, or a list of them; later ones win
    scale: those of the role milvus_scale
    """
    sentences = []
    for worker in WORKER_TYPES:
        one, other = _find_install(worker, install), _find_scale(worker, scale)
        if one and other and one.number != other.number:
            count = "another number" if "sensitive" in one.variable else one.number
            wanted = "an autoscaler" if other.number == _OPEN_COUNT else other.number
            sentences.append(
                f"{one.variable} gives {worker.values_key}.replicas {count}, and {other.variable} wants {wanted}. "
                f"Leave {worker.values_key}.replicas out of {one.variable}."
            )
    return sentences


def _find_install(worker: ComponentType, install: t.Mapping[str, t.Any]) -> Claim | None:
    """Return the count that the merged values have, None without, and where null has taken it out."""
    claim = None
    for variable, given in install.items():
        for values in map(_read, given if isinstance(given, list) else [given]):
            if worker.values_key in values:
                own = values[worker.values_key]
                if own is None:
                    claim = None
                elif isinstance(own, dict) and "replicas" in own:
                    claim = None if own["replicas"] is None else Claim(variable, str(own["replicas"]).strip())
    return claim


def _find_scale(worker: ComponentType, scale: t.Mapping[str, t.Any]) -> Claim | None:
    variable, scaler = _find(worker, scale, option="autoscaling")
    if isinstance(scaler, dict) and str(scaler.get("enabled", True)).lower() not in ("false", "no"):
        return Claim(variable, _OPEN_COUNT)
    flat = _PREFIX + worker.key
    variable, count = (flat, scale[flat]) if not _is_blank(scale.get(flat)) else _find(worker, scale, option="replicas")
    return None if _is_blank(count) else Claim(variable, str(count).strip())


def _find(worker: ComponentType, scale: t.Mapping[str, t.Any], *, option: str) -> tuple[str, t.Any]:
    """Return the name of an entry for the type, by any of the type's names, and the entry, None without."""
    given = _read(scale.get(_PREFIX + option))
    name = next((name for name in given if name in worker[:3]), worker.key)
    return f"{_PREFIX}{option}.{name}", given.get(name)


def _read(given: t.Any) -> Json:
    """Return a dictionary that may be given as its text."""
    read = yaml.safe_load(given) if isinstance(given, str) else given
    return read if isinstance(read, dict) else {}


def _is_blank(value: t.Any) -> bool:
    return value is None or str(value).strip() == ""


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return them by name."""
        return {"count_conflicts": count_conflicts}
