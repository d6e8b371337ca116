# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import dataclasses
import datetime
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._observe import Observation
from ansible_collections.milvus.cluster.plugins.module_utils._settled import is_settled
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.releases import (
    ETCD,
    NOW,
    QUERY,
    deployment,
    etcd,
    observe,
    release,
)

QUERY_KEY, ETCD_KEY = f"Deployment/{QUERY}", f"StatefulSet/{ETCD}"


def observe_since(seconds: int, **counts: t.Any) -> Observation:
    """A release whose workloads changed last so many seconds ago; *counts* are of its query nodes."""
    found = observe(release(deployment("querynode", 2), etcd()))
    changed = (NOW - datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    live = {key: workload._replace(status_changed=changed) for key, workload in found.live.items()}
    query_nodes = live[QUERY_KEY]
    live[QUERY_KEY] = query_nodes._replace(counts=query_nodes.counts._replace(**counts))
    return dataclasses.replace(found, live=live)


@pytest.mark.parametrize(("seconds", "settled"), [(10, False), (11, True), (100, True)])
def test_a_second_more_than_wanted(seconds: int, settled: bool) -> None:
    assert is_settled(observe_since(seconds), NOW, stable_seconds=10) is settled


@pytest.mark.parametrize("counts", [{"ready": 1}, {"updated": 1}, {"generation": 2}, {"terminating": 1}, {"total": 3}])
def test_what_lags_is_not_settled(counts: dict[str, int]) -> None:
    assert not is_settled(observe_since(100, **counts), NOW, stable_seconds=10)


def test_uncounted_terminating_pods() -> None:
    found = observe_since(100, terminating=None)
    assert not is_settled(found, NOW, stable_seconds=10)
    uncounted = found.live[ETCD_KEY]._replace(counts=found.live[ETCD_KEY].counts._replace(terminating=None))
    live = {**observe_since(100).live, ETCD_KEY: uncounted}
    assert is_settled(dataclasses.replace(found, live=live), NOW, stable_seconds=10)


def test_what_is_missing_or_undated_is_not_settled() -> None:
    found = observe_since(100)
    some = {key: workload for key, workload in found.live.items() if key != ETCD_KEY}
    assert not is_settled(dataclasses.replace(found, live=some), NOW, stable_seconds=10)
    assert not is_settled(observe(release(deployment("querynode"))), NOW, stable_seconds=10)
    assert not is_settled(observe(None), NOW, stable_seconds=10)
