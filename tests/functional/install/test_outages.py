# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The API server out of reach at a random moment of an upgrade: it goes on, or fails, and the next run repairs that."""

from __future__ import annotations

import contextlib
import json
import os
import random
import time
import typing as t
from pathlib import Path

import pytest

from cut_proxy import CutProxy
from installer import FEW, Installer
from lab_components import Component
from milvus_lab import labs, toolchain
from milvus_lab.client import HELMS, Client, CommandFailedError, wait_for
from release_states import Cluster
from watched_helm import WatchedHelm

Json = dict[str, t.Any]

pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")

USER = "caller"
# The API server answers 429 to that user, and to nobody else.
LEVEL = {
    "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
    "kind": "PriorityLevelConfiguration",
    "metadata": {"name": "none"},
    "spec": {"type": "Limited", "limited": {"nominalConcurrencyShares": 0, "limitResponse": {"type": "Reject"}}},
}
SCHEMA = {
    "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
    "kind": "FlowSchema",
    "metadata": {"name": "none"},
    "spec": {
        "matchingPrecedence": 2,
        "priorityLevelConfiguration": {"name": "none"},
        "rules": [
            {
                "subjects": [{"kind": "User", "user": {"name": USER}}],
                "resourceRules": [
                    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}
                ],
                "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            }
        ],
    },
}


class Road(t.NamedTuple):
    """How the module reaches the API server, and how that is broken and mended."""

    breaks: t.Callable[[], t.Any]
    mends: t.Callable[[], t.Any]
    options: t.Mapping[str, t.Any] = {}


def go_away(lab: Client) -> Road:
    server = Component(lab, "kube-apiserver")
    return Road(server.end, server.start)


def hold_server(lab: Client) -> Road:
    server = Component(lab, "kube-apiserver")
    return Road(server.hold, server.release)


def hold_store(lab: Client) -> Road:
    store = Component(lab, "etcd")
    return Road(store.hold, store.release)


def reset_connections(_lab: Client) -> Road:
    proxy = CutProxy()
    return Road(proxy.cut, proxy.mend, {"proxy": proxy.url})


def answer_429(lab: Client) -> Road:
    lab.kubectl("create", "clusterrolebinding", USER, "--clusterrole=cluster-admin", f"--user={USER}")
    storm = json.dumps({"apiVersion": "v1", "kind": "List", "items": [LEVEL, SCHEMA]})
    return Road(
        lambda: lab.kubectl("create", "--filename", "-", stdin=storm),
        lambda: lab.kubectl("delete", "--filename", "-", stdin=storm),
        {"impersonate_user": USER},
    )


ROADS = (go_away, hold_server, hold_store, reset_connections, answer_429)


@pytest.fixture(params=ROADS, ids=lambda one: one.__name__)
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> t.Iterator[tuple[Installer, Road]]:
    """A release in a lab of its own, and a road to it that can be broken."""
    name = f"outage-{os.getpid()}"
    lab = Client(labs.up(name, say=toolchain.say_plainly))
    lab.kubectl("create", "namespace", "outage")
    which = random.choice(sorted(HELMS))
    installer = Installer(Cluster(lab, "outage", which), WatchedHelm(lab.program(HELMS[which]), tmp_path / "starts"))
    yield installer, request.param(lab)
    labs.down(name)


def is_ready(lab: Client) -> bool:
    """Whether the API server has come up again."""
    with contextlib.suppress(CommandFailedError):
        return lab.kubectl("get", "--raw", "/readyz") == "ok"
    return False


def survive(installer: Installer, road: Road, *, count: int, seconds: float) -> str:
    """Break the road at a random moment of a scale-out, and say how it ended; the next run must bring it about."""
    values = {**FEW, "queryNode": {"replicas": count}}
    began, delay = time.monotonic(), random.uniform(0, 3)
    started = installer.start(release_values=values, wait_timeout=600, **road.options)
    time.sleep(delay)
    road.breaks()
    time.sleep(seconds)
    road.mends()
    result = started.finish(timeout=900)
    wait_for("the API server", lambda: is_ready(installer.cluster.lab))
    story = f"{count} query nodes, {delay:.1f} s, {seconds:g} s: {result.get('msg', 'recovered')}"
    print(f"{story} ({time.monotonic() - began:.0f} s in all)")
    if result.get("failed"):
        assert result["error"]["kind"] != "OptionError", result["msg"]
        installer.run(release_values=values, wait_timeout=600)  # nodes may count as lost after a long outage
    installer.look()
    installer.check_all_ready()
    assert (installer.query_nodes, installer.values["queryNode"]["replicas"]) == (count, count)
    return story


@pytest.mark.one_will_do
def test_outages(broken: tuple[Installer, Road]) -> None:
    installer, road = broken
    installer.run(release_values=FEW)
    claims = installer.find_uids("pvc")
    for count in (2, 3):
        survive(installer, road, count=count, seconds=4)
    assert installer.find_uids("pvc") == claims


@pytest.mark.soak
def test_long_outages(broken: tuple[Installer, Road]) -> None:
    installer, road = broken
    installer.run(release_values=FEW)
    claims = installer.find_uids("pvc")
    for count, seconds in enumerate((30, 30, 30, 300), start=2):
        survive(installer, road, count=count, seconds=seconds)
    assert installer.find_uids("pvc") == claims
