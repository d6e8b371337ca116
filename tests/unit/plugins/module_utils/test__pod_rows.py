# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._pod_rows import (
    COMPLETE,
    ENDING,
    EXITED,
    PENDING,
    READY,
    STARTING,
    STUCK,
    UNREADY,
    PodRow,
    find_owner,
    group_rows,
    is_current,
    read_pod,
    read_row,
)


@pytest.mark.parametrize(
    ("ready", "status", "restarts", "state"),
    [
        ("1/1", "Running", "0", READY),
        ("1/1", "Running", "3 (5m ago)", READY),
        ("1/2", "Running", "0", UNREADY),
        ("0/1", "Running", "2 (1s ago)", EXITED),
        ("0/1", "Pending", "0", PENDING),
        ("0/1", "ContainerCreating", "0", STARTING),
        ("0/1", "PodInitializing", "0", STARTING),
        ("0/1", "Init:0/2", "0", STARTING),
        ("0/1", "Init:ImagePullBackOff", "0", STUCK),
        ("0/1", "ErrImagePull", "0", STUCK),
        ("0/1", "CreateContainerConfigError", "0", STUCK),
        ("0/1", "Init:Error", "0", EXITED),
        ("0/1", "Init:CrashLoopBackOff", "4 (2s ago)", EXITED),
        ("0/1", "Error", "0", EXITED),
        ("0/1", "OOMKilled", "1 (2s ago)", EXITED),
        ("0/1", "RunContainerError", "0", EXITED),
        ("0/1", "Completed", "0", COMPLETE),
        ("0/1", "Completed", "2 (2s ago)", EXITED),
        ("0/1", "Evicted", "0", COMPLETE),
        ("1/1", "Terminating", "0", ENDING),
    ],
)
def test_states_by_the_words_of_kubectl(ready: str, status: str, restarts: str, state: str) -> None:
    row = read_row({"Name": "p", "Ready": ready, "Status": status, "Restarts": restarts, "Age": "5m"})
    assert row == PodRow("p", status, state, int(restarts.split(" ")[0]))


def test_a_container_has_ended_or_runs_again() -> None:
    assert PodRow("p", "CrashLoopBackOff", EXITED, 1).has_ended
    assert not PodRow("p", "Running", EXITED, 1).has_ended


LONG = "a-release-with-a-very-long-name-milvus-streamingnode-group"
NAMES = {
    "r-milvus-proxy": "Deployment/r-milvus-proxy",
    "r-milvus-proxy-2": "Deployment/r-milvus-proxy-2",
    "r-etcd": "StatefulSet/r-etcd",
    "r-init": "Job/r-init",
    LONG: f"Deployment/{LONG}",
}


@pytest.mark.parametrize(
    ("pod", "owner"),
    [
        ("r-milvus-proxy-5d4f9-abcde", "Deployment/r-milvus-proxy"),
        ("r-milvus-proxy-2-5d4f9-abcde", "Deployment/r-milvus-proxy-2"),
        ("r-etcd-0", "StatefulSet/r-etcd"),
        ("r-etcd-12", "StatefulSet/r-etcd"),
        ("r-etcd-backup", ""),
        ("r-init-x7k2p", "Job/r-init"),
        ("other-0", ""),
        (f"{LONG}-5d4f9"[:58] + "abcde", f"Deployment/{LONG}"),
    ],
)
def test_finds_the_workload_by_the_pods_name(pod: str, owner: str) -> None:
    assert find_owner(pod, NAMES) == owner


def test_groups_pods() -> None:
    rows = [PodRow(name, "Running", READY, 0) for name in ("r-etcd-0", "r-etcd-1", "stranger-0")]
    groups = group_rows(rows, NAMES)
    assert [row.name for row in groups["StatefulSet/r-etcd"]] == ["r-etcd-0", "r-etcd-1"]
    assert groups["Job/r-init"] == []
    assert sum(map(len, groups.values())) == 2


def test_the_newest_replica_set_is_told_by_name() -> None:
    assert is_current("r-milvus-proxy-5d4f9-abcde", "r-milvus-proxy-5d4f9")
    assert not is_current("r-milvus-proxy-77777-abcde", "r-milvus-proxy-5d4f9")


@pytest.mark.parametrize(
    ("metadata", "status", "state"),
    [
        ({}, {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, READY),
        ({}, {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}, UNREADY),
        ({}, {}, UNREADY),
        ({}, {"phase": "Succeeded"}, COMPLETE),
        (
            {"deletionTimestamp": "2026-01-01T00:00:00Z"},
            {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
            ENDING,
        ),
    ],
)
def test_pods_read_in_full(metadata: dict[str, str], status: dict[str, object], state: str) -> None:
    assert read_pod({"metadata": {"name": "p", **metadata}, "status": status}).state == state
