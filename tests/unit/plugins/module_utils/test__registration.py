# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import json
import types
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._errors import (
    ForbiddenError,
    KubeError,
    RegistrationError,
)
from ansible_collections.milvus.cluster.plugins.module_utils._heartbeat import ignore
from ansible_collections.milvus.cluster.plugins.module_utils._kube import Served
from ansible_collections.milvus.cluster.plugins.module_utils._registration import (
    Listing,
    Register,
    expect,
    read_gauge,
)
from ansible_collections.milvus.cluster.plugins.module_utils._registration_wait import wait_until_listed
from ansible_collections.milvus.cluster.plugins.module_utils._topology import Topology, read_topology
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.releases import (
    NAME,
    deployment,
    observe,
    release,
)

Json = dict[str, t.Any]

QUERY, DATA, INDEX, PROXY = (
    "milvus_querycoord_querynode_num",
    "milvus_datacoord_datanode_num",
    "milvus_datacoord_index_node_num",
    "milvus_rootcoord_proxy_num",
)
NEW = ("querynode", "datanode", "streamingnode", "proxy", "mixcoord")
OLD = ("querynode", "datanode", "indexnode", "proxy", "rootcoord", "querycoord", "datacoord", "indexcoord")


def topology(*components: str) -> Topology:
    return read_topology(release(*map(deployment, components)))


def page(**gauges: float) -> str:
    """What a coordinator serves."""
    lines = (f"# HELP {name} number\n# TYPE {name} gauge\n{name} {value:g}\n" for name, value in gauges.items())
    return "go_goroutines 7\n" + "".join(lines) + f"{QUERY}_of_others 9\n"


class Coordinators:
    """A client; component → what its pods serve, one page each, or the error."""

    def __init__(self, pages: t.Mapping[str, t.Sequence[str] | KubeError], *, unready: str = "") -> None:
        self.pages = dict(pages)
        self.lists: dict[str, Served | KubeError] = {}  # by path
        self.asked: list[str] = []
        self.unready = unready
        self.read: list[str] = []

    def list_table(self, _resource: t.Any, *, selector: str) -> list[Json]:
        component = selector.removeprefix(f"app.kubernetes.io/instance={NAME},component=")
        pages = self.pages.get(component, ())
        names = [f"{component}-{number}" for number in range(1 if isinstance(pages, KubeError) else len(pages))]
        return [self._row(name) for name in names]

    def _row(self, name: str) -> Json:
        ready = "0/1" if name == self.unready else "1/1"
        return {"Name": name, "Ready": ready, "Status": "Running", "Restarts": "0", "Age": "1m", "IP": f"at-{name}"}

    def ask_pod(self, pod: str, *, port: int, path: str) -> Served:
        assert port == 9091
        self.asked.append(f"{pod}/{path}")
        served = self.lists.get(path, Served(404, "404 page not found"))
        if isinstance(served, KubeError):
            raise served
        return served

    def read_served(self, pod: str, *, port: int, path: str) -> str:
        assert (port, path) == (9091, "metrics")
        self.read.append(pod)
        component, _dash, number = pod.rpartition("-")
        pages = self.pages[component]
        if isinstance(pages, KubeError):
            raise pages
        return pages[int(number)]


def look(client: Coordinators, parts: Topology, **expected: int) -> tuple[Listing, ...]:
    return Register(t.cast("t.Any", client), parts, release=NAME).look(expected)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x 3\n", 3),
        ("x 3e+00\nxy 5\n", 3),
        ('x{node_id="4",role="a b}"} 1\nx{node_id="5"} 2\n', 3),
        ("# HELP x 4\nxy 5\n", None),
        ("", None),
    ],
)
def test_a_gauge(text: str, value: int | None) -> None:
    assert read_gauge(text, "x") == value


def test_one_coordinator_has_all() -> None:
    client = Coordinators({"mixcoord": [page(**{QUERY: 3, DATA: 1, PROXY: 2})]})
    found = look(client, topology(*NEW), query_node=3, data_node=2, proxy=2)
    assert [(one.type, one.listed, one.outcome) for one in found] == [
        ("query_node", 3, "registered"),
        ("data_node", 1, "different"),
        ("proxy", 2, "registered"),
    ]
    assert found[0].source == f"{QUERY} of pod mixcoord-0"
    assert client.read == ["mixcoord-0"]


def test_each_coordinator_has_its_own() -> None:
    client = Coordinators(
        {
            "rootcoord": [page(**{PROXY: 1})],
            "querycoord": [page(**{QUERY: 1})],
            "datacoord": [page(**{DATA: 1, INDEX: 1})],
            "indexcoord": [page()],
        }
    )
    found = look(client, topology(*OLD), query_node=1, data_node=1, index_node=1, proxy=1)
    assert {one.outcome for one in found} == {"registered"}
    assert client.read == ["querycoord-0", "datacoord-0", "rootcoord-0"]


def test_index_nodes_of_milvus_2_2() -> None:
    pages = {"datacoord": [page(**{DATA: 1})], "indexcoord": [page(milvus_indexcoord_index_node_num=2)]}
    (found,) = look(Coordinators(pages), topology(*OLD), index_node=2)
    assert found.source == "milvus_indexcoord_index_node_num of pod indexcoord-0"


def test_of_two_coordinators_one_stands_by() -> None:
    client = Coordinators({"mixcoord": [page(), page(**{QUERY: 2})]})
    (found,) = look(client, topology(*NEW), query_node=2)
    assert (found.listed, found.source) == (2, f"{QUERY} of pod mixcoord-1")
    client = Coordinators({"mixcoord": [page(**{QUERY: 9}), page(**{QUERY: 2})]}, unready="mixcoord-0")
    (found,) = look(client, topology(*NEW), query_node=2)
    assert found.listed == 2


def test_absent_is_unknown() -> None:
    (found,) = look(Coordinators({"mixcoord": [page()]}), topology(*NEW), query_node=0)
    assert (found.listed, found.outcome, found.reason) == (None, "not_checked", f"pod mixcoord-0 has no {QUERY}")
    (found,) = look(Coordinators({}), topology("querynode"), query_node=1)
    assert found.reason == "no coordinator of this Milvus has their count"
    (found,) = look(Coordinators({"mixcoord": [page()]}), topology(*NEW), streaming_node=1)
    assert found.reason == "no coordinator of this Milvus has their count"


def test_who_cannot_be_asked_is_asked_once() -> None:
    client = Coordinators({"mixcoord": KubeError("Reading", reason="no way there", remedy="Go.")})
    found = look(client, topology(*NEW), query_node=1, proxy=1)
    assert [(one.outcome, one.reason) for one in found] == [("not_checked", "no way there")] * 2
    assert client.read == ["mixcoord-0"]
    client = Coordinators({"mixcoord": ForbiddenError("Reading", reason="it is forbidden", remedy="Add this rule.")})
    (one,) = look(client, topology(*NEW), proxy=1)
    assert one.reason == "Reading failed: it is forbidden. Add this rule."


LIST, STREAMS = "management/querycoord/node/list", "management/streaming/nodes"


def listing(*addresses: str) -> Served:
    """A list as Milvus has it by its source; see test__sightings."""
    nodes = [{"ID": number, "address": each, "state": "active"} for number, each in enumerate(addresses, start=4)]
    return Served(200, json.dumps({"nodeInfos": nodes}))


def cluster() -> Coordinators:
    """A Milvus 2.6 with two query nodes, a streaming node and its query node."""
    gauges = {QUERY: 3, DATA: 1, PROXY: 1}
    pods = {"querynode": [""] * 2, "streamingnode": [""], "proxy": [""], "datanode": [""]}
    return Coordinators({"mixcoord": [page(**gauges)], **pods})


def test_the_list_goes_before_the_gauge() -> None:
    client = cluster()
    client.lists = {
        LIST: listing("at-querynode-0:21123", "at-querynode-1:21123", "at-streamingnode-0:21123"),
        STREAMS: listing("at-streamingnode-0:22222", "at-querynode-0:21123"),
    }
    found = look(client, topology(*NEW), query_node=3, streaming_node=1, data_node=1)
    assert [(one.type, one.listed, one.outcome, one.detail) for one in found] == [
        ("query_node", 3, "registered", ""),
        ("streaming_node", 1, "registered", ""),
        ("data_node", 1, "registered", ""),
    ]
    assert found[0].source == f"/{LIST} of pod proxy-0"
    assert found[1].source == f"/{STREAMS} of pod mixcoord-0"


def test_the_right_number_of_the_wrong_workers_is_different() -> None:
    client = cluster()
    client.lists = {LIST: listing("at-querynode-0:21123", "at-streamingnode-0:21123", "10.0.0.9:21123")}
    (found,) = look(client, topology(*NEW), query_node=3)
    assert (found.listed, found.expected, found.outcome) == (3, 3, "different")
    assert found.detail == (
        "pod querynode-1 (at-querynode-1) is not listed; 10.0.0.9:21123 (node 6) is listed and no pod of these"
    )


@pytest.mark.parametrize(
    "served", [Served(404, ""), Served(500, '{"msg": "failed"}'), KubeError("Reading", reason="no way", remedy="Go.")]
)
def test_without_a_list_the_gauge_counts(served: Served | KubeError) -> None:
    client = cluster()
    client.lists = {LIST: served}
    register = Register(t.cast("t.Any", client), topology(*NEW), release=NAME)
    for _time in range(2):
        (found,) = register.look({"query_node": 3})
        assert (found.listed, found.source) == (3, f"{QUERY} of pod mixcoord-0")
    is_old = isinstance(served, Served) and served.status == 404
    assert len(client.asked) == (1 if is_old else 2)  # a Milvus without that page does not get it later


def test_what_is_expected() -> None:
    found = observe(release(*(deployment(name, 2) for name in NEW)), live={f"Deployment/{NAME}-milvus-proxy": 4})
    assert found.topology
    types_ = ("query_node", "data_node", "proxy", "index_node")
    # each streaming node has a query node inside
    assert expect(found.topology, found.live, types=types_) == {"query_node": 4, "data_node": 2, "proxy": 4}
    grouped = observe(release(deployment("querynode", 2, group="east"), deployment("querynode", 3, group="west")))
    assert grouped.topology
    assert expect(grouped.topology, grouped.live, types=types_) == {"query_node": 5}


class Clock:
    """Moves by sleeping; each second the next pages are there, the last ones for good."""

    def __init__(self, client: Coordinators, *later: t.Sequence[str] | KubeError) -> None:
        self.now = 0.0
        self._client = client
        self._later = list(later)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self._later:
            self._client.pages["mixcoord"] = self._later.pop(0)


def wait(
    client: Coordinators, *later: t.Any, mode: str = "auto", seconds: float = 60
) -> tuple[tuple[Listing, ...], Clock]:
    clock = Clock(client, *later)
    options = {"wait_registered": mode}
    task: t.Any = types.SimpleNamespace(client=client, release=NAME, title="release r", options=options, say=ignore)
    expected = {"query_node": 3, "streaming_node": 1}
    listings = wait_until_listed(
        task, topology(*NEW), expected=expected, wait_timeout=seconds, clock=clock, sleep=clock.sleep
    )
    return listings, clock


def listed(count: int) -> list[str]:
    return [page(**{QUERY: count})]


def test_it_waits_until_milvus_lists_them() -> None:
    found, clock = wait(Coordinators({"mixcoord": listed(1)}), listed(2), listed(4), listed(3))
    assert [(one.listed, one.outcome) for one in found] == [(3, "registered"), (None, "not_checked")]
    assert clock.now == 3


def test_what_was_known_is_waited_for_until_it_is_known_again() -> None:
    gone = KubeError("Reading", reason="connection refused", remedy="Wait.")
    found, clock = wait(Coordinators({"mixcoord": listed(4)}), gone, [page()], listed(3))
    assert (found[0].listed, clock.now) == (3, 3)


def test_what_is_not_known_is_not_waited_for() -> None:
    found, clock = wait(Coordinators({"mixcoord": KubeError("Reading", reason="no way", remedy="Go.")}))
    assert ({one.outcome for one in found}, clock.now) == ({"not_checked"}, 0)
    client = Coordinators({})
    assert wait(client, mode="skip")[0] == ()
    assert client.read == []


def test_it_fails_when_the_time_is_up() -> None:
    with pytest.raises(RegistrationError) as caught:
        wait(Coordinators({"mixcoord": listed(2)}), seconds=3)
    words = "Waiting for the workers of release r failed: Milvus does not list 3 query_node (now 2) within 3 s."
    assert str(caught.value).startswith(words)
    first = caught.value.facts["registration"][0]
    assert (first["type"], first["listed"], first["outcome"]) == ("query_node", 2, "different")


def test_what_is_required_must_be_known() -> None:
    refused = ForbiddenError("Reading", reason="it is forbidden", remedy="Add this rule.")
    with pytest.raises(RegistrationError, match=r"for .*Add this rule\..* set wait_registered to auto"):
        wait(Coordinators({"mixcoord": refused}), mode="require", seconds=2)
