# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Query nodes that get data as soon as they join: what searches see of it, and that the task said so before."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from figures import Figures
from milvus_cluster import NAMESPACE, MilvusCluster, read_settings
from milvus_lab.client import wait_for

pytestmark = [pytest.mark.real, pytest.mark.soak]

# Until Milvus has moved segments to new nodes, and for a while after that.
AFTERMATH_SECONDS = 25


def count_segments(cluster: MilvusCluster, pod: str) -> int:
    """How many segments a query node has loaded, by its own metrics."""
    page = cluster.lab.kubectl("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:9091/proxy/metrics")
    return sum(int(float(value)) for value in re.findall(r"^milvus_querynode_segment_num\{.*\} (\S+)$", page, re.M))


def has_spread(cluster: MilvusCluster) -> bool:
    return all(count_segments(cluster, pod) for pod in cluster.find_pods("querynode"))


def test_searches_while_data_move(cluster: MilvusCluster, figures: Figures, tmp_path: Path) -> None:
    cluster.reset()
    values = tmp_path / "values.yaml"
    text = f"{read_settings()}queryCoord: {{autoBalance: true}}\n"
    values.write_text(json.dumps({"extraConfigFiles": {"user.yaml": text}}), encoding="utf-8")
    cluster.install(values_file=str(values))
    try:
        with cluster.searched(tmp_path) as searches:
            began = time.time()
            run = cluster.scale(query_node=3)
            wait_for("each query node has segments", lambda: has_spread(cluster), seconds=120)
            tally = searches.count(begin=began, end=time.time() + AFTERMATH_SECONDS)
            figures.add("query_node to 3, balancing on", seconds=time.time() - began, tally=tally)
            searches.wait_until_right()
        assert "Searches may find too little for up to 10 s" in run.output
        assert not tally.faults["failed"]
    finally:
        cluster.reset()
