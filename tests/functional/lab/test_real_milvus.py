# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection on a real Milvus: what it waits for is what Milvus itself says, and data outlive a release.

The chart is the lab's, and the real one too where ``MILVUS_CHART`` names one of the 4.1 generation.
"""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass

import pytest
import yaml

import real_lab
from installer import Installer
from milvus_lab import charts
from milvus_lab.client import HELMS, Client, wait_for
from milvus_rest import Milvus
from module_runner import Result
from release_states import NAME, OLD_CHART, Cluster
from scaling import WORKERS, count
from watched_helm import WatchedHelm

pytestmark = pytest.mark.real

VALUES = charts.CHARTS / "real-milvus.yaml"
REAL_CHART = os.environ.get("MILVUS_CHART", "")
SOME = range(0, 500, 50)
WORKER_TYPES = WORKERS["4"]
# A session of a worker that has gone is kept for 30 s, and a busy machine takes a while to start ten pods.
PATIENCE = 110  # seconds


@pytest.fixture(scope="module")
def node_lab() -> t.Iterator[Client]:
    """A lab with one real node and all images."""
    yield from real_lab.provide("milvus")


@dataclass(frozen=True)
class Release:
    """A release of a real Milvus, and the modules at work on it."""

    lab: Client
    namespace: str
    chart: str
    helm: WatchedHelm

    def module(self, name: str) -> Installer:
        return Installer(Cluster(self.lab, self.namespace, "helm4"), self.helm, module=name)

    def install(self) -> Result:
        return self._run("milvus_install", create_namespace=True, values_files=[str(VALUES)])

    def scale(self, worker: str, number: int) -> Result:
        """Scale a worker type, with what Milvus lists required."""
        return self._run("milvus_scale", replicas={worker: number}, wait_registered="require")

    def _run(self, module: str, **options: t.Any) -> Result:
        source = {"chart_ref": self.chart, "chart_repo_url": None}
        return self.module(module).run(**source, **options, wait_timeout=PATIENCE)

    @property
    def milvus(self) -> Milvus:
        """Milvus at the address of its Service, which this machine reaches."""
        address = self.lab.get("service", f"{NAME}-milvus", namespace=self.namespace)["spec"]["clusterIP"]
        return Milvus(f"http://{address}:19530")

    def count(self) -> dict[str, int]:
        return {
            part: number for part, number in count(self.module("milvus_scale")).items() if part in WORKER_TYPES.values()
        }


@pytest.fixture(scope="module", params=[OLD_CHART, *([REAL_CHART] if REAL_CHART else [])])
def release(
    node_lab: Client, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> t.Iterator[Release]:
    """One worker of each type, and vectors."""
    chart = request.param if request.param == REAL_CHART else str(node_lab.charts / f"milvus-{request.param}.tgz")
    if not yaml.safe_load(node_lab.helm("helm4", "show", "chart", chart))["version"].startswith("4.1."):
        pytest.skip("the values are for charts of the 4.1 generation")
    helm = WatchedHelm(node_lab.program(HELMS["helm4"]), tmp_path_factory.mktemp("helm") / "starts")
    release = Release(node_lab, "real" if request.param == REAL_CHART else "ours", chart, helm)
    release.install()
    release.milvus.fill()
    yield release
    node_lab.helm("helm4", "uninstall", NAME, "--namespace", release.namespace)


def test_a_known_answer_is_found(release: Release) -> None:
    assert release.milvus.find_wrong(SOME) == []


@pytest.mark.parametrize("worker", WORKER_TYPES)
def test_a_scale_is_done_when_milvus_lists_the_workers_and_no_more(release: Release, worker: str) -> None:
    for number in (3, 1):
        done = release.scale(worker, number)
        (found,) = done["registration"]
        assert (found["outcome"], found["expected"], found["listed"]) == ("registered", number, number)
        assert f" of pod {NAME}-milvus-" in found["source"]
        assert release.count() == {**dict.fromkeys(WORKER_TYPES.values(), 1), WORKER_TYPES[worker]: number}
        release.module("milvus_scale").check_all_ready()
    assert release.milvus.find_wrong(SOME) == []


def test_data_are_there_again_in_a_release_over_kept_volumes(release: Release) -> None:
    release.module("milvus_install").run(state="absent", wait_timeout=PATIENCE)
    assert release.module("milvus_scale").read("pods") == []
    release.install()
    # Milvus loads again what was loaded only after it is ready: until then it refuses to search.
    wait_for("the answers of the release before", lambda: not release.milvus.find_wrong(SOME))
