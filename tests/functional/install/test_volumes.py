# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The claims of a release are found and deleted exactly: those of `a` beside `a-b`, with a record or without."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _connection, _volumes
from ansible_collections.milvus.cluster.plugins.module_utils._kube import KubeClient
from ansible_collections.milvus.cluster.plugins.module_utils._manifest import read_manifest
from ansible_collections.milvus.cluster.plugins.module_utils._volumes import Note
from milvus_lab.client import Client, wait_for

LABELS = ("app.kubernetes.io/instance", "release")
NOTE = Note("5.0.19", "2.6.15")
CLUSTER = {
    "5.0.19": "kafka.enabled=true,pulsarv3.enabled=true,streaming.woodpecker.embedded=false,woodpecker.enabled=true",
    "4.1.28": "kafka.enabled=true,pulsar.enabled=true",
}
USERS_OWN = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "backup", "labels": dict.fromkeys(LABELS, "a")},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


class Namespace(t.NamedTuple):
    """A namespace of the lab, and the helm used in it."""

    lab: Client
    name: str
    helm: str

    @property
    def client(self) -> KubeClient:
        return KubeClient(_connection.connect({"kubeconfig": str(self.lab.kubeconfig)}, {}), self.name)

    def install(self, release: str, version: str, *, settings: str) -> set[str]:
        """Install the chart and return the claims that its pods use."""
        chart = self.lab.charts / f"milvus-{version}.tgz"
        self.lab.helm(self.helm, "install", release, chart, "--namespace", self.name, "--set", settings)
        wait_for(f"volumes for {release}", lambda: self._is_complete(release))
        return self._used(release)

    def uninstall(self, release: str) -> None:
        self.lab.helm(self.helm, "uninstall", release, "--namespace", self.name)
        wait_for(f"the end of {release}", lambda: not self._used(release))

    def _is_complete(self, release: str) -> bool:
        sets = [entry for entry in self._of(release, "statefulsets") if entry["spec"].get("volumeClaimTemplates")]
        claimed = all(entry["status"].get("readyReplicas") == entry["spec"]["replicas"] for entry in sets)
        return claimed and self._used(release) <= self.names()

    def _used(self, release: str) -> set[str]:
        volumes = [volume for pod in self._of(release, "pods") for volume in pod["spec"].get("volumes", [])]
        return {volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume}

    def _of(self, release: str, kind: str) -> list[dict[str, t.Any]]:
        return [
            entry
            for label in LABELS
            for entry in self.lab.list(kind, namespace=self.name, selector=f"{label}={release}")
        ]

    def names(self, *, found_for: str = "", **arguments: t.Any) -> set[str]:
        """The names of the claims that there are, or that the collection finds for a release."""
        if not found_for:
            return {entry["metadata"]["name"] for entry in self.lab.list("pvc", namespace=self.name)}
        return {entry.volume.name for entry in _volumes.read_claims(self.client, found_for, **arguments)}


@pytest.fixture(params=["helm3", "helm4"])
def space(lab: Client, namespace: str, request: pytest.FixtureRequest) -> Namespace:
    return Namespace(lab, namespace, request.param)


def _check_the_end_of_a(space: Namespace, mine: set[str], *, theirs: set[str]) -> None:
    """Keep, note, and delete the claims of `a` when there is no record of it any more."""
    space.uninstall("a")
    assert space.names(found_for="a") == mine
    claims = _volumes.read_claims(space.client, "a")
    _volumes.annotate_claims(space.client, claims, release="a", note=NOTE)
    assert _volumes.remembered(_volumes.read_claims(space.client, "a")) == NOTE
    assert _volumes.remembered(_volumes.read_claims(space.client, "a-b")) is None
    _volumes.delete_claims(space.client, _volumes.read_claims(space.client, "a"))
    wait_for("the end of the claims", lambda: not space.names(found_for="a"))
    assert space.names() == theirs | {"backup"}


@pytest.mark.one_will_do
@pytest.mark.parametrize(("space", "version"), [("helm3", "4.1.28"), ("helm4", "5.0.19")], indirect=["space"])
def test_claims_of_clusters(space: Namespace, version: str) -> None:
    space.lab.apply(USERS_OWN, namespace=space.name)
    claims = {release: space.install(release, version, settings=CLUSTER[version]) for release in ("a", "a-b")}
    assert len(claims["a"]) == len(claims["a-b"]) > 10
    for release, expected in claims.items():
        assert space.names(found_for=release) == expected
    # Without labels the names remain: those of the manifest, and those that the chart is known for.
    for label in LABELS:
        space.lab.kubectl("label", "pvc", "--all", f"{label}-", "--namespace", space.name)
    text = space.lab.helm(space.helm, "get", "manifest", "a", "--namespace", space.name)
    manifest = read_manifest(text, where="release a")
    assert space.names(found_for="a", manifest=manifest) == space.names(found_for="a") == claims["a"]
    assert space.names(found_for="a-b") == claims["a-b"]
    _check_the_end_of_a(space, claims["a"], theirs=claims["a-b"])


def test_claims_that_helm_keeps(space: Namespace) -> None:
    space.lab.apply(USERS_OWN, namespace=space.name)
    settings = "cluster.enabled=false,minio.mode=standalone,pulsarv3.enabled=false,etcd.replicaCount=1"
    claims = {release: space.install(release, "5.0.19", settings=settings) for release in ("a", "a-b")}
    assert claims["a"] == {"a-milvus", "a-minio", "data-a-etcd-0"}
    for release, expected in claims.items():
        assert space.names(found_for=release) == expected
    _check_the_end_of_a(space, claims["a"], theirs=claims["a-b"])


def test_a_note_goes_with_the_release_that_takes_over(space: Namespace) -> None:
    settings = "etcd.replicaCount=1,minio.mode=standalone,pulsarv3.enabled=false"
    mine = space.install("a", "5.0.19", settings=settings)
    space.uninstall("a")
    _volumes.annotate_claims(space.client, _volumes.read_claims(space.client, "a"), release="a", note=NOTE)
    assert space.install("a", "5.0.19", settings=settings) == mine == space.names()
    _volumes.annotate_claims(space.client, _volumes.read_claims(space.client, "a"), release="a", note=None)
    listing = json.dumps(space.lab.list("pvc", namespace=space.name))
    assert not any(note in listing for note in (_volumes.RELEASE_NOTE, _volumes.CHART_NOTE, _volumes.APP_NOTE))
    assert _volumes.remembered(_volumes.read_claims(space.client, "a")) is None
