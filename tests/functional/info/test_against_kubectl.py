# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""milvus_info says of a release what helm and kubectl say, whichever chart it is of. MILVUS_CHART adds a chart."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from milvus_lab.client import Client, wait_for
from module_runner import run_module
from release_states import NAME, NEW_CHART, OLD_CHART, Cluster

CHARTS = [OLD_CHART, "5.0.8", NEW_CHART, *filter(None, [os.environ.get("MILVUS_CHART")])]


def find_chart(cluster: Cluster, chart: str) -> Path:
    return Path(chart) if os.sep in chart else cluster.chart(chart)


@pytest.mark.parametrize("which", ["helm3", "helm4"])
@pytest.mark.parametrize("chart", CHARTS)
def test_a_fresh_release(chart: str, which: str, lab: Client, namespace: str) -> None:
    cluster = Cluster(lab, namespace, which)
    cluster.helm("install", NAME, find_chart(cluster, chart), "--set", "queryNode.replicas=2,proxy.replicas=3")
    wait_for("all pods are there", lambda: not _find_lagging(lab, namespace))
    result = run_module("milvus_info", namespace, kubeconfig=str(lab.kubeconfig))
    assert result["error"] is None, result["msg"]

    (listed,) = json.loads(cluster.helm("list", "--output", "json"))
    release = result["release"]
    assert f"{release['chart']}-{release['chart_version']}" == listed["chart"]
    assert (release["app_version"], release["status"]) == (listed["app_version"], listed["status"])
    assert str(release["revision"]) == listed["revision"]

    deployments = lab.list("deployment", namespace=namespace, selector=f"app.kubernetes.io/instance={NAME},component")
    expected = {
        item["metadata"]["name"]: (
            item["metadata"]["labels"]["component"],
            item["spec"]["replicas"],
            item["status"].get("readyReplicas", 0),
            item["spec"]["template"]["spec"]["containers"][0]["image"],
        )
        for item in deployments
    }
    keys = ("component", "desired", "ready", "image")
    assert {part["workload"]: tuple(part[key] for key in keys) for part in result["components"]} == expected
    counts = {part["type"]: part["count"] for part in result["scalable"]}
    assert (counts["query_node"], counts["proxy"]) == (2, 3)

    stateful = {item["metadata"]["name"] for item in lab.list("statefulset", namespace=namespace)}
    assert {part["workload"] for one in result["dependencies"] for part in one["workloads"]} == stateful
    claims = {item["metadata"]["name"] for item in lab.list("persistentvolumeclaim", namespace=namespace)}
    assert {volume["name"] for volume in result["volumes"]} == claims
    assert (result["drift"], result["warnings"]) == ([], [])


def _find_lagging(lab: Client, namespace: str) -> list[str]:
    workloads = lab.list("deployment,statefulset", namespace=namespace)
    return [
        item["metadata"]["name"]
        for item in workloads
        if item["status"].get("readyReplicas", 0) != item["spec"]["replicas"]
        or item["status"].get("observedGeneration") != item["metadata"]["generation"]
    ]
