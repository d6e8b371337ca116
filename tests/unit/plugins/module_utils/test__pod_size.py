# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t
from fractions import Fraction

from ansible_collections.milvus.cluster.plugins.module_utils._pod_size import measure, read_defaults

Json = dict[str, t.Any]
GIB = Fraction(2**30)


def container(requests: Json | None = None, limits: Json | None = None, **rest: t.Any) -> Json:
    return {"name": "c", "resources": {"requests": requests, "limits": limits}, **rest}


def test_containers_are_added_up() -> None:
    size = measure({"containers": [container({"cpu": "1", "memory": "1Gi"}), container({"cpu": "500m"})]})
    assert size.requests == {"cpu": Fraction(3, 2), "memory": GIB}
    assert size.limits == {"cpu": 0, "memory": 0}
    assert size.unset == {"requests.memory", "limits.cpu", "limits.memory"}


def test_init_containers_run_in_turn() -> None:
    spec = {"containers": [container({"cpu": "1"})], "initContainers": [container({"cpu": "2"}), container({"cpu": 3})]}
    assert measure(spec).requests["cpu"] == 3


def test_sidecars_stay() -> None:
    sidecar = container({"cpu": "1"}, restartPolicy="Always")
    spec = {"containers": [container({"cpu": "1"})], "initContainers": [sidecar, container({"cpu": "2"})]}
    assert measure(spec).requests["cpu"] == 3
    spec = {"containers": [container({"cpu": "4"})], "initContainers": [sidecar, container({"cpu": "2"})]}
    assert measure(spec).requests["cpu"] == 5


def test_overhead_counts() -> None:
    assert measure({"containers": [container({"cpu": "1"})], "overhead": {"cpu": "250m"}}).requests["cpu"] == Fraction(
        5, 4
    )


def test_limits_stand_in_for_requests() -> None:
    size = measure({"containers": [container(None, {"cpu": "2", "memory": "1Gi"})]})
    assert size.requests == size.limits == {"cpu": 2, "memory": GIB}
    assert size.unset == frozenset()


def test_a_limit_range_stands_in_for_both() -> None:
    limits = [
        {"type": "Pod", "max": {"cpu": "8"}},
        {"type": "Container", "default": {"cpu": "2", "memory": "1Gi"}, "defaultRequest": {"cpu": "1"}},
    ]
    defaults = read_defaults([{"spec": {"limits": limits}}])
    size = measure({"containers": [container(), container(None, {"cpu": "500m"})]}, defaults)
    assert size.requests["cpu"] == Fraction(3, 2)
    assert size.limits == {"cpu": Fraction(5, 2), "memory": 2 * GIB}
    assert size.unset == {"requests.memory"}


def test_nothing() -> None:
    assert measure({}).requests == {"cpu": 0, "memory": 0}
    assert read_defaults([]).requests == {}
