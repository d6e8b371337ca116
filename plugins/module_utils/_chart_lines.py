# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What the lines of the Milvus chart can do, and why a worker type is missing. Pure. PRIVATE to this collection.

Which components a release has is read from its manifest (_topology). This file only words answers and guards.
"""

from __future__ import annotations

import re
import typing as t

from ._topology import WORKER_TYPES, dig, find_value

if t.TYPE_CHECKING:
    from ._release import Release

Version = tuple[int, int, int]

_OMITS_COUNT = (4, 1, 5)  # before it, `replicas: -1` reaches the API server as it stands
_RESOURCE_GROUPS = (5, 0, 17)
_MERGED_INDEX_NODE = (5, 0, 0)
_STREAMING_NODE = (5, 0, 0)


class Capabilities(t.NamedTuple):
    """What the chart of a release can do. *missing* has a reason for each worker type it cannot run."""

    chart_line: str
    milvus_line: str
    autoscaling: tuple[str, ...]
    resource_groups: bool
    open_count: bool
    missing: t.Mapping[str, str]


def parse_version(text: str) -> Version:
    """Return the three numbers a version starts with; zeros for those it lacks."""
    numbers = [int(number) for number in re.findall(r"\d+", re.split(r"[-+]", text.lstrip("v"), maxsplit=1)[0])[:3]]
    major, minor, patch = [*numbers, 0, 0, 0][:3]
    return major, minor, patch


def describe(release: Release) -> Capabilities:
    """Say what the chart of *release* can do."""
    version = parse_version(release.chart.version)
    missing = dict(_missing(version))
    return Capabilities(
        _line(release.chart.version),
        _line(release.chart.app_version),
        tuple(
            component.key
            for component in WORKER_TYPES
            # 5.x keeps the values of index nodes though it has no template for their autoscaler.
            if component.key not in missing and find_value(release, component.values_key, "hpa") is not None
        ),
        version >= _RESOURCE_GROUPS or "replicaResourceGroups" in release.chart.defaults,
        version >= _OMITS_COUNT,
        missing,
    )


def _line(version: str) -> str:
    return ".".join(str(number) for number in parse_version(version)[:2]) if version else ""


def _missing(version: Version) -> t.Iterator[tuple[str, str]]:
    if version >= _MERGED_INDEX_NODE:
        yield "index_node", "Index nodes are merged into data nodes since Milvus 2.6: scale data_node."
    if version < _STREAMING_NODE:
        yield "streaming_node", "Streaming nodes come with Milvus 2.6, chart 5.0."


def find_reuse(release: Release) -> str:
    """Return how the release shows that `helm upgrade --reuse-values` has overwritten its chart's defaults, or "".

    That flag keeps the defaults of the chart before, with the user's values of then baked in; Helm stores them as the
    new chart's own. The chart names its Milvus image after its appVersion and starts one pod of each worker type.
    """
    defaults, chart = release.chart.defaults, release.chart
    tag = dig(defaults, "image", "all").get("tag")
    if isinstance(tag, str) and chart.app_version and tag.lstrip("v") != chart.app_version.lstrip("v"):
        return f"chart {chart.version} is of Milvus {chart.app_version}, its stored default image tag is {tag}"
    for component in WORKER_TYPES:
        default = dig(defaults, component.values_key).get("replicas")
        if default not in (None, 1) and dig(release.values, component.values_key).get("replicas") == default:
            return f"the stored default of {component.values_key}.replicas is {default}, as the user's value"
    return ""
