# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.milvus.cluster.plugins.module_utils import _kube, _volumes
from ansible_collections.milvus.cluster.plugins.module_utils._errors import NotFoundError
from ansible_collections.milvus.cluster.plugins.module_utils._manifest import Item
from ansible_collections.milvus.cluster.plugins.module_utils._volumes import Note

settings.register_profile("untimed", deadline=None)  # test machines are noisy
settings.load_profile("untimed")

Json = dict[str, t.Any]

NEW, OLD = Note("5.0.19", "2.6.15"), Note("5.0.9", "2.6.7")


class FakeClient:
    """Holds claims, and notes what is done to them; *lost* are deleted by another right before."""

    def __init__(self, *claims: Json, lost: t.Collection[str] = ()) -> None:
        self.claims = {claim["metadata"]["name"]: claim for claim in claims}
        self.lost = lost
        self.writes: list[str] = []

    def list(self, resource: _kube.Resource) -> t.Iterator[Json]:
        assert resource is _kube.CLAIMS
        yield from self.claims.values()

    def patch(self, _resource: _kube.Resource, name: str, *, body: Json) -> None:
        self._write("patch", name)
        annotations = self.claims[name]["metadata"].setdefault("annotations", {})
        for key, value in body["metadata"]["annotations"].items():
            annotations.pop(key, None)
            annotations.update({key: value} if value is not None else {})

    def delete(self, _resource: _kube.Resource, name: str) -> None:
        self._write("delete", name)

    def _write(self, verb: str, name: str) -> None:
        if name in self.lost:
            raise NotFoundError("Patching it", reason="gone", remedy="None.")
        self.writes.append(f"{verb} {name}")


def client(*claims: Json, lost: t.Collection[str] = ()) -> t.Any:
    return FakeClient(*claims, lost=lost)


def claim(name: str, *, labels: Json | None = None, annotations: Json | None = None, terminating: bool = False) -> Json:
    """A claim as the API gives it."""
    optional = {
        "labels": labels,
        "annotations": annotations,
        "deletionTimestamp": "2026-11-24T12:00:00Z" if terminating else None,
    }
    metadata = {"name": name, **{key: value for key, value in optional.items() if value}}
    return {"metadata": metadata, "spec": {}, "status": {"phase": "Bound"}}


def noted(name: str, note: Note, *, release: str = "a", terminating: bool = False) -> Json:
    """A claim that was kept."""
    annotations = {
        "milvus.cluster/release": release,
        "milvus.cluster/chart-version": note.chart_version,
        "milvus.cluster/app-version": note.app_version,
    }
    return claim(name, annotations=annotations, terminating=terminating)


HELMS = {"meta.helm.sh/release-name": "a"}
INSTANCE = {"app.kubernetes.io/instance": "a"}
RELEASE = {"release": "a"}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        # By labels, in either manner, whatever the names are.
        (claim("data-a-etcd-0", labels=INSTANCE), True),
        (claim("export-a-minio-12", labels=RELEASE), True),
        (claim("data-renamed-0", labels={**INSTANCE, **RELEASE}), True),
        (claim("data-a-b-etcd-0", labels={"app.kubernetes.io/instance": "a-b"}), False),
        (claim("data-a-etcd-0", labels={"app.kubernetes.io/instance": "a-etcd"}), False),
        (claim("data-a-etcd-0", labels={**INSTANCE, "release": "b"}), False),
        # The user's own.
        (claim("backup", labels=INSTANCE), False),
        (claim("backup-monday", labels=RELEASE), False),
        # Made by Helm and kept.
        (claim("a-minio", labels=RELEASE, annotations=HELMS), True),
        (claim("a-minio", annotations=HELMS), True),
        (claim("a-minio", labels=RELEASE, annotations={"meta.helm.sh/release-name": "b"}), False),
        # By name alone, where nothing else says whose it is.
        (claim("data-a-etcd-0"), True),
        (claim("data-a-etcd-0", labels={"app": "etcd"}), True),
        (claim("a-pulsarv3-bookie-journal-a-pulsarv3-bookie-2"), True),
        (claim("a-pulsar-zookeeper-data-a-pulsar-zookeeper-0"), True),
        (claim("woodpecker-storage-a-milvus-woodpecker-3"), True),
        (claim("extra-custom-0"), True),  # of the manifest
        (claim("data-a-b-etcd-0"), False),
        (claim("data-a-etcd-0-1"), False),
        (claim("data-a-etcd"), False),
        (claim("data-a-etcd-x"), False),
        (claim("a-minio"), False),
        (claim("extra-deployment-0"), False),
        # Kept, and noted so.
        (noted("data-a-etcd-0", NEW), True),
        (noted("data-a-etcd-0", NEW, release="b"), False),
    ],
)
def test_whose_a_claim_is(item: Json, expected: bool) -> None:
    manifest = {
        f"{kind}/{name}": Item(kind, name, {"spec": {"volumeClaimTemplates": [{"metadata": {"name": "extra"}}]}})
        for kind, name in (("StatefulSet", "custom"), ("Deployment", "deployment"))
    } | {"StatefulSet/plain": Item("StatefulSet", "plain", {})}
    assert _volumes.is_of_release(item, "a", manifest=manifest) is expected


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ("my-etcd", "data-my-etcd-0"),
        ("my-milvus", "woodpecker-storage-my-milvus-woodpecker-0"),
        ("my-milvus", "data-my-milvus-etcd-0"),
        ("minio-a", "export-minio-a-0"),
    ],
)
def test_charts_do_not_repeat_a_name_that_the_release_has_in_it(release: str, name: str) -> None:
    assert _volumes.is_of_release(claim(name), release, manifest={})


NAMES = st.sampled_from(["a", "a-b", "a-a", "b", "a-1", "a-milvus", "a-b-milvus", "my"])
WORKLOADS = st.sampled_from(["data-{}-etcd-0", "export-{}-minio-1", "data-{}-kafka-2", "data-volume-{}-tei-0"])


@given(NAMES, NAMES, WORKLOADS, st.sampled_from(["release", "app.kubernetes.io/instance", ""]))
def test_no_release_gets_the_claims_of_another(one: str, other: str, name: str, label: str) -> None:
    item = claim(name.format(one), labels={label: one} if label else None)
    assert _volumes.is_of_release(item, one, manifest={})
    if other != one:
        assert not _volumes.is_of_release(item, other, manifest={})


def test_reads_claims_by_name() -> None:
    found = _volumes.read_claims(
        client(
            noted("export-a-minio-0", NEW),
            claim("data-b-etcd-0"),
            claim("data-a-etcd-1", terminating=True),
            claim("data-a-etcd-0"),
        ),
        "a",
    )
    assert [(entry.volume.name, entry.volume.status, entry.note, entry.terminating) for entry in found] == [
        ("data-a-etcd-0", "Bound", None, False),
        ("data-a-etcd-1", "Bound", None, True),
        ("export-a-minio-0", "Bound", NEW, False),
    ]


def test_notes_are_read_back_and_taken_off() -> None:
    api = client(
        claim("data-a-etcd-0", annotations={"other.io/note": "stays"}),
        noted("data-a-etcd-1", OLD),
        noted("data-a-etcd-2", NEW),
    )
    _volumes.annotate_claims(api, _volumes.read_claims(api, "a"), release="a", note=NEW)
    assert api.writes == ["patch data-a-etcd-0", "patch data-a-etcd-1"]  # not the one that says so already
    assert {entry.note for entry in _volumes.read_claims(api, "a")} == {NEW}
    _volumes.annotate_claims(api, _volumes.read_claims(api, "a"), release="a", note=None)
    assert api.claims["data-a-etcd-0"]["metadata"]["annotations"] == {"other.io/note": "stays"}
    assert _volumes.remembered(_volumes.read_claims(api, "a")) is None


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([], None),
        ([claim("data-a-etcd-0")], None),
        ([claim("data-a-etcd-0"), noted("data-a-etcd-1", OLD)], OLD),
        ([noted("data-a-etcd-0", NEW), noted("data-a-etcd-1", OLD)], NEW),  # 19 is more than 9
        ([noted("data-a-etcd-0", NEW, terminating=True), noted("data-a-etcd-1", OLD)], OLD),
    ],
)
def test_the_newest_note_counts(claims: list[Json], expected: Note | None) -> None:
    assert _volumes.remembered(_volumes.read_claims(client(*claims), "a")) == expected


def test_what_is_going_already_is_left_alone() -> None:
    api = client(
        claim("data-a-etcd-0"), claim("data-a-etcd-1", terminating=True), claim("data-a-etcd-2"), lost=["data-a-etcd-0"]
    )
    found = _volumes.read_claims(api, "a")
    _volumes.annotate_claims(api, found, release="a", note=NEW)
    _volumes.delete_claims(api, found)
    assert api.writes == ["patch data-a-etcd-2", "delete data-a-etcd-2"]
