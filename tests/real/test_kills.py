# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Processes that are killed while Milvus is scaled: what the task says of the end is true."""

from __future__ import annotations

import concurrent.futures
import signal
import time

import psutil
import pytest

from milvus_cluster import NAME, NAMESPACE, MilvusCluster
from milvus_lab import real_faults
from milvus_lab.client import Object, is_ready, wait_for
from playbook_runner import Run

pytestmark = [pytest.mark.real, pytest.mark.soak]

# Component of the pod whose processes are killed, or its StatefulSet, and the worker type that is scaled meanwhile.
STRIKES = {"querynode": "query_node", "etcd": "data_node", "kafka": "index_node"}


def find_victims(cluster: MilvusCluster, name: str) -> list[psutil.Process]:
    """The processes of a pod that serves, without the one that keeps its sandbox."""
    pods: list[Object] = [
        pod
        for pod in cluster.lab.list("pods", namespace=NAMESPACE)
        if f"{NAME}-{name}-" in pod["metadata"]["name"] or f"{NAME}-milvus-{name}-" in pod["metadata"]["name"]
    ]
    oldest = min(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    return [process for process in real_faults.pod_processes(oldest) if process.name() != "pause"]


def is_as_said(cluster: MilvusCluster, worker: str, *, count: int) -> bool:
    """Whether every pod is ready, and Milvus lists as many of the type, by what is read here."""
    pods = cluster.lab.list("pods", namespace=NAMESPACE, selector=f"app.kubernetes.io/instance={NAME}")
    return all(map(is_ready, pods)) and cluster.read_gauges()[worker] == count


def strike(cluster: MilvusCluster, victim: str, *, worker: str) -> Run:
    """Scale the type to 2, and kill once the new pod is there."""
    known = cluster.find_pods()
    counts = {f"milvus_scale_{worker}": "2"}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        run = pool.submit(cluster.attempt, "scale", milvus_scale_wait_registered="require", **counts)
        wait_for("the new pod", lambda: cluster.find_pods().keys() - known.keys(), seconds=60)
        victims = find_victims(cluster, victim)
        assert victims
        for process in victims:
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(victims, timeout=10)
        return run.result()


@pytest.mark.parametrize("victim", STRIKES)
def test_the_verdict_is_true(cluster: MilvusCluster, victim: str) -> None:
    worker = STRIKES[victim]
    cluster.reset()
    began = time.time()
    run = strike(cluster, victim, worker=worker)
    print(f"{victim} killed: {'failed' if run.failed else 'ok'} after {time.time() - began:.1f} s", flush=True)
    assert is_as_said(cluster, worker, count=2) != run.failed, run.output
    if run.failed:
        cluster.scale(**{worker: 2})
    restarts = {name: pod.restarts for name, pod in cluster.find_pods().items() if pod.restarts}
    assert restarts, "nobody was hit"
