# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Helm's release records: what a stored revision says. Pure. PRIVATE to this collection.

Helm 3 and 4 store each revision in a Secret (or ConfigMap) of its own: labels say release, revision and status; the
body is JSON, gzipped unless very old, in base64, and a Secret adds the API's own base64.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import dataclasses
import datetime
import json
import re
import typing as t
import zlib

from ._errors import RecordError

Json = dict[str, t.Any]

STATUSES = (
    "deployed",
    "failed",
    "pending-install",
    "pending-rollback",
    "pending-upgrade",
    "superseded",
    "uninstalled",
    "uninstalling",
    "unknown",
)
# Helm refuses to work on a release in the pending states; uninstalling is an operation that has not come to its end.
IN_PROGRESS = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")

# Our own note on a revision that we have begun: <revision>.<deadline, Unix time of the API server>.<holder>.
# Helm hands labels on to every later revision: a stamp of another revision says nothing.
STAMP_LABEL = "milvus.cluster/operation"
# Our note on what a local chart held when it was applied: <revision>.<start of its SHA-256>.
CHART_LABEL = "milvus.cluster/chart"

LARGEST_RECORD = 64 * 1024 * 1024  # bytes unpacked; etcd takes 1.5 MB packed, which this is far above
_GZIP_MAGIC = b"\x1f\x8b\x08"
_NAME = re.compile(r"^sh\.helm\.release\.v1\.(?P<release>.+)\.v(?P<revision>[1-9][0-9]{0,8})$")
_STAMP = re.compile(r"^(?P<revision>[0-9]{1,9})\.(?P<deadline>[0-9]{1,10})\.(?P<holder>.+)$")


class Stamp(t.NamedTuple):
    """Who began a revision, and until when (UTC) it may take."""

    holder: str
    deadline: datetime.datetime

    def spell(self, revision: int) -> str:
        """Write it as the value of STAMP_LABEL."""
        return f"{revision}.{int(self.deadline.timestamp())}.{self.holder}"


class Revision(t.NamedTuple):
    """One stored revision as its labels tell; *changed* is when Helm last wrote it, *chart_digest* our note, or ""."""

    number: int
    status: str
    storage_name: str
    changed: datetime.datetime | None
    stamp: Stamp | None
    chart_digest: str = ""


def spell_stamp(revision: Revision) -> str:
    """Return the stamp of a revision as it is written on it, "" without one."""
    return revision.stamp.spell(revision.number) if revision.stamp else ""


class Chart(t.NamedTuple):
    """The chart of a revision; *defaults* are its values as stored, without the user's."""

    name: str
    version: str
    app_version: str
    defaults: Json


@dataclasses.dataclass(frozen=True)
class Release:
    """One revision in full. *values* are the user's; *apply_method* is "ssa" or "csa", always "csa" from Helm 3."""

    name: str
    namespace: str
    revision: int
    status: str
    description: str
    first_deployed: str
    last_deployed: str
    apply_method: str
    chart: Chart
    values: Json
    manifest: str


def read_revision(metadata: Json) -> Revision | None:
    """Read a revision off the metadata of its Secret or ConfigMap; None when it is not a record of Helm's."""
    match = _NAME.match(metadata.get("name") or "")
    if match is None:
        return None
    labels = metadata.get("labels") or {}
    number = int(match["revision"])
    status = labels.get("status")
    return Revision(
        number,
        status if status in STATUSES else "unknown",
        match[0],
        _find_change(metadata),
        _read_stamp(labels.get(STAMP_LABEL) or "", number),
        _read_digest(labels.get(CHART_LABEL) or "", number),
    )


def _read_digest(text: str, revision: int) -> str:
    number, _dot, digest = text.partition(".")
    return digest if number == str(revision) else ""


def _find_change(metadata: Json) -> datetime.datetime | None:
    # The label modifiedAt is of the client's clock; managedFields are of the server's.
    times = [field.get("time") for field in metadata.get("managedFields") or ()]
    newest = max(filter(None, times), default=None) or metadata.get("creationTimestamp")
    with_zone = (newest or "").replace("Z", "+00:00")
    try:
        return datetime.datetime.fromisoformat(with_zone)
    except ValueError:
        return None


def _read_stamp(text: str, revision: int) -> Stamp | None:
    match = _STAMP.match(text)
    if match is None or int(match["revision"]) != revision:
        return None
    return Stamp(match["holder"], datetime.datetime.fromtimestamp(int(match["deadline"]), datetime.timezone.utc))


def decode(stored: Json) -> Release:
    """Decode the Secret or ConfigMap of a revision. Raises RecordError for anything that Helm does not write."""
    with _explaining(stored):
        release = _read_release(_read_body(stored))
        _check_identity(release, (stored.get("metadata") or {}).get("name") or "")
    return release


@contextlib.contextmanager
def _explaining(stored: Json) -> t.Iterator[None]:
    try:
        yield
    except _UnreadableError as exc:
        metadata = stored.get("metadata") or {}
        where = f"{stored.get('kind') or 'Secret'} {metadata.get('name')} in namespace {metadata.get('namespace')}"
        remedy = "Look at it with `helm history`; restore it from a backup, or roll back to an older revision."
        raise RecordError(f"Decoding the Helm release record in {where}", reason=str(exc), remedy=remedy) from None


def _read_body(stored: Json) -> Json:
    return _unpack((stored.get("data") or {}).get("release"), in_secret=stored.get("kind") != "ConfigMap")


def revise(stored: Json, info: t.Mapping[str, str]) -> Json:
    """Return the data of a stored revision with another *info*, such as its status, encoded as Helm does it.

    Raises RecordError.
    """
    with _explaining(stored):
        body = _read_body(stored)
        body["info"] = {**_object(body, "info"), **info}
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    packed = base64.b64encode(packer.compress(json.dumps(body).encode()) + packer.flush())
    return {"release": (packed if stored.get("kind") == "ConfigMap" else base64.b64encode(packed)).decode()}


class _UnreadableError(Exception):
    """Why a record cannot be read."""


def _unpack(payload: t.Any, *, in_secret: bool) -> Json:
    if not isinstance(payload, str) or not payload:
        raise _UnreadableError("it holds no release")
    try:
        data = base64.b64decode(payload, validate=True)
        if in_secret:
            data = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise _UnreadableError("it is no base64") from None
    if data.startswith(_GZIP_MAGIC):
        data = _gunzip(data)
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise _UnreadableError("it is no JSON") from None
    if not isinstance(body, dict):
        raise _UnreadableError("it is no JSON object")
    return body


def _gunzip(data: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = unzip.decompress(data, LARGEST_RECORD)
    except zlib.error as exc:
        raise _UnreadableError(f"it is no gzip ({exc})") from None
    if unzip.unconsumed_tail:
        raise _UnreadableError(f"it unpacks to more than {LARGEST_RECORD // 1024 // 1024} MiB")
    if not unzip.eof:
        raise _UnreadableError("its gzip data are cut short")
    return unpacked


def _read_release(body: Json) -> Release:
    info, chart = _object(body, "info"), _object(body, "chart")
    about = _object(chart, "metadata")
    revision, status = body.get("version"), _text(info, "status")
    if isinstance(revision, bool) or not isinstance(revision, int):
        raise _UnreadableError("its revision is no number")
    if status not in STATUSES:
        raise _UnreadableError(f"its status '{status[:40]}' is none of Helm's")
    return Release(
        name=_text(body, "name"),
        namespace=_text(body, "namespace"),
        revision=revision,
        status=status,
        description=_text(info, "description"),
        first_deployed=_text(info, "first_deployed"),
        last_deployed=_text(info, "last_deployed"),
        apply_method=_text(body, "apply_method") or "csa",
        chart=Chart(
            _text(about, "name"), _text(about, "version"), _text(about, "appVersion"), _object(chart, "values")
        ),
        values=_object(body, "config"),
        manifest=_text(body, "manifest"),
    )


def _text(node: Json, key: str) -> str:
    """Return a text of a JSON object; Helm leaves out what is empty."""
    value = node.get(key)
    if value is not None and not isinstance(value, str):
        raise _UnreadableError(f"its {key} is no text")
    return value or ""


def _object(node: Json, key: str) -> Json:
    """Return an object in a JSON object; Helm leaves out what is empty, or writes null."""
    value = node.get(key)
    if value is not None and not isinstance(value, dict):
        raise _UnreadableError(f"its {key} is no object")
    return value or {}


def _check_identity(release: Release, storage_name: str) -> None:
    if storage_name != f"sh.helm.release.v1.{release.name}.v{release.revision}":
        raise _UnreadableError(f"it is the record of release {release.name}, revision {release.revision}")


class Lock(t.NamedTuple):
    """An operation on a release that has begun and not ended. *age* in seconds by the API server's clock."""

    revision: int
    status: str
    age: int | None
    holder: str
    deadline: datetime.datetime | None
    stale: bool


def find_lock(revision: Revision | None, now: datetime.datetime) -> Lock | None:
    """Return the operation that the newest revision is in the middle of. Only what we have stamped can be stale."""
    if revision is None or revision.status not in IN_PROGRESS:
        return None
    stamp = revision.stamp
    return Lock(
        revision.number,
        revision.status,
        max(0, int((now - revision.changed).total_seconds())) if revision.changed else None,
        stamp.holder if stamp else "",
        stamp.deadline if stamp else None,
        stamp is not None and now > stamp.deadline,
    )
