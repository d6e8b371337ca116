# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._errors import (
    KubeError,
    UnauthorizedError,
    UnreachableError,
    UntrustedError,
    WaitError,
)
from ansible_collections.milvus.cluster.plugins.module_utils._wait import Goal, Outcome, glance, wait
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.fake_cluster import (
    KEY,
    TOPOLOGY,
    FakeCluster,
    expire,
    forbid,
)

AWAY = UnreachableError("Listing pods", reason="no answer from the server", remedy="Check it.")


def become_ready(cluster: FakeCluster) -> None:
    cluster.show("1/1", "Running")


def restart(times: int) -> t.Callable[[FakeCluster], None]:
    return lambda cluster: cluster.show("0/1", "Running", restarts=str(times))


def fail_with(error: KubeError | None) -> t.Callable[[FakeCluster], None]:
    return lambda cluster: setattr(cluster, "error", error)


def run(cluster: FakeCluster, said: list[str] | None = None, **goal: t.Any) -> Outcome:
    wanted = Goal("r", TOPOLOGY, **{"wait_timeout": 300, "stable_seconds": 5, **goal})
    say = (said if said is not None else []).append
    return wait(t.cast("t.Any", cluster), wanted, clock=cluster.clock, sleep=cluster.sleep, say=say)


def test_it_ends_soon_after_the_stable_time() -> None:
    said: list[str] = []
    outcome = run(FakeCluster((42.5, become_ready)), said)
    assert 47.5 <= outcome.waited_seconds <= 48
    assert outcome.live[KEY].counts.ready == 1
    assert said == [
        "Deployment r-proxy: 0 of 1 pods are ready",
        "Waiting for Deployment r-proxy: 30 s so far, 270 s left",
        "Deployment r-proxy: 1 of 1 pods are ready",
    ]


def test_what_is_stable_already_takes_one_look() -> None:
    cluster = FakeCluster((0, become_ready))
    cluster.sleep(0)
    outcome = run(cluster)
    assert outcome.waited_seconds == 0
    assert [what for _time, what in cluster.asked] == ["list deployments", "list pods"]


@pytest.mark.parametrize(
    ("changes", "stable_seconds", "asked"),
    [
        ([(0, become_ready)], 5, ["list deployments", "list pods"]),
        ([(0, become_ready)], 70, ["list deployments", "list pods"]),
        ([], 0, ["list deployments"]),
    ],
)
def test_a_glance(changes: list[t.Any], stable_seconds: int, asked: list[str]) -> None:
    cluster = FakeCluster(*changes)
    cluster.sleep(0)
    goal = Goal("r", TOPOLOGY, stable_seconds=stable_seconds)
    live = glance(t.cast("t.Any", cluster), goal, clock=cluster.clock)
    assert (live is not None) == (bool(changes) and stable_seconds == 5)
    assert [what for _time, what in cluster.asked] == asked


def test_what_became_ready_a_moment_ago_is_waited_for() -> None:
    cluster = FakeCluster((0, become_ready))
    cluster.sleep(0)
    assert 9 <= run(cluster, stable_seconds=70).waited_seconds <= 12  # it was ready for 60 s, whole seconds


def test_a_flap_begins_the_stable_time_anew() -> None:
    cluster = FakeCluster((10, become_ready), (13, lambda c: c.show("0/1", "Running")), (14, become_ready))
    assert 19 <= run(cluster).waited_seconds <= 19.7


def test_a_restart_that_nobody_saw_begins_the_stable_time_anew() -> None:
    cluster = FakeCluster((10, become_ready), (13, lambda c: c.show("1/1", "Running", restarts="1 (1s ago)")))
    assert 18 <= run(cluster).waited_seconds <= 18.7


def test_a_wait_with_a_watch_asks_for_little() -> None:
    cluster = FakeCluster((175, become_ready))
    run(cluster)
    asked = [what for _time, what in cluster.asked]
    assert asked.count("table pods") <= 5
    assert asked.count("list deployments") <= 8
    assert "get pods" not in asked


@pytest.mark.parametrize(
    "trouble",
    [
        lambda cluster: setattr(cluster, "watch_error", forbid("watch")),
        lambda cluster: setattr(cluster, "breaks_watches", True),
        lambda cluster: setattr(cluster, "is_deaf", True),
    ],
)
def test_it_polls_where_watching_does_not_work(trouble: t.Callable[[FakeCluster], None]) -> None:
    steps = [(float(time), restart(time)) for time in (20, 75, 85, 200)]
    cluster = FakeCluster((0, trouble), *steps, (250, become_ready))
    cluster.sleep(0)
    outcome = run(cluster)
    assert 255 <= outcome.waited_seconds <= 259
    watches = [time for time, what in cluster.asked if what.startswith("watch")]
    assert len(watches) <= 4


def test_without_the_right_to_watch_the_outcome_says_so() -> None:
    cluster = FakeCluster((5, become_ready))
    cluster.watch_error = forbid("watch")
    (note,) = run(cluster).notes
    assert "not watched but listed every few seconds, for u cannot watch resource" in note


def test_a_watch_that_starts_too_late_is_listed_anew() -> None:
    cluster = FakeCluster((3, lambda c: setattr(c, "watch_error", None)), (20, become_ready))
    cluster.watch_error = expire()
    assert 25 <= run(cluster).waited_seconds <= 25.7


def test_an_outage_is_survived() -> None:
    said: list[str] = []
    cluster = FakeCluster(
        (5, fail_with(AWAY)),
        (5, lambda c: setattr(c, "breaks_watches", True)),
        (60, become_ready),
        (90, fail_with(None)),
        (90, lambda c: setattr(c, "breaks_watches", False)),
    )
    assert 95 <= run(cluster, said).waited_seconds <= 99
    assert any("no answer from the server" in line and "tried again" in line for line in said)
    assert "The API server answers again." in said


def test_an_outage_at_the_first_look_is_survived() -> None:
    cluster = FakeCluster((8, fail_with(None)), (9, become_ready))
    cluster.error = AWAY
    assert run(cluster).live[KEY].counts.ready == 1


@pytest.mark.parametrize("error", [forbid("list"), UnauthorizedError("Listing", reason="no", remedy="Log in.")])
def test_rights_that_are_missing_at_the_first_look_end_the_wait(error: KubeError) -> None:
    cluster = FakeCluster()
    cluster.error = error
    with pytest.raises(type(error)):
        run(cluster)
    assert cluster.time == 0


def test_rights_may_be_missing_while_the_api_server_starts() -> None:
    cluster = FakeCluster((70, fail_with(forbid("list"))), (90, fail_with(None)), (95, become_ready))
    assert run(cluster).live[KEY].counts.ready == 1


def test_rights_that_stay_away_end_the_wait() -> None:
    cluster = FakeCluster((70, fail_with(forbid("list"))))
    with pytest.raises(type(forbid("list"))):
        run(cluster)
    assert 90 < cluster.time < 200


def test_a_server_that_is_not_trusted_ends_the_wait() -> None:
    cluster = FakeCluster((70, fail_with(UntrustedError("Listing", reason="TLS", remedy="Check."))))
    with pytest.raises(UntrustedError):
        run(cluster)


def test_a_verdict_comes_at_once() -> None:
    cluster = FakeCluster((30, lambda c: c.show("0/1", "ErrImagePull")))
    with pytest.raises(WaitError, match="the image does not exist") as caught:
        run(cluster)
    assert caught.value.facts["waited_seconds"] <= 31
    (finding,) = caught.value.facts["diagnosis"]["workloads"]
    assert (finding["workload"], finding["type"], finding["ready"], finding["desired"]) == ("r-proxy", "proxy", 0, 1)


def test_the_deadline_names_what_lags() -> None:
    with pytest.raises(WaitError, match="not done within 60 s; Deployment r-proxy") as caught:
        run(FakeCluster(), wait_timeout=60)
    assert caught.value.facts["waited_seconds"] == 60


def test_the_deadline_holds_when_the_server_is_away() -> None:
    cluster = FakeCluster((50, fail_with(AWAY)))
    with pytest.raises(WaitError) as caught:
        run(cluster, wait_timeout=80)
    diagnosis = caught.value.facts["diagnosis"]
    assert diagnosis["workloads"][0]["workload"] == "r-proxy"
    assert any("no answer from the server" in note for note in diagnosis["notes"])


def test_the_deadline_may_come_in_the_stable_time() -> None:
    with pytest.raises(WaitError, match="All has converged, but not for 5 s yet"):
        run(FakeCluster((58, become_ready)), wait_timeout=60)


def test_a_release_that_is_gone() -> None:
    cluster = FakeCluster((20, lambda c: c.show("1/1", "Terminating")))
    with pytest.raises(WaitError, match="pods to be gone of release ns/r failed: not done within 30 s; Pod r-proxy-"):
        run(cluster, gone=True, wait_timeout=30)


def test_it_is_said_again_and_again_what_is_waited_for() -> None:
    said: list[str] = []
    with pytest.raises(WaitError):
        run(FakeCluster(), said, wait_timeout=100)
    assert said[1:] == [
        f"Waiting for Deployment r-proxy: {time} s so far, {100 - time} s left" for time in (30, 60, 90)
    ]


def test_it_is_said_that_the_stable_time_is_waited_for() -> None:
    said: list[str] = []
    run(FakeCluster((1, become_ready)), said, stable_seconds=50)
    assert said[-1].startswith("Waiting for all to stay as it is for 50 s: ")


def test_it_is_said_that_the_server_is_waited_for() -> None:
    said: list[str] = []
    with pytest.raises(WaitError):
        run(FakeCluster((5, fail_with(AWAY)), (5, lambda c: setattr(c, "breaks_watches", True))), said, wait_timeout=80)
    assert said[-1].startswith("Waiting for the API server: ")


def test_it_is_said_how_many_pods_are_left() -> None:
    said: list[str] = []
    with pytest.raises(WaitError):
        run(FakeCluster(), said, gone=True, wait_timeout=40)
    assert said == ["Pods that are left: 1", "Waiting for 1 pods to be gone: 30 s so far, 10 s left"]
