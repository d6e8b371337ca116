# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Results of modules and roles as a report gets them."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

RELEASE: Json = {
    "name": "my-release",
    "namespace": "milvus",
    "revision": 3,
    "status": "deployed",
    "chart": "milvus",
    "chart_version": "5.0.19",
    "app_version": "2.6.15",
}
PORT: Json = {"port_name": "milvus", "scope": "cluster", "host": "my-release-milvus.milvus.svc", "port": 19530}
METRICS: Json = {**PORT, "port_name": "metrics", "port": 9091}


def at(seconds: float) -> str:
    """A time so many seconds after six o'clock, as modules tell it."""
    minutes, rest = divmod(seconds, 60)
    return f"2026-11-29T06:{minutes:02.0f}:{rest:06.3f}+00:00"


def component(kind: str, desired: int, *, ready: int | None = None, group: str = "") -> Json:
    """A Deployment."""
    return {"type": kind, "group": group, "desired": desired, "ready": desired if ready is None else ready}


def dependency(role: str, product: str, *pods: int, external: bool = False) -> Json:
    """What Milvus leans on, with workloads of so many pods, all ready."""
    return {
        "role": role,
        "product": product,
        "external": external,
        "workloads": [{"desired": count, "ready": count} for count in pods],
    }


def place(*values: str | int | None) -> Json:
    """The pods of a workload on a node, all of them ready: type, node, zone, pods."""
    return {**dict(zip(("type", "node", "zone", "pods"), values)), "ready": values[-1]}


def count(*values: str | int | None) -> Json:
    """A Deployment with its counts: type, before, after."""
    return {**dict(zip(("type", "before", "after"), values)), "group": "", "workload": f"my-release-milvus-{values[0]}"}


def check(name: str, outcome: str = "passed", **words: str) -> Json:
    """How a check came out."""
    return {"name": name, "outcome": outcome, "evidence": "", "reason": "", "remedy": "", **words}


COMPONENTS = [
    component("query_node", 3),
    component("data_node", 1),
    component("streaming_node", 1),
    component("proxy", 2),
    component("mix_coordinator", 1),
]
DEPENDENCIES = [
    dependency("etcd", "etcd", 3),
    dependency("object_storage", "s3", external=True),
    dependency("message_queue", "woodpecker"),
]
PLACEMENT = [
    place("query_node", "node-1", "east", 2),
    place("query_node", "node-2", "west", 1),
    place("data_node", "node-2", "west", 1),
    place("streaming_node", "node-1", "east", 1),
    place("proxy", "node-1", "east", 1),
    place("proxy", "node-2", "west", 1),
    place("mix_coordinator", "node-2", "west", 1),
    place("etcd", "node-1", "east", 3),
]
COMMON: Json = {
    "changed": False,
    "release": RELEASE,
    "components": COMPONENTS,
    "dependencies": DEPENDENCIES,
    "endpoints": [PORT, METRICS],
}
INSTALL: Json = {
    **COMMON,
    "changed": True,
    "components": [component("query_node", 1)],
    "counts": [count(kind, None, 1) for kind in ("query_node", "data_node", "streaming_node", "proxy")],
    "started_at": at(0),
    "ended_at": at(12),
    "waited": 4.5,
    "warnings": ["Mind the gap."],
}
SCALE: Json = {
    **COMMON,
    "changed": True,
    "counts": [count("query_node", 1, 3), count("data_node", 1, 1), count("proxy", 1, 2)],
    "steps": [
        {"title": "query_node 1 → 3", "changed": True, "started_at": at(15), "ended_at": at(20), "waited": 2.0},
        {"title": "proxy 1 → 2", "changed": True, "started_at": at(21), "ended_at": at(24), "waited": 1.0},
        {"title": "what is left", "changed": False, "started_at": at(25), "ended_at": at(25.5), "waited": None},
    ],
    "started_at": at(25),
    "ended_at": at(25.5),
    "warnings": ["Mind the gap."],
}
VERIFY: Json = {
    **COMMON,
    "placement": PLACEMENT,
    "checks": [check("release", evidence="revision 3 is deployed"), check("health", "skipped", reason="it is not")],
    "started_at": at(27),
    "ended_at": at(30),
    "waited": 0.1,
}
RESULTS: Json = {"install": INSTALL, "scale": SCALE, "verify": VERIFY}


def fail(stage: str, **others: t.Any) -> Json:
    """The results of a run that ends with the failure of a stage."""
    stages = list(RESULTS)[: list(RESULTS).index(stage)]
    failure = {**RESULTS[stage], "failed": True, "msg": "It failed: no room. Make room.", **others}
    return {**{each: RESULTS[each] for each in stages}, stage: failure}
