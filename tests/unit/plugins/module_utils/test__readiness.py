# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._readiness import (
    Counts,
    Stability,
    expect_updates,
    find_job_failure,
    find_job_lag,
    find_lag,
    find_revision,
)

SETTLED = Counts(
    generation=2, observed_generation=2, desired=8, total=8, updated=8, ready=8, available=8, terminating=0
)


@pytest.mark.parametrize(
    ("change", "lag"),
    [
        ({}, ""),
        ({"terminating": None}, ""),
        ({"observed_generation": 1}, "its controller has not seen the latest change"),
        ({"updated": 7}, "7 of 8 pods are of the latest revision"),
        ({"total": 9}, "1 pods too many"),
        ({"ready": 6, "available": 6}, "6 of 8 pods are ready"),  # content for helm --wait: 25 % may be missing
        ({"available": 7}, "7 of 8 pods are available"),
        ({"terminating": 1}, "1 pods are terminating"),
        ({"desired": 0, "total": 0, "updated": 0, "ready": 0, "available": 0}, ""),
        # An observed generation that lags makes all other counts worthless.
        ({"observed_generation": 1, "ready": 0}, "its controller has not seen the latest change"),
    ],
)
def test_names_what_is_lacking(change: dict[str, t.Any], lag: str) -> None:
    assert find_lag(SETTLED._replace(**change)) == lag


@pytest.mark.parametrize(
    ("strategy", "lag"),
    [
        ({}, "5 of 8 pods are of the latest revision"),
        ({"type": "OnDelete"}, ""),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}, ""),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 8}}, ""),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}, "7 of 8 pods are of the latest revision"),
    ],
)
def test_expects_no_update_that_the_strategy_does_not_make(strategy: dict[str, t.Any], lag: str) -> None:
    counts = expect_updates(SETTLED._replace(updated=5), {"spec": {"updateStrategy": strategy}})
    assert find_lag(counts) == lag


def progressing(message: str) -> dict[str, t.Any]:
    return {"status": {"conditions": [{"type": "Available"}, {"type": "Progressing", "message": message}]}}


@pytest.mark.parametrize(
    "message",
    [
        'Created new replica set "r-proxy-5d4f9"',
        'Found new replica set "r-proxy-5d4f9"',
        'ReplicaSet "r-proxy-5d4f9" is progressing.',
        'ReplicaSet "r-proxy-5d4f9" has successfully progressed.',
        'ReplicaSet "r-proxy-5d4f9" has timed out progressing.',
    ],
)
def test_the_condition_of_a_deployment_names_its_newest_replica_set(message: str) -> None:
    assert find_revision(progressing(message), "Deployment") == "r-proxy-5d4f9"


def test_a_revision_may_be_unknown() -> None:
    assert find_revision(progressing("Deployment is paused"), "Deployment") == ""
    assert find_revision({}, "StatefulSet") == ""
    assert find_revision({"status": {"updateRevision": "etcd-1"}}, "StatefulSet") == "etcd-1"


@pytest.mark.parametrize(
    ("status", "lag", "failure"),
    [
        ({}, "0 of 2 pods are complete", ""),
        ({"succeeded": 1}, "1 of 2 pods are complete", ""),
        ({"conditions": [{"type": "Complete", "status": "True"}]}, "", ""),
        ({"conditions": [{"type": "Failed", "status": "False"}]}, "0 of 2 pods are complete", ""),
        (
            {"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "late"}]},
            "it has failed",
            "DeadlineExceeded: late",
        ),
        (
            {"conditions": [{"type": "FailureTarget", "status": "True", "reason": "BackoffLimitExceeded"}]},
            "0 of 2 pods are complete",
            "BackoffLimitExceeded: no message",
        ),
    ],
)
def test_jobs(status: dict[str, t.Any], lag: str, failure: str) -> None:
    job = {"spec": {"completions": 2}, "status": status}
    assert (find_job_lag(job), find_job_failure(job)) == (lag, failure)


def test_stability_goes_on_while_no_pod_is_replaced_or_restarts() -> None:
    pods = frozenset({("a", 0), ("b", 1)})
    first = Stability().observe(pods, since=5)
    assert first.since == 5
    assert first.observe(pods, since=9).since == 5
    assert first.observe(frozenset({("a", 0), ("b", 2)}), since=9).since == 9
    assert first.observe(frozenset({("a", 0), ("c", 1)}), since=9).since == 9
