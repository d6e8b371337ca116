# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The record, parts, counts and autoscalers of a release, judged."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._live import Autoscaler, CountOwner
from ansible_collections.milvus.cluster.plugins.module_utils._release import Revision, Stamp
from ansible_collections.milvus.cluster.plugins.module_utils._release_store import History
from ansible_collections.milvus.cluster.plugins.module_utils._verify_scene import Scene
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.releases import NAME, NOW, QUERY, release
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.scenes import (
    OLD,
    change_live,
    check,
    make_scene,
    without,
)

MIX = "mixcoord"


def revise(status: str, *, number: int = 2, holder: str = "") -> Scene:
    """A scene whose newest revision is another."""
    scene = make_scene()
    stamp = Stamp(holder, NOW + datetime.timedelta(hours=1)) if holder else None
    record = Revision(number, status, "", NOW - datetime.timedelta(seconds=90), stamp)
    newest = dataclasses.replace(release(), revision=number, status=status, description="it went wrong")
    found = dataclasses.replace(scene.found, newest=newest, history=History(newest=record))
    return dataclasses.replace(scene, found=found)


def test_a_release_that_is_deployed() -> None:
    outcome = check("release", make_scene())
    assert outcome == ("passed", "revision 1 is deployed, of chart milvus 5.0.19", "", "")


@pytest.mark.parametrize(
    ("status", "holder", "words"),
    [
        ("pending-upgrade", "", "revision 2 is pending-upgrade for 90 s, by another client of Helm"),
        ("pending-rollback", "job-7", "revision 2 is pending-rollback for 90 s, by job-7"),
        ("uninstalling", "", "revision 2 is uninstalling for 90 s"),
        ("failed", "", "revision 2 is failed (it went wrong)"),
        ("superseded", "", "revision 2 is superseded"),
    ],
)
def test_a_release_that_is_not(status: str, holder: str, words: str) -> None:
    outcome = check("release", revise(status, holder=holder))
    assert outcome.outcome == "failed"
    assert outcome.evidence.startswith(words)
    assert outcome.remedy


def test_all_parts_are_there() -> None:
    assert check("components", make_scene()).outcome == "passed"
    old = check("components", make_scene(*OLD, version="4.1.28"))
    assert old.outcome == "passed"
    assert "index_coordinator, and 1 workloads of dependencies" in old.evidence


def test_a_part_that_is_missing() -> None:
    scene = without(without(make_scene(), "proxy"), MIX)
    words = f"Deployment {NAME}-milvus-proxy does not exist; Deployment {NAME}-milvus-mixcoord does not exist"
    assert check("components", scene)[:2] == ("failed", words)


def test_a_coordinator_without_a_ready_pod() -> None:
    outcome = check("components", change_live(make_scene(), MIX, ready=0))
    assert outcome[:2] == ("failed", f"no pod of mix_coordinator is ready (Deployment {NAME}-milvus-mixcoord)")
    assert check("components", change_live(make_scene(), "proxy", ready=0)).outcome == "passed"


def test_a_release_without_a_coordinator() -> None:
    assert check("components", make_scene("querynode", "rootcoord", "datacoord"))[:2] == (
        "failed",
        "the release has no query_coordinator",
    )
    assert check("components", make_scene("attu")).outcome == "failed"
    assert check("components", make_scene("standalone")).outcome == "passed"


def test_no_part_of_milvus_at_all() -> None:
    scene = make_scene()
    empty = dataclasses.replace(scene, found=dataclasses.replace(scene.found, topology=None))
    assert check("components", empty)[:2] == ("failed", "the release has no workload of Milvus")


def ask(scene: Scene, **counts: int) -> Scene:
    return dataclasses.replace(scene, asked=counts)


def test_counts_of_the_release_and_of_the_task() -> None:
    words = "query_node 1, data_node 1, streaming_node 1, proxy 1"
    assert check("counts", make_scene())[:2] == ("passed", words)
    asked = ask(make_scene(live={"querynode": 3}), query_node=3)
    assert check("counts", asked)[:2] == ("passed", words.replace("query_node 1", "query_node 3 (asked for)"))


def test_drift_names_who_has_set_the_count() -> None:
    scene = make_scene(live={"querynode": 3, "mixcoord": 2}, owner="kubectl")
    outcome = check("counts", scene)
    assert outcome.outcome == "failed"
    assert f"Deployment {QUERY} has 3 pods, set by kubectl, the release 1" in outcome.evidence
    assert f"Deployment {NAME}-milvus-mixcoord has 2 pods" in outcome.evidence
    owners = (CountOwner("helm", "Apply", "", ""), CountOwner("tool", "Update", "", "2026-01-01T00:00:00Z"))
    timed = check("counts", change_live(scene, "querynode", owners=owners))
    assert "set by tool at 2026-01-01T00:00:00Z, the release 1" in timed.evidence


def test_another_count_than_the_task_wants() -> None:
    outcome = check("counts", ask(make_scene(), query_node=2))
    assert outcome[:2] == ("failed", "query_node has 1 pods, set by helm, and shall have 2")
    scalers = [Autoscaler("hpa", QUERY, 1, 9)]
    scaled = ask(make_scene(live={"querynode": 5}, scalers=scalers), query_node=2)
    assert "has 5 pods, set by HorizontalPodAutoscaler hpa, and shall have 2" in check("counts", scaled).evidence
    free = check("counts", make_scene(live={"querynode": 5}, scalers=scalers))
    assert free.outcome == "passed"
    assert "query_node 5 (autoscaled)" in free.evidence


def test_a_type_that_is_not_there() -> None:
    merged = check("counts", ask(make_scene(), index_node=2))
    assert merged[:2] == (
        "failed",
        "index_node is not in the release: Index nodes are merged into data nodes since Milvus 2.6: scale data_node",
    )
    off = check("counts", ask(make_scene("querynode", MIX), proxy=2))
    assert "the values switch it off" in off.evidence
    alone = check("counts", ask(make_scene("standalone"), proxy=2))
    assert "a standalone Milvus has no workers" in alone.evidence


def test_autoscalers() -> None:
    assert check("autoscalers", make_scene())[:2] == ("passed", "the release has no autoscaler")
    others = make_scene(scalers=[Autoscaler("hpa", "of-others", 1, 3, ("FailedGetScale: no",))])
    assert check("autoscalers", others).outcome == "passed"


def open_count(scene: Scene) -> Scene:
    """Let the release leave the counts to others."""
    topology = scene.topology
    parts = tuple(part._replace(workload=part.workload._replace(replicas=None)) for part in topology.components)
    open_ = dataclasses.replace(topology, components=parts)
    return dataclasses.replace(scene, found=dataclasses.replace(scene.found, topology=open_))


def test_one_owner_of_a_count() -> None:
    scene = make_scene(scalers=[Autoscaler("hpa", QUERY, 2, 6)])
    assert check("autoscalers", open_count(scene))[:2] == ("passed", "hpa (2 to 6)")
    outcome = check("autoscalers", scene)
    assert outcome[:2] == ("failed", f"hpa and the release, with 1, both set the count of {QUERY}")


def test_two_autoscalers_and_one_that_cannot_scale() -> None:
    stuck = Autoscaler("b", QUERY, 2, 6, ("FailedGetResourceMetric: no metrics",))
    outcome = check("autoscalers", open_count(make_scene(scalers=[Autoscaler("a", QUERY, 1, 3), stuck])))
    assert outcome.outcome == "failed"
    assert f"b cannot scale {QUERY} (FailedGetResourceMetric: no metrics)" in outcome.evidence
    assert f"{QUERY} has 2 autoscalers: a, b" in outcome.evidence
