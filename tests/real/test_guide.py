# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The scale-out guide on a Milvus cluster that is searched all the while, and the way back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from figures import Figures
from milvus_cluster import COMPONENTS, GAUGES, MilvusCluster, Searches
from sources import Sources

pytestmark = pytest.mark.real

# How long searches are looked at after a task: segments move for about 10 s once a query node is ready.
AFTERMATH_SECONDS = 12


def change(cluster: MilvusCluster, searches: Searches, *, figures: Figures, worker: str, count: int) -> dict[str, int]:
    """Scale one type, and return the faults that searches saw."""
    began = time.time()
    run = cluster.scale(**{worker: count})
    seconds = time.time() - began
    assert run.changed, run.output
    assert cluster.read_gauges()[worker] == count
    tally = searches.count(begin=began, end=began + seconds + AFTERMATH_SECONDS)
    figures.add(f"{worker} to {count}", seconds=seconds, tally=tally)
    return tally.faults


def test_the_guide(cluster: MilvusCluster, figures: Figures, tmp_path: Path) -> None:
    cluster.reset()
    with cluster.searched(tmp_path) as searches:
        for worker in GAUGES:
            known = cluster.find_pods()
            faults = change(cluster, searches, figures=figures, worker=worker, count=3)
            found = cluster.find_pods()
            assert found.items() >= known.items(), "a pod that was there has gone or was restarted"
            assert len(found.keys() - known.keys()) == 2
            assert len(cluster.find_pods(COMPONENTS[worker])) == 3
            assert not any(faults[name] for name in ("failed", "empty", "wrong"))
    again = cluster.scale(**dict.fromkeys(GAUGES, 3))
    assert again.changed == 0, again.output


@pytest.mark.soak
def test_the_way_back(cluster: MilvusCluster, figures: Figures, tmp_path: Path) -> None:
    """Milvus lists a worker for a while after its pod has gone; the next one must not go before."""
    cluster.scale(**dict.fromkeys(GAUGES, 3))
    with cluster.searched(tmp_path) as searches:
        for worker in GAUGES:
            known, sources = cluster.find_pods(), Sources(cluster, worker)
            with sources.watched():
                change(cluster, searches, figures=figures, worker=worker, count=1)
            print(f"{worker}: {sources.tell()}", flush=True)
            found = cluster.find_pods()
            assert found.items() <= known.items(), "a pod that was to stay has gone or was restarted"
            assert len(cluster.find_pods(COMPONENTS[worker])) == 1
            searches.wait_until_right()
