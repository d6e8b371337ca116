# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The demo on a real node: the scale-out guide on a Milvus cluster that is searched all the while."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import typing as t
from pathlib import Path

import yaml

from milvus_cluster import COMPONENTS, GAUGES, SEARCHERS, VALUES, MilvusCluster, Searches
from milvus_lab import image_parts, images, labs, real_parts, toolchain
from milvus_lab.charts import real_chart
from milvus_lab.client import HELMS, Client
from milvus_lab.toolchain import say_plainly
from search_log import FAULTS, Tally
from stage import LAB, play, say_how_to_go_on, step

COUNT = 3
PYTHON = "SEARCHER_PYTHON"
# The chart's generation whose Milvus the lab has images of.
GENERATION = "4.1."
STABLE = {"milvus_install_stable_seconds": "1", "milvus_scale_stable_seconds": "1"}


class Row(t.NamedTuple):
    """What became of a worker type: its pods before and after, how long that took, and what searches saw of it."""

    worker: str
    before: int
    after: int
    listed: int | None
    seconds: float
    tally: Tally


def find_lack() -> str:
    """Why it cannot be shown here, "" when it can."""
    if lack := real_parts.real_node_lack() or image_parts.lack():
        return lack
    if not os.environ.get(PYTHON):
        return "there is no Python 3.10, 3.11 or 3.12 for the client that searches"
    chart = real_chart()
    if chart is None:
        return ""
    helm = toolchain.ensure_programs(say_plainly) / HELMS["helm4"]
    shown = subprocess.run([helm, "show", "chart", chart], check=True, stdout=subprocess.PIPE, text=True).stdout
    version = str(yaml.safe_load(shown)["version"])
    return "" if version.startswith(GENERATION) else f"its Milvus is for charts {GENERATION}x, not for {version}"


def run() -> None:
    """Bring the lab up, install Milvus, scale each worker type while it is searched, verify it, show the figures."""
    with step("A Kubernetes control plane with one real node"):
        archives = [archive.path for archive in images.ensure_images(images.names(), say_plainly)]
        lab = Client(labs.up(LAB, strength="real", archives=archives, say=say_plainly))
    cluster = MilvusCluster(lab, Path(os.environ[PYTHON]))
    source = {"milvus_chart_ref": str(cluster.chart), "milvus_install_values_files": str(VALUES), **STABLE}
    with step(f"Install Milvus 2.3.5 from {real_chart() or 'the chart of the lab'}: ten pods, all of them running"):
        play(lab, "install", milvus_install_create_namespace="true", **source)
    with step("Fill it with 4,000 vectors"):
        cluster.fill()
    with tempfile.TemporaryDirectory() as folder, cluster.searched(Path(folder)) as searches:
        print(
            f"\nFrom now on, {SEARCHERS} clients ask five questions a second each, whose answers are known.", flush=True
        )
        rows = [scale(cluster, worker, searches=searches, source=source) for worker in GAUGES]
    with step("The whole again, by the playbook site: nothing is left to do, and all of it is verified"):
        wanted = {f"milvus_scale_{worker}": str(COUNT) for worker in GAUGES}
        play(lab, "site", **source, **wanted, milvus_verify_smoke_test="true")
    print(f"\n{tabulate(rows)}\n")
    say_how_to_go_on(lab)


def scale(cluster: MilvusCluster, worker: str, *, searches: Searches, source: t.Mapping[str, str]) -> Row:
    """Scale one worker type, and count what searches saw of it."""
    before = len(cluster.find_pods(COMPONENTS[worker]))
    began = time.time()
    with step(f"{worker}: {before} to {COUNT}"):
        play(cluster.lab, "scale", **source, **{f"milvus_scale_{worker}": str(COUNT)})
    ended = time.time()
    tally = searches.count(begin=began, end=ended)
    after, listed = len(cluster.find_pods(COMPONENTS[worker])), cluster.read_gauges()[worker]
    return Row(worker, before, after, listed, ended - began, tally)


def tabulate(rows: t.Iterable[Row]) -> str:
    """Return the rows as a table."""
    head = ("worker type", "pods", "Milvus lists", "seconds", "searches", *FAULTS, "longest")
    cells = [
        (
            row.worker,
            f"{row.before} to {row.after}",
            "?" if row.listed is None else str(row.listed),
            f"{row.seconds:.1f}",
            *row.tally.as_row()[:-1],
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (head, *cells))
    return "\n".join(line.rstrip() for line in lines)
