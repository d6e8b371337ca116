# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The smoke test and the probe on a Milvus that answers as it is told: what they find, and that nothing is left."""

from __future__ import annotations

import datetime
import random
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._data_plane import (
    ASKED,
    LEAST,
    ROWS,
    Finding,
    Plane,
    Probe,
    is_left_over,
    make_rows,
    name_collection,
)
from ansible_collections.milvus.cluster.plugins.module_utils._errors import (
    ForbiddenError,
    UnansweredError,
    UnreachedError,
)
from ansible_collections.milvus.cluster.plugins.module_utils._kube import Served
from ansible_collections.milvus.cluster.plugins.module_utils._milvus_rest import Query
from ansible_collections.milvus.cluster.plugins.module_utils._sightings import Place
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.milvus_api import (
    FakeDoor,
    Store,
    make_group,
    refuse,
)

NOW = datetime.datetime(2026, 11, 29, 6, 0, tzinfo=datetime.timezone.utc)
EMPTY = Served(200, '{"code": 200, "data": []}')
HUNG = UnansweredError("Asking pod p", reason="no answer to /v1/vector/search within 5 s", remedy="Look.")
NO_WAY = UnreachedError("Asking pod p", reason="no way there", remedy="Look.")
FORBIDDEN = ForbiddenError("Sending", reason="it is forbidden", remedy="Add this rule.")


class Clock:
    """Moves by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def smoke(*doors: FakeDoor, seconds: float = 60, clock: Clock | None = None) -> Finding:
    clock = clock or Clock()
    return Plane(doors, seconds, clock=clock, sleep=clock.sleep).smoke(NOW, random.Random(1))


@pytest.mark.parametrize("version", [1, 2])
def test_what_is_written_is_found(version: int) -> None:
    store = Store("products")
    first, second = (FakeDoor(store, title=title, version=version) for title in ("pod a", "pod b"))
    finding = smoke(first, second)
    assert finding.problems == ()
    assert finding.evidence == f"{ROWS} rows written, {ASKED} known answers right through 2 proxies, after 0.0 s"
    assert list(store.rows) == ["products"]
    (name,) = store.dropped
    assert name.startswith("milvus_cluster_smoke_1795932000_")
    assert [len([path for path, _body in door.sent if "search" in path]) for door in (first, second)] == [ASKED] * 2
    assert smoke(first).evidence.endswith("right through pod a, after 0.0 s")


def test_answers_that_come_late() -> None:
    door, clock = FakeDoor(Store()), Clock()
    door.broken = {
        "create": [refuse(65535, "node offline")],
        "insert": [HUNG],
        "search": [EMPTY, refuse(503, "channel not available"), HUNG],
    }
    finding = smoke(door, clock=clock)
    assert (finding.problems, clock.now) == ((), 5)
    assert finding.evidence.endswith("after 5.0 s")


def test_a_collection_that_was_made_without_an_answer_is_dropped_as_well() -> None:
    class Lossy(FakeDoor):
        """Does what it is asked, and says nothing the first time."""

        def _create(self, body: dict[str, t.Any], is_new: bool) -> t.Any:
            super()._create(body, is_new)
            if len(self.store.rows) == 1:
                raise HUNG
            return {}

    store = Store()
    finding = smoke(Lossy(store))
    assert (finding.problems, store.rows, len(store.dropped)) == ((), {}, 2)


@pytest.mark.parametrize(
    ("doing", "answer", "words"),
    [
        ("search", EMPTY, "found nothing instead of "),
        ("search", HUNG, "no answer to /v1/vector/search within 5 s"),
        ("search", refuse(65535, "node offline"), "with code 65535: 'node offline'"),
        ("search", Served(200, '{"code": 200, "data": [{"number": 99}]}'), "found 99 instead of "),
        ("search", Served(502, "<html>"), "with HTTP 502: '<html>'"),
        ("insert", refuse(9, "denied to write"), "/v1/vector/insert with code 9: 'denied to write'"),
        ("create", HUNG, "no answer to "),
        ("create", NO_WAY, "no way there"),
        ("insert", Served(200, '{"code": 200, "data": {"insertCount": 3}}'), f"Milvus took 3 of {ROWS} rows"),
    ],
)
def test_what_stays_wrong_is_a_problem_and_nothing_is_left(doing: str, answer: t.Any, words: str) -> None:
    store, clock = Store(), Clock()
    door = FakeDoor(store, title="pod a")
    door.broken, door.lasting = {doing: [answer]}, {doing}
    finding = smoke(door, seconds=20, clock=clock)
    assert finding.problems[0].startswith("pod a: ")
    assert words in finding.problems[0]
    assert (store.rows, finding.reason) == ({}, "")
    assert clock.now <= 20


def test_one_proxy_of_two_is_named() -> None:
    store = Store()
    well, ill = FakeDoor(store, title="pod a"), FakeDoor(store, title="pod b")
    ill.broken, ill.lasting = {"search": [HUNG]}, {"search"}
    (problem,) = smoke(well, ill).problems
    assert problem == "pod b: no answer to /v1/vector/search within 5 s, 59 s after the beginning"
    assert store.rows == {}


def test_it_is_tried_for_some_seconds_at_least() -> None:
    door, clock = FakeDoor(Store()), Clock()
    door.broken, door.lasting = {"search": [EMPTY]}, {"search"}
    smoke(door, seconds=0, clock=clock)
    assert LEAST - 1 <= clock.now <= LEAST


def test_nobody_can_be_asked() -> None:
    door, clock = FakeDoor(Store()), Clock()
    door.broken, door.lasting = {"list": [NO_WAY]}, {"list"}
    assert smoke(door, door, clock=clock) == ((), "", "no way there")
    assert clock.now == 0
    door.broken = {"list": [FORBIDDEN]}
    with pytest.raises(ForbiddenError):
        smoke(door)


def test_milvus_wants_credentials() -> None:
    door = FakeDoor(Store())
    door.broken, door.lasting = (
        {"list": [Served(404, ""), refuse(1800, "user hasn't authenticated", status=401)]},
        set(),
    )
    finding = smoke(door)
    assert finding.problems == ()
    assert "Set milvus_uri, and milvus_user and milvus_password" in finding.reason
    door.is_anonymous = False
    door.broken = {"list": [Served(404, ""), refuse(1800, "wrong", status=401)]}
    (problem,) = smoke(door).problems
    assert problem == "pod p: Milvus answered /v1/vector/collections with code 1800: 'wrong'"


def test_what_another_run_has_left_is_dropped_after_an_hour() -> None:
    dice = random.Random(2)
    old = name_collection(NOW - datetime.timedelta(hours=1, seconds=1), dice)
    young = name_collection(NOW - datetime.timedelta(minutes=59), dice)
    assert [is_left_over(name, NOW) for name in (old, young, "milvus_cluster_smoke_1_mine")] == [True, False, False]
    store = Store(old, young, "milvus_cluster_smoke_1_mine")
    assert smoke(FakeDoor(store)).problems == ()
    assert set(store.rows) == {young, "milvus_cluster_smoke_1_mine"}


def test_a_drop_that_does_not_come_about_is_a_problem() -> None:
    store = Store()
    door, other = FakeDoor(store), FakeDoor(store)
    door.broken, door.lasting = {"drop": [refuse(1, "no")]}, {"drop"}
    (problem,) = smoke(door).problems
    assert "could not be dropped, which a run after an hour does: Milvus answered" in problem
    assert smoke(door, other).problems == ()


def test_a_collection_that_never_came_to_be_needs_no_drop() -> None:
    door = FakeDoor(Store())
    door.broken, door.lasting = {"create": [refuse(1, "no")]}, {"create"}
    assert len(smoke(door).problems) == 1


@pytest.mark.parametrize("version", [1, 2])
def test_a_probe(version: int) -> None:
    store = Store()
    rows = make_rows(random.Random(3))
    store.rows["products"] = [{**row, "id": 100 + row["number"]} for row in rows]
    door, clock = FakeDoor(store, version=version), Clock()
    right = Probe(Query("products", rows[7]["vector"], 1, "id", database="shop"), ("107",))
    door.broken = {"search": [EMPTY]}
    finding = Plane([door], 60, clock=clock, sleep=clock.sleep).probe(right)
    assert finding == ((), "1 expected rows of products found through pod p, after 1.0 s", "")
    assert (door.sent[-1][1] or {})["dbName"] == "shop"
    wrong = Plane([door], 0, clock=clock, sleep=clock.sleep).probe(right._replace(ids=("106",)))
    assert "a search of products found 107 instead of 106" in wrong.problems[0]
    door.broken, door.lasting = {"list": [NO_WAY]}, {"list"}
    assert Plane([door], 0).probe(right).reason == "no way there"


def test_the_order_of_what_a_probe_finds_does_not_matter() -> None:
    store = Store()
    store.rows["products"] = [{"vector": [1.0, 0.0], "sku": "b"}, {"vector": [0.0, 1.0], "sku": "a"}]
    probe = Probe(Query("products", [1.0, 0.0], 2, "sku"), ("a", "b"))
    assert Plane([FakeDoor(store)], 0).probe(probe).problems == ()


PLACES = {"10.0.0.1": Place("query-1", "query_node", is_ready=True)}


def grouped(*groups: dict[str, t.Any]) -> FakeDoor:
    store = Store()
    store.groups = {group["name"]: group for group in groups}
    return FakeDoor(store, version=2)


def group(*doors: FakeDoor, seconds: float = 60, clock: Clock | None = None) -> Finding:
    clock = clock or Clock()
    return Plane(doors, seconds, clock=clock, sleep=clock.sleep).group(PLACES)


def test_resource_groups_that_are_right() -> None:
    door, clock = grouped(make_group("rg1", "10.0.0.1:21123", requests=1), make_group("idle")), Clock()
    finding = group(door, door, clock=clock)
    assert finding == ((), "query nodes by resource group: rg1 1 (requests 1), idle 0", "")
    assert (clock.now, len(door.sent)) == (0, 4)


def test_resource_groups_are_waited_for() -> None:
    class Moving(FakeDoor):
        """Moves the node when it is asked for the second time."""

        def _describe_groups(self, body: dict[str, t.Any], is_new: bool) -> t.Any:
            told = super()._describe_groups(body, is_new)
            self.store.groups = {"rg1": make_group("rg1", "10.0.0.1:21123", requests=1)}
            return told

    door, clock = Moving(Store(), version=2), Clock()
    door.store.groups = {"rg1": make_group("rg1", requests=1)}
    door.broken = {"describe_groups": [refuse(300, "resource group not found")]}
    assert group(door, clock=clock).problems == ()
    assert clock.now == 2


def test_resource_groups_that_stay_wrong() -> None:
    door, clock = grouped(make_group("rg1", "10.0.0.9:21123", requests=2)), Clock()
    finding = group(door, seconds=20, clock=clock)
    assert finding.problems == (
        "resource group rg1 has 1 query nodes and requests 2",
        "pod query-1 (10.0.0.1) is not listed",
        "10.0.0.9:21123 (node 1, pod-1, resource group rg1) is listed and no pod of these",
    )
    assert 19 <= clock.now <= 20


@pytest.mark.parametrize("version", [1, 2])
def test_a_milvus_that_does_not_tell_resource_groups(version: int) -> None:
    clock = Clock()
    finding = group(FakeDoor(Store(), version=version), clock=clock)
    assert (finding.problems, finding.evidence, clock.now) == ((), "", 0)
    assert "which 2.5.3 and later do" in finding.reason


def test_nobody_can_be_asked_for_resource_groups() -> None:
    door = grouped(make_group("rg1", "10.0.0.1:21123"))
    ill = FakeDoor(door.store, title="pod a", version=2)
    ill.broken, ill.lasting = {"list": [NO_WAY]}, {"list"}
    assert group(ill) == ((), "", "no way there")
    assert group(ill, door).evidence == "query nodes by resource group: rg1 1"
    door.broken = {"list_groups": [FORBIDDEN]}
    with pytest.raises(ForbiddenError):
        group(door)


def test_resource_groups_want_credentials() -> None:
    door = grouped()
    door.broken, door.lasting = {"list_groups": [refuse(1800, "who are you", status=401)]}, {"list_groups"}
    assert "Set milvus_uri, and milvus_user and milvus_password" in group(door).reason
    door.is_anonymous = False
    (problem,) = group(door).problems
    assert problem == "pod p: Milvus answered /v2/vectordb/resource_groups/list with code 1800: 'who are you'"


def test_resource_groups_of_a_milvus_that_hangs() -> None:
    door = grouped()
    door.broken, door.lasting = {"list_groups": [HUNG]}, {"list_groups"}
    assert group(door).problems == ("pod p: no answer to /v1/vector/search within 5 s",)
