# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Helm does to a Milvus release on the lab: it works, and the hazards that the collection exists for are real.

The tests of this file share one release for each chart and helm, and run in their order: the first needs it as it was
installed, the last removes it.
"""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from milvus_lab.client import Client, CommandFailedError, wait_for

pytestmark = pytest.mark.both_helms

RELEASE = "my-release"
REAL_CHART = os.environ.get("MILVUS_CHART", "")
# Chart version → pods that get ready, and pods of its jobs, which complete.
PODS = {"5.0.19": (23, 2), "4.1.28": (24, 2)}
WITH_AUTOSCALER = {"5.0.19"}  # for query nodes


@dataclass(frozen=True)
class Release:
    """A release of ``chart``, of ``version``, made by ``helm`` (``helm3`` or ``helm4``) in a namespace of its own."""

    lab: Client
    helm: str
    chart: Path
    version: str
    namespace: str

    def run(self, *words: str) -> str:
        return self.lab.helm(self.helm, *words, "--namespace", self.namespace)

    def upgrade(self, *settings: str, reuse: str = "--reset-then-reuse-values") -> None:
        flags = [word for setting in settings for word in ("--set", setting)]
        self.run("upgrade", RELEASE, str(self.chart), reuse, *flags)

    def pods(self, selector: str) -> dict[str, str]:
        """Pod name to uid, of the pods that nobody deletes."""
        found = self.lab.list("pods", namespace=self.namespace, selector=selector)
        return {
            pod["metadata"]["name"]: pod["metadata"]["uid"]
            for pod in found
            if "deletionTimestamp" not in pod["metadata"]
        }

    def deployment(self, component: str) -> dict[str, t.Any]:
        return self.lab.get("deployment", f"{RELEASE}-milvus-{component}", namespace=self.namespace)

    def replicas(self, component: str) -> int:
        count: int = self.deployment(component)["spec"]["replicas"]
        return count

    def status(self) -> str:
        text: str = json.loads(self.run("status", RELEASE, "--output", "json"))["info"]["status"]
        return text


def charts() -> list[t.Any]:
    """Both generations, and the real chart where ``MILVUS_CHART`` names one."""
    ours = [pytest.param(version, id=version) for version in PODS]
    return [*ours, pytest.param(REAL_CHART, id="real")] if REAL_CHART else ours


@pytest.fixture(params=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=charts())
def release(request: pytest.FixtureRequest, lab: Client, helm: str) -> Release:
    """An installed release whose pods are all ready."""
    chart = Path(request.param) if request.param == REAL_CHART else lab.charts / f"milvus-{request.param}.tgz"
    version = yaml.safe_load(lab.helm("helm4", "show", "chart", chart))["version"]
    if version not in PODS:
        pytest.skip(f"no numbers of pods are recorded for chart {version}")
    made = Release(lab, helm, chart, version, f"{helm}-{chart.stem.replace('.', '-')}")
    made.run("install", RELEASE, str(chart), "--create-namespace")
    expected = (sum(PODS[version]), *PODS[version])
    wait_for("the pods are ready, the jobs complete", lambda: lab.count_pods(made.namespace) == expected, seconds=120)
    return made


def check_that_the_first_upgrade_replaces_etcd(release: Release) -> None:
    """Hazard: so does the guide's own command, which also removes the init jobs; the Milvus pods stay."""
    assert release.status() == "deployed"
    workers = ["querynode", "datanode", "proxy"]
    old = {name: release.pods(f"component={name},app.kubernetes.io/name=milvus") for name in workers}
    etcd = release.pods("app.kubernetes.io/name=etcd")
    release.upgrade("queryNode.replicas=3", reuse="--reuse-values")
    wait_for("three query nodes are ready", lambda: release.deployment("querynode")["status"].get("readyReplicas") == 3)
    for name in workers:
        now = release.pods(f"component={name},app.kubernetes.io/name=milvus")
        assert old[name].items() <= now.items(), f"{name} pods were replaced"
        assert len(now) == (3 if name == "querynode" else 1)
    wait_for("etcd is rolled", lambda: rolled(release.pods("app.kubernetes.io/name=etcd"), etcd), seconds=90)
    assert not release.lab.list("jobs", namespace=release.namespace)


def rolled(now: dict[str, str], before: dict[str, str]) -> bool:
    return now.keys() == before.keys() and not set(now.values()) & set(before.values())


def check_that_an_autoscaler_begins_with_one(release: Release) -> None:
    """Hazard: ``replicas: -1`` makes Helm remove the field, and the API server's default for it is 1."""
    assert release.replicas("querynode") > 1
    release.upgrade("queryNode.replicas=-1", "queryNode.hpa.enabled=true")
    assert release.replicas("querynode") == 1
    autoscalers = [entry["metadata"]["name"] for entry in release.lab.list("hpa", namespace=release.namespace)]
    assert autoscalers == ([f"{RELEASE}-milvus-querynode-hpa"] if release.version in WITH_AUTOSCALER else [])


def check_an_upgrade_after_kubectl_scale(release: Release) -> None:
    """Hazard: under Helm 4 it fails and leaves the release half applied; Helm 3 takes the count back."""
    release.upgrade("queryNode.replicas=3", "queryNode.hpa.enabled=false")
    name = f"deployment/{RELEASE}-milvus-querynode"
    release.lab.kubectl("scale", name, "--replicas=5", "--namespace", release.namespace)
    if release.helm == "helm3":
        release.upgrade("queryNode.replicas=4", "dataNode.replicas=2")
        assert (release.replicas("querynode"), release.replicas("datanode")) == (4, 2)
        return
    with pytest.raises(CommandFailedError, match=r'conflict with "kubectl".*\.spec\.replicas'):
        release.upgrade("queryNode.replicas=4", "dataNode.replicas=2")
    assert release.status() == "failed"
    assert (release.replicas("querynode"), release.replicas("datanode")) == (5, 2)
    release.upgrade("queryNode.replicas=5", "dataNode.replicas=2")
    assert release.status() == "deployed"


def check_that_an_uninstall_keeps_the_volumes(release: Release) -> None:
    claims = release.lab.list("pvc", namespace=release.namespace)
    assert {claim["status"]["phase"] for claim in claims} == {"Bound"}
    assert sum(int(claim["status"]["capacity"]["storage"].removesuffix("Gi")) for claim in claims) == 2990
    release.run("uninstall", RELEASE)
    wait_for("all pods are gone", lambda: not release.lab.list("pods", namespace=release.namespace))
    assert len(release.lab.list("pvc", namespace=release.namespace)) == len(claims)
    release.lab.kubectl("delete", "namespace", release.namespace, "--wait=false")


def test_the_life_of_a_release(release: Release) -> None:
    """Each step goes on from where the one before has ended."""
    check_that_the_first_upgrade_replaces_etcd(release)
    check_that_an_autoscaler_begins_with_one(release)
    check_an_upgrade_after_kubectl_scale(release)
    check_that_an_uninstall_keeps_the_volumes(release)
