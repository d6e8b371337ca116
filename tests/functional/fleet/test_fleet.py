# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The playbook `fleet`: one release that fails is named and keeps no other from being brought about."""

from __future__ import annotations

import collections
import concurrent.futures
import typing as t
from pathlib import Path

import pytest

from fleets import BROKEN, Fleet
from milvus_lab.client import Client
from release_states import NAME

Json = dict[str, t.Any]

SECRET = "correct-horse-battery"


@pytest.fixture
def fleet(lab: Client, namespace: str, tmp_path: Path) -> t.Iterator[Fleet]:
    """Three releases on one host and one on another."""
    hosts = {"east": [f"{namespace}-{letter}" for letter in "abc"], "west": [f"{namespace}-d"]}
    yield Fleet(lab, tmp_path, hosts, {"milvus_install_sensitive_values": {"minio": {"secretKey": SECRET}}})
    delete(lab, hosts)


def delete(lab: Client, hosts: t.Mapping[str, t.Sequence[str]]) -> None:
    """Delete the namespaces, without waiting for their end."""
    names = [namespace for namespaces in hosts.values() for namespace in namespaces]
    lab.kubectl("delete", "namespace", *names, "--wait=false", "--ignore-not-found")


def count_query_nodes(lab: Client, namespace: str) -> int:
    found = lab.get("deployment", f"{NAME}-milvus-querynode", namespace=namespace)
    return int(found["status"]["readyReplicas"])


def test_a_canary_and_a_release_that_fails(fleet: Fleet) -> None:
    canary, broken, own, _west = (namespace for namespaces in fleet.hosts.values() for namespace in namespaces)
    serial = {"milvus_fleet_serial": [1, "100%"]}

    stopped = fleet.run(own={canary: BROKEN}, **serial)
    assert stopped.failed
    assert stopped.rows == dict(zip(fleet.names, ["failed", *["not begun"] * 3], strict=True)), stopped.output
    (said,) = stopped.failures
    assert said.startswith(f"{fleet.names[0]} has failed in the task Refuse counts that contradict each other.")
    assert "milvus_scale_query_node wants 2" in said

    wanted = {own: {"milvus_scale_query_node": 2}}
    isolated = fleet.run("-v", own={broken: BROKEN, **wanted}, **serial)
    assert isolated.failed
    outcomes = ["changed", "failed", "changed", "changed"]
    assert isolated.rows == dict(zip(fleet.names, outcomes, strict=True)), isolated.output
    assert [said.split()[0] for said in isolated.failures] == [fleet.names[1]]
    assert count_query_nodes(fleet.lab, own) == 2
    assert SECRET not in isolated.output

    changed: dict[str, Json] = {**wanted, canary: {"milvus_scale_proxy": 2}, broken: {"milvus_release": "absent"}}
    scale = fleet.run("--check", "--tags", "scale", own=changed, milvus_fleet_serial="2, 100%")
    assert not scale.failed, scale.output
    assert list(scale.rows.values()) == ["would change", "unchanged", "unchanged", "unchanged"]


def test_refusals(fleet: Fleet) -> None:
    limited = fleet.run("--limit", "east")
    assert limited.failed
    assert "--limit 'east,milvus_fleet'" in limited.output
    assert "has release:" in fleet.run(own={fleet.hosts["west"][0]: {"release": NAME}}).output
    won = fleet.run("--check", milvus_namespace="elsewhere")
    assert set(won.rows.values()) == {"failed"}, won.output
    assert "milvus_namespace among the extra variables would win over" in won.failures[0]
    within = fleet.run("--check", "--tags", "install", "--limit", "west,milvus_fleet")
    assert within.rows == {fleet.names[-1]: "would change"}, within.output


def test_slices(lab: Client, namespace: str, tmp_path: Path) -> None:
    """A job of AWX that is sliced: each slice has a part of the hosts, and they run at the same time."""
    hosts = {host: [f"{namespace}-{host}"] for host in ("east", "west")}
    slices = []
    for host, namespaces in hosts.items():
        (tmp_path / host).mkdir()
        slices.append(Fleet(lab, tmp_path / host, {host: namespaces}, {}))
    try:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            runs = list(pool.map(Fleet.run, slices))
    finally:
        delete(lab, hosts)
    assert not any(run.failed for run in runs), [run.output for run in runs]
    assert [run.rows for run in runs] == [dict.fromkeys(each.names, "changed") for each in slices]


RELEASES = 50


@pytest.mark.soak
def test_fifty_releases(lab: Client, namespace: str, tmp_path: Path) -> None:
    """Installed, with one among them that fails; figures are printed."""
    hosts = {host: [f"{namespace}-{host}-{number}" for number in range(RELEASES // 2)] for host in ("east", "west")}
    broken = hosts["west"][7]
    words = ("--tags", "install", "--forks", "10")
    try:
        alone = Fleet(lab, tmp_path, {"one": [f"{namespace}-one"]}, {}).run(*words)
        whole = Fleet(lab, tmp_path, hosts, {}).run(*words, own={broken: BROKEN})
    finally:
        delete(lab, {**hosts, "one": [f"{namespace}-one"]})
    figures = ", ".join(f"{run.seconds:.0f} s and {run.mebibytes:.0f} MiB" for run in (alone, whole))
    print(f"one release, and {RELEASES}, 10 at a time: {figures}")
    assert (alone.failed, [*alone.rows.values()]) == (False, ["changed"])
    assert collections.Counter(whole.rows.values()) == {"changed": RELEASES - 1, "failed": 1}
    assert [said.split()[0] for said in whole.failures] == [f"west/{broken}/{NAME}"]
