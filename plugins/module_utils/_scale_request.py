# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which counts and autoscalers a task of milvus_scale asks for, and what it must not ask for. Pure. PRIVATE."""

from __future__ import annotations

import difflib
import re
import typing as t

from ._errors import OptionError
from ._topology import (
    COMPONENT_TYPES,
    COORDINATOR,
    DEPENDENCY_ROLES,
    STANDALONE,
    TOOL,
    WORKER,
    WORKER_TYPES,
    ComponentType,
)

Json = dict[str, t.Any]

# Why what is no worker type has no count here, and what to do instead.
_UNSCALABLE = {
    COORDINATOR: (
        "Milvus does not support scaling out the coordinators: of several of a kind one works, and the others stand by",
        "For an active-standby give milvus_install {values_key}.replicas and {values_key}.activeStandby.enabled.",
    ),
    STANDALONE: ("a standalone Milvus is one pod", "Leave it out; only a Milvus cluster has counts."),
    TOOL: ("it runs in one pod", "Leave it out."),
}
_DEPENDENCY = (
    "it is something that Milvus leans on, not a part of it",
    "Set its count in the release_values of milvus_install, where its chart has one.",
)
# Option → key in the chart's values, and the least that makes sense.
_SETTINGS = {
    "min_replicas": ("minReplicas", 1),
    "max_replicas": ("maxReplicas", 1),
    "cpu": ("cpuUtilization", 1),
    "memory": ("memoryUtilization", 1),
}
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


class Scaler(t.NamedTuple):
    """What becomes of a type's autoscaler; *settings* are values of the chart's `hpa`."""

    enabled: bool
    settings: t.Mapping[str, int] = {}


class Request(t.NamedTuple):
    """Counts (with resource groups: pods of each group) and autoscalers by worker type; *hints* are for the user."""

    counts: t.Mapping[str, int]
    autoscaling: t.Mapping[str, Scaler]
    hints: tuple[str, ...] = ()

    @property
    def types(self) -> frozenset[str]:
        """The worker types that the task mentions."""
        return frozenset({*self.counts, *self.autoscaling})


def read_request(options: t.Mapping[str, t.Any]) -> Request:
    """Read what a task asks for. What is null or blank is not asked for. Raises OptionError."""
    hints: list[str] = []
    counts = {
        key: _read_count(name, value, allow_zero=options["allow_zero"])
        for key, name, value in _read_types("replicas", options["replicas"], hints=hints)
    }
    autoscaling = {
        key: _read_scaler(name, value)
        for key, name, value in _read_types("autoscaling", options["autoscaling"], hints=hints)
    }
    for key, scaler in autoscaling.items():
        if scaler.enabled and key in counts:
            reason = f"the count of {key} cannot be both fixed and an autoscaler's"
            raise _unusable(
                f"replicas.{key}", reason, remedy=f"Leave it out, or set autoscaling.{key}.enabled to false."
            )
    if options["scale_in_step"] < 1:
        raise _unusable("scale_in_step", "it is less than 1", remedy="Set how many pods may be stopped at a time.")
    return Request(counts, autoscaling, tuple(hints))


def _read_types(option: str, given: t.Any, *, hints: list[str]) -> t.Iterator[tuple[str, str, t.Any]]:
    """Yield worker type, the name of the option in messages, and what is given."""
    seen: dict[str, str] = {}
    for name, value in (given or {}).items():
        if value is None or value == "":
            continue
        worker = _find_type(option, str(name))
        if worker.key in seen:
            reason = f"it is given twice, as {seen[worker.key]} and as {name}"
            raise _unusable(f"{option}.{worker.key}", reason, remedy="Leave one of them out.")
        seen[worker.key] = str(name)
        if name != worker.key:
            hints.append(f"{option}.{name} was taken as {option}.{worker.key}, which is how this collection calls it.")
        yield worker.key, f"{option}.{worker.key}", value


def _find_type(option: str, name: str) -> ComponentType:
    """Return the worker type that the user means, by our key, the chart's key or the pods' label."""
    for component in COMPONENT_TYPES:
        if name in (component.key, component.values_key, component.label):
            if component.role == WORKER:
                return component
            reason, remedy = _UNSCALABLE[component.role]
            raise _unusable(f"{option}.{name}", reason, remedy=remedy.format(values_key=component.values_key))
    if name in DEPENDENCY_ROLES:
        raise _unusable(f"{option}.{name}", _DEPENDENCY[0], remedy=_DEPENDENCY[1])
    known = [component.key for component in WORKER_TYPES]
    close = difflib.get_close_matches(name.lower(), known, n=1)
    remedy = f"Did you mean {close[0]}?" if close else f"The worker types are {', '.join(known)}."
    raise _unusable(f"{option}.{name}", "there is no worker type of that name", remedy=remedy)


def _read_count(name: str, value: t.Any, *, allow_zero: bool) -> int:
    count = _read_number(name, value)
    if count == 0 and not allow_zero:
        reason = "no pod of that type would be left, and Milvus not work without"
        raise _unusable(name, reason, remedy="Give at least 1, or set allow_zero.")
    return count


def _read_number(name: str, value: t.Any, *, least: int = 0) -> int:
    is_text = isinstance(value, str) and re.fullmatch(r"\s*-?\d+\s*", value, re.ASCII)
    if is_text or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _unusable(name, f"{value!r} is no whole number", remedy="Correct it.")
    if value < least:
        raise _unusable(name, f"{value} is less than {least}", remedy="Correct it; for an autoscaler set autoscaling.")
    return value


def _read_scaler(name: str, value: t.Any) -> Scaler:
    if not isinstance(value, dict):
        raise _unusable(
            name, f"{value!r} is no dictionary", remedy="Give enabled, min_replicas, max_replicas, cpu or memory."
        )
    given = {key: each for key, each in value.items() if each is not None and each != ""}
    enabled = _TRUTH.get(str(given.pop("enabled", True)).lower())
    if enabled is None:
        raise _unusable(f"{name}.enabled", f"{value['enabled']!r} is neither true nor false", remedy="Correct it.")
    unknown = sorted(given.keys() - _SETTINGS.keys())
    if unknown:
        close = difflib.get_close_matches(unknown[0], _SETTINGS, n=1)
        remedy = f"Did you mean {close[0]}?" if close else f"There are enabled, {', '.join(_SETTINGS)}."
        raise _unusable(f"{name}.{unknown[0]}", "there is no setting of that name", remedy=remedy)
    settings = {
        key: _read_number(f"{name}.{option}", given[option], least=least)
        for option, (key, least) in _SETTINGS.items()
        if option in given
    }
    return Scaler(enabled, settings)


def _unusable(option: str, reason: str, *, remedy: str) -> OptionError:
    return OptionError(f"Reading the option {option}", reason=reason, remedy=remedy)
