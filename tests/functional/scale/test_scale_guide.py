# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The scale-out guide of Milvus, step by step, each a task: nothing moves but the pods that it is about.

``MILVUS_CHART=<folder or .tgz>`` adds a real chart, and ``MILVUS_CHART_FORMER`` an older one of the same line, from
which the guide's own command has come to it.
"""

from __future__ import annotations

import os
import re

import pytest

from installer import BY_HAND, Installer, Json
from release_states import NAME
from scaling import REUSE, count, find_workers, see

REAL_CHART = os.environ.get("MILVUS_CHART", "")
FORMER_CHART = os.environ.get("MILVUS_CHART_FORMER", "")

needs_real_chart = pytest.mark.skipif(not REAL_CHART, reason="MILVUS_CHART is not set")


def follow_the_guide(scaler: Installer, workers: dict[str, str], **options: str) -> set[str]:
    """Take each type from 1 pod to 3, and return the Jobs that have gone meanwhile."""
    gone: set[str] = set()
    for worker, name in workers.items():
        before = see(scaler)
        done = scaler.dance(replicas={worker: 3}, **options)
        touched, workload = before.compare(see(scaler)), f"{NAME}-milvus-{name}"
        assert (touched.come, touched.gone, touched.moved) == ({workload: 2}, {}, {workload})
        announced = [row.removeprefix("delete Job/") for row in done["plan"]["summary"] if row.startswith("delete ")]
        assert touched.jobs == set(announced)
        assert touched.unfinished == set()
        assert done["plan"]["restarts"] == []
        scaler.check_all_ready()
        (changed,) = [each for each in done["counts"] if each["before"] != each["after"]]
        assert (changed["type"], changed["before"], changed["after"]) == (worker, 1, 3)
        gone |= touched.jobs
    assert {name: count(scaler)[name] for name in workers.values()} == dict.fromkeys(workers.values(), 3)
    return gone


@pytest.mark.one_will_do
@pytest.mark.parametrize("version", ["5.0.19", "4.1.28"])
def test_the_guide_type_by_type(version: str, scaler: Installer) -> None:
    """With Pulsar and three members of etcd, as the chart makes them."""
    scaler.cluster.install(version=version)
    assert len(follow_the_guide(scaler, find_workers(version))) == 2
    before = see(scaler)
    scaler.cluster.upgrade(REUSE, "--set=log.format=text", version=version)
    assert count(scaler)["querynode"] == 3
    assert before.compare(see(scaler)).gone.keys().isdisjoint({f"{NAME}-etcd"})


def read_version(scaler: Installer, chart: str) -> str:
    match = re.search(r"^version: (\S+)$", scaler.cluster.helm("show", "chart", chart), re.MULTILINE)
    assert match
    return match[1]


@needs_real_chart
def test_the_guide_on_a_real_chart(scaler: Installer) -> None:
    """A release by plain `helm install`, that nothing of this collection has touched before."""
    scaler.cluster.helm("install", NAME, REAL_CHART)
    workers = find_workers(read_version(scaler, REAL_CHART))
    follow_the_guide(scaler, workers, chart_ref=REAL_CHART)
    before = see(scaler)
    scaler.dance(replicas=dict.fromkeys(workers, 1), chart_ref=REAL_CHART)
    names = [f"{NAME}-milvus-{name}" for name in workers.values()]
    touched = before.compare(see(scaler))
    assert (touched.come, touched.gone, touched.moved) == ({}, dict.fromkeys(names, 2), set(names))
    assert {owner for name in names for owner in scaler.find_count_owners(name)} == {"helm"}


def check_polluted(scaler: Installer, image: str, **options: str) -> None:
    """Scale what `--reuse-values` has left: by counts alone, whatever chart the record names."""
    before, values = see(scaler), scaler.values
    done = scaler.dance(replicas={"query_node": 3, "streaming_node": 2}, **options)
    touched = before.compare(see(scaler))
    query_node, streaming_node = f"{NAME}-milvus-querynode", f"{NAME}-milvus-streamingnode"
    assert (touched.come, touched.gone) == ({query_node: 1, streaming_node: 1}, {})
    assert (touched.moved, touched.jobs) == ({query_node, streaming_node}, set())
    assert any("was upgraded with --reuse-values" in warning for warning in done["warnings"])
    wanted: Json = {**values, "queryNode": {"replicas": 3}, "streamingNode": {"replicas": 2}}
    assert {**scaler.values, "etcd": None} == {**wanted, "etcd": None}
    assert {part["image"] for part in done["components"]} == {image}
    done = scaler.dance(replicas={"query_node": 1}, **options)
    assert {name: count(scaler)[name] for name in ("querynode", "streamingnode")} == {
        "querynode": 1,
        "streamingnode": 2,
    }


@pytest.mark.one_will_do
@pytest.mark.parametrize(
    ("former", "image"), [("5.0.17", "milvusdb/milvus:v2.6.14"), ("5.0.8", "milvusdb/milvus:v2.6.6")]
)
def test_what_the_guides_own_command_has_left(former: str, image: str, scaler: Installer) -> None:
    """It names no version, and takes the newest chart with the values of the one before."""
    scaler.cluster.install(BY_HAND, version=former)
    scaler.cluster.upgrade("--reuse-values", "--set=queryNode.replicas=2")
    check_polluted(scaler, image)
    assert scaler.find_count_owners() == {"helm"}


@needs_real_chart
@pytest.mark.skipif(not FORMER_CHART, reason="MILVUS_CHART_FORMER is not set")
def test_what_the_guides_own_command_has_left_of_a_real_chart(scaler: Installer) -> None:
    scaler.cluster.helm("install", NAME, FORMER_CHART)
    (image,) = {
        item["spec"]["template"]["spec"]["containers"][0]["image"]
        for item in scaler.read("deployments")
        if item["metadata"]["name"] == f"{NAME}-milvus-querynode"
    }
    scaler.cluster.helm("upgrade", NAME, REAL_CHART, "--reuse-values", "--set=queryNode.replicas=2")
    check_polluted(scaler, image, chart_ref=REAL_CHART)
