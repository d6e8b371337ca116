# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The demo on simulated nodes: all that Kubernetes and Helm do is real, and the pods only look as if they ran."""

from __future__ import annotations

import yaml

from milvus_lab import labs
from milvus_lab.charts import NEW_CHART, real_chart
from milvus_lab.client import Client
from milvus_lab.toolchain import say_plainly
from stage import LAB, NAMESPACE, play, say_how_to_go_on, step

# How many there shall be of the worker types that all charts have.
COUNTS = {"query_node": 3, "data_node": 2, "proxy": 2}
# Simulated pods that are ready stay so: there is no need to look for long.
STABLE = {"milvus_install_stable_seconds": "1", "milvus_scale_stable_seconds": "1"}


def run() -> None:
    """Bring the lab up, install and scale Milvus, do it again, read it, say how to go on."""
    with step("A Kubernetes control plane with six simulated nodes"):
        lab = Client(labs.up(LAB, say=say_plainly))
    wanted = {**chart(lab), **counts(lab), **STABLE}
    with step(f"Install Milvus from {real_chart() or 'the chart of the lab'}, and scale each worker type"):
        play(lab, "site", milvus_install_create_namespace="true", **wanted)
    with step("Once more: nothing is left to do, and nothing is done"):
        play(lab, "site", **wanted)
    with step("What is there"):
        play(lab, "status")
        print(lab.kubectl("get", "pods", "--namespace", NAMESPACE, "--output", "wide"))
    print("\nThe pods are simulated: they look ready, but no Milvus runs in them.")
    say_how_to_go_on(lab)


def chart(lab: Client) -> dict[str, str]:
    """The chart that the environment variable ``MILVUS_CHART`` names, else the lab's, as variables."""
    path = real_chart()
    if path is not None:
        return {"milvus_chart_ref": str(path)}
    return {"milvus_chart_repo_url": lab.chart_repo_url, "milvus_install_chart_version": NEW_CHART}


def counts(lab: Client) -> dict[str, str]:
    """How many workers there shall be, as variables. Charts before 5 have index nodes, later ones streaming nodes."""
    path = real_chart()
    version = NEW_CHART if path is None else yaml.safe_load(lab.helm("helm4", "show", "chart", path))["version"]
    own = "streaming_node" if int(version.partition(".")[0]) >= 5 else "index_node"
    return {f"milvus_scale_{worker}": str(count) for worker, count in {**COUNTS, own: 2}.items()}
