# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import base64
import dataclasses
import datetime
import gzip
import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.milvus.cluster.plugins.module_utils import _release
from ansible_collections.milvus.cluster.plugins.module_utils._errors import RecordError
from ansible_collections.milvus.cluster.plugins.module_utils._release import STAMP_LABEL, STATUSES, Revision, Stamp
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils import conversations

UTC = datetime.timezone.utc
NOON = datetime.datetime(2026, 11, 24, 12, tzinfo=UTC)
RECORDED = conversations.find_record("scaled-by-kubectl")
settings.register_profile("untimed", deadline=None)  # test machines are noisy
settings.load_profile("untimed")

BODY: dict[str, t.Any] = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(RECORDED["data"]["release"]))))
SMALL: dict[str, t.Any] = {
    "name": "my-release",
    "namespace": "milvus",
    "version": 1,
    "info": {"status": "deployed"},
    "chart": {"metadata": {"name": "milvus", "version": "5.0.19", "appVersion": "2.6.15"}},
}


def secret(payload: str, name: str = "sh.helm.release.v1.my-release.v1") -> dict[str, t.Any]:
    """A Secret with a record in it."""
    return {"kind": "Secret", "metadata": {"name": name, "namespace": "milvus"}, "data": {"release": payload}}


def pack(data: bytes) -> str:
    """What Helm and the API server make of a body."""
    return base64.b64encode(base64.b64encode(data)).decode()


@pytest.mark.parametrize(
    ("conversation", "expected"),
    [
        ("new-chart", ("deployed", 1, "ssa", "5.0.19", "2.6.15")),
        ("old-chart", ("deployed", 1, "csa", "4.1.28", "2.3.13")),
        ("reused-values", ("deployed", 2, "csa", "5.0.19", "2.6.15")),
        ("failed-upgrade", ("failed", 2, "ssa", "5.0.19", "2.6.15")),
        ("pending-upgrade", ("pending-upgrade", 2, "csa", "5.0.19", "2.6.15")),
        ("superseded", ("superseded", 1, "csa", "5.0.19", "2.6.15")),
        ("uninstalled", ("uninstalled", 1, "ssa", "5.0.19", "2.6.15")),
        ("config-map", ("deployed", 1, "ssa", "5.0.19", "2.6.15")),
    ],
)
def test_decodes_what_helm_writes(conversation: str, expected: tuple[t.Any, ...]) -> None:
    release = _release.decode(conversations.find_record(conversation))
    chart = release.chart
    assert (release.status, release.revision, release.apply_method, chart.version, chart.app_version) == expected
    assert (release.name, release.namespace, chart.name) == ("my-release", conversation, "milvus")
    assert "kind: Deployment" in release.manifest
    assert chart.defaults["queryNode"]["replicas"] in (1, 2)


def test_user_values_are_the_users_alone() -> None:
    assert _release.decode(conversations.find_record("new-chart")).values == {}
    values = _release.decode(conversations.find_record("failed-upgrade")).values
    assert values["queryNode"] == {"replicas": 2}
    assert values["service"] == {"type": "Nope"}


@pytest.mark.parametrize("status", STATUSES)
def test_every_status(status: str) -> None:
    payload = conversations.encode({**SMALL, "info": {"status": status}})
    assert _release.decode(secret(payload)).status == status


def test_a_very_old_record_is_not_gzipped() -> None:
    assert _release.decode(secret(pack(json.dumps(SMALL).encode()))).revision == 1


def test_fields_of_a_later_helm_are_passed_over() -> None:
    body = {**SMALL, "new": [1], "info": {"status": "deployed", "new": {}}, "chart": {**SMALL["chart"], "new": 1}}
    assert _release.decode(secret(conversations.encode(body))).chart.version == "5.0.19"


def test_five_megabytes() -> None:
    body = {**SMALL, "manifest": "# a line of a manifest\n" * 230_000}
    assert len(_release.decode(secret(conversations.encode(body))).manifest) > 5_000_000


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (None, "it holds no release"),
        ("", "it holds no release"),
        ("no base64!", "it is no base64"),
        (base64.b64encode(b"no base64!").decode(), "it is no base64"),
        (pack(b""), "it holds no release"),
        (pack(b" "), "it is no JSON"),
        (pack(b"\xff\xfe"), "it is no JSON"),
        (pack(b"[" * 100_000), "it is no JSON"),
        (pack(b"[]"), "it is no JSON object"),
        (pack(gzip.compress(json.dumps(SMALL).encode(), mtime=0)[:-9]), "its gzip data are cut short"),
        (pack(b"\x1f\x8b\x08" + b"x" * 40), "it is no gzip"),
        (conversations.encode({}), "its revision is no number"),
        (conversations.encode({**SMALL, "version": True}), "its revision is no number"),
        (conversations.encode({**SMALL, "version": "1"}), "its revision is no number"),
        (conversations.encode({**SMALL, "info": None}), "its status '' is none of Helm's"),
        (conversations.encode({**SMALL, "info": {"status": "DEPLOYED"}}), "its status 'DEPLOYED' is none of Helm's"),
        (conversations.encode({**SMALL, "info": []}), "its info is no object"),
        (conversations.encode({**SMALL, "manifest": {}}), "its manifest is no text"),
        (conversations.encode({**SMALL, "config": "x"}), "its config is no object"),
        (conversations.encode({**SMALL, "version": 2}), "it is the record of release my-release, revision 2"),
        (conversations.encode({**SMALL, "name": "other"}), "it is the record of release other, revision 1"),
    ],
)
def test_refuses_what_helm_does_not_write(payload: t.Any, reason: str) -> None:
    with pytest.raises(RecordError) as caught:
        _release.decode(secret(payload))
    assert caught.value.reason.startswith(reason)
    assert "sh.helm.release.v1.my-release.v1 in namespace milvus failed" in str(caught.value)


def test_refuses_what_unpacks_to_more_than_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_release, "LARGEST_RECORD", 1024 * 1024)
    with pytest.raises(RecordError, match="more than 1 MiB"):
        _release.decode(secret(pack(gzip.compress(b" " * (1024 * 1024 + 1)))))


def decode_or_refuse(payload: str) -> _release.Release | None:
    try:
        return _release.decode(secret(payload))
    except RecordError:
        return None


@given(st.text())
def test_any_text_is_refused(payload: str) -> None:
    assert decode_or_refuse(payload) is None


@given(st.binary())
def test_any_bytes_are_refused(data: bytes) -> None:
    assert decode_or_refuse(pack(data)) is None
    assert decode_or_refuse(pack(gzip.compress(data))) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted({*SMALL, "config", "manifest", "apply_method"})), JSON)
def test_a_field_of_any_value_is_read_as_it_is_or_refused(field: str, value: t.Any) -> None:
    release = decode_or_refuse(conversations.encode({**SMALL, field: value}))
    if release is not None:
        assert release.status in STATUSES
        assert (release.name, release.revision) == ("my-release", 1)
        assert isinstance(release.values, dict)
        assert isinstance(release.manifest, str)


WHOLE = gzip.compress(json.dumps(BODY).encode(), mtime=0)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_record_cut_short_is_refused(length: int) -> None:
    assert decode_or_refuse(pack(WHOLE[:length])) is None


@settings(max_examples=200)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_refused_or_does_not_matter(position: int, flip: int) -> None:
    broken = bytearray(WHOLE)
    broken[position] ^= flip
    release = decode_or_refuse(pack(bytes(broken)))
    # The header has bytes that mean nothing, such as the time; the data are covered by a checksum.
    assert release is None or release == _release.decode(secret(pack(WHOLE)))


def metadata(**more: t.Any) -> dict[str, t.Any]:
    """The metadata of a record as the API lists them."""
    labels = {"owner": "helm", "name": "my-release", "status": "deployed", "version": "7", **more.pop("labels", {})}
    return {"name": "sh.helm.release.v1.my-release.v7", "labels": labels, **more}


@pytest.mark.parametrize(
    ("given_metadata", "expected"),
    [
        (metadata(), Revision(7, "deployed", "sh.helm.release.v1.my-release.v7", None, None)),
        (metadata(labels={"status": "half-done"}), Revision(7, "unknown", metadata()["name"], None, None)),
        (metadata(labels={"status": None}), Revision(7, "unknown", metadata()["name"], None, None)),
        # The name counts: labels can be edited.
        (metadata(labels={"version": "x"}), Revision(7, "deployed", metadata()["name"], None, None)),
        (metadata(creationTimestamp="2026-11-24T12:00:00Z"), Revision(7, "deployed", metadata()["name"], NOON, None)),
        (
            metadata(
                creationTimestamp="2026-11-24T10:00:00Z",
                managedFields=[{}, {"time": "2026-11-24T12:00:00Z"}, {"time": "2026-11-24T11:00:00Z"}],
            ),
            Revision(7, "deployed", metadata()["name"], NOON, None),
        ),
        (metadata(creationTimestamp="yesterday"), Revision(7, "deployed", metadata()["name"], None, None)),
        (
            {"name": "sh.helm.release.v1.my.release.v10"},
            Revision(10, "unknown", "sh.helm.release.v1.my.release.v10", None, None),
        ),
        ({"name": "sh.helm.release.v1.my-release.v0"}, None),
        ({"name": "sh.helm.release.v1.my-release.v1e3"}, None),
        ({"name": "other"}, None),
        ({}, None),
    ],
)
def test_reads_revisions_off_their_metadata(given_metadata: dict[str, t.Any], expected: Revision | None) -> None:
    assert _release.read_revision(given_metadata) == expected


@pytest.mark.parametrize(
    ("label", "stamp"),
    [
        ("7.1795521600.awx-42", Stamp("awx-42", NOON)),
        ("7.1795521600.host.example_1", Stamp("host.example_1", NOON)),
        ("6.1795521600.awx-42", None),  # of the revision before: Helm hands labels on
        ("7.1795521600.", None),
        ("7.x.awx", None),
        ("7.99999999999.awx", None),
        ("", None),
    ],
)
def test_a_stamp_counts_for_its_own_revision(label: str, stamp: Stamp | None) -> None:
    revision = _release.read_revision(metadata(labels={STAMP_LABEL: label}))
    assert revision
    assert revision.stamp == stamp


@given(st.dictionaries(st.sampled_from(["name", "labels", "managedFields", "creationTimestamp"]), st.text(max_size=30)))
def test_stamps_and_times_of_any_text(texts: dict[str, str]) -> None:
    labels = {STAMP_LABEL: texts.get("labels", ""), "status": texts.get("name", "")}
    revision = _release.read_revision(metadata(labels=labels, creationTimestamp=texts.get("creationTimestamp")))
    assert revision
    assert revision.number == 7


RUNNING = Revision(7, "pending-upgrade", "s", NOON - datetime.timedelta(minutes=2), None)


@pytest.mark.parametrize(
    "status", [status for status in STATUSES if "pending" not in status and status != "uninstalling"]
)
def test_no_lock_in_a_final_status(status: str) -> None:
    assert _release.find_lock(RUNNING._replace(status=status), NOON) is None


def test_no_lock_without_a_release() -> None:
    assert _release.find_lock(None, NOON) is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (120, "", None, False)),
        ({"changed": None}, (None, "", None, False)),
        ({"changed": NOON + datetime.timedelta(seconds=3)}, (0, "", None, False)),
        ({"stamp": Stamp("me", NOON)}, (120, "me", NOON, False)),
        (
            {"stamp": Stamp("me", NOON - datetime.timedelta(seconds=1))},
            (120, "me", NOON - datetime.timedelta(seconds=1), True),
        ),
    ],
)
def test_lock_of_a_revision_in_the_making(change: dict[str, t.Any], expected: tuple[t.Any, ...]) -> None:
    lock = _release.find_lock(RUNNING._replace(**change), NOON)
    assert lock
    assert lock[:2] == (7, "pending-upgrade")
    assert lock[2:] == expected


@pytest.mark.parametrize("conversation", ["failed-upgrade", "config-map"])
def test_another_description_and_nothing_else(conversation: str) -> None:
    stored = conversations.find_record(conversation)
    changed = {**stored, "data": _release.revise(stored, {"description": "other words"})}
    before, after = _release.decode(stored), _release.decode(changed)
    assert before.description != "other words"
    assert after == dataclasses.replace(before, description="other words")


def test_no_other_description_for_garbage() -> None:
    with pytest.raises(RecordError, match="it is no base64"):
        _release.revise(secret("?"), {"description": "other words"})
