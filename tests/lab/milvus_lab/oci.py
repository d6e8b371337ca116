# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Container images without a container engine: archives in the OCI image layout, the same bytes from the same files."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
import tempfile
import typing as t
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

_LAYOUT = "application/vnd.oci.image"
_CHUNK = 2**20  # bytes read at a time
_ARCHITECTURES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}  # as Go names them
# No image has a date: one would change the digest with each build.
_EPOCH = "1970-01-01T00:00:00Z"

Descriptor: t.TypeAlias = dict[str, t.Any]


@dataclass(frozen=True)
class File:
    """A regular file: its content, or the path of a file that has it."""

    content: bytes | Path
    mode: int = 0o644


@dataclass(frozen=True)
class Folder:
    """A folder that shall be there though it is empty, or with another mode than 0755."""

    mode: int = 0o755


@dataclass(frozen=True)
class HardLink:
    """A second name, at a path that sorts behind it, of the file at ``target``."""

    target: str
    mode: int = 0o755  # unpacking sets that of the file by each of its names


# Absolute path in the image → what is there; parent folders come of themselves.
Tree: t.TypeAlias = t.Mapping[str, File | Folder | HardLink]


@dataclass(frozen=True)
class Run:
    """How a container runs where its pod does not say otherwise."""

    command: tuple[str, ...] = ()
    environment: t.Mapping[str, str] = field(default_factory=dict)
    folder: str = "/"


def write_archive(archive: Path, reference: str, *, tree: Tree, run: Run) -> str:
    """Write an image of one layer to ``archive``, and return the digest of its manifest, such as ``sha256:0f…``.

    ``reference`` is the full name that pods give, such as ``lab.invalid/milvus:v2.3.5``.
    """
    unfinished = archive.with_name(f".{archive.name}.unfinished")
    with tempfile.TemporaryFile(dir=archive.parent) as content, tarfile.open(unfinished, "w") as tar:
        with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as files:
            _add_tree(files, tree)
        writer = _Writer(tar)
        layer = writer.add_blob(t.cast(t.BinaryIO, content), kind="layer.v1.tar")
        config = writer.add_blob(_encode(_config(run, layer["digest"])), kind="config.v1+json")
        manifest = {"mediaType": f"{_LAYOUT}.manifest.v1+json", "config": config, "layers": [layer]}
        entry = writer.add_blob(_encode({"schemaVersion": 2, **manifest}), kind="manifest.v1+json")
        tag = reference.rpartition(":")[2]
        names = {"io.containerd.image.name": reference, "org.opencontainers.image.ref.name": tag}
        index = {"schemaVersion": 2, "manifests": [{**entry, "annotations": names}]}
        writer.add("index.json", _encode(index))
        writer.add("oci-layout", _encode({"imageLayoutVersion": "1.0.0"}))
    unfinished.rename(archive)
    return t.cast(str, entry["digest"])


def read_digest(archive: Path) -> str:
    """Return the digest of the manifest of an archive."""
    with tarfile.open(archive) as tar:
        index = t.cast(t.IO[bytes], tar.extractfile("index.json"))
        return t.cast(str, json.load(index)["manifests"][0]["digest"])


def _config(run: Run, layer: str) -> dict[str, t.Any]:
    machine = platform.machine()
    return {
        "created": _EPOCH,
        "os": "linux",
        "architecture": _ARCHITECTURES.get(machine, machine),
        "config": {
            "Cmd": list(run.command),
            "Env": [f"{name}={value}" for name, value in sorted(run.environment.items())],
            "WorkingDir": run.folder,
        },
        "rootfs": {"type": "layers", "diff_ids": [layer]},
    }


def _add_tree(tar: tarfile.TarFile, tree: Tree) -> None:
    parents = {str(parent): Folder() for path in tree for parent in PurePosixPath(path).parents}
    del parents["/"]
    for path, entry in sorted({**parents, **tree}.items()):
        header = tarfile.TarInfo(path.removeprefix("/"))
        header.mode = entry.mode
        if isinstance(entry, HardLink):
            header.type, header.linkname = tarfile.LNKTYPE, entry.target.removeprefix("/")
            tar.addfile(header)
        elif isinstance(entry, Folder):
            header.type = tarfile.DIRTYPE
            tar.addfile(header)
        else:
            with _opened(entry.content) as content:
                header.size = content.seek(0, io.SEEK_END)
                content.seek(0)
                tar.addfile(header, content)


def _opened(content: bytes | Path) -> t.BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _encode(document: t.Any) -> t.BinaryIO:
    return io.BytesIO(json.dumps(document, sort_keys=True).encode())


class _Writer:
    """Adds files to the archive itself, and blobs under their digests."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add_blob(self, content: t.BinaryIO, *, kind: str) -> Descriptor:
        """Add content, and return its descriptor."""
        digest = hashlib.sha256()
        content.seek(0)
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
        size = self.add(f"blobs/sha256/{digest.hexdigest()}", content)
        return {"mediaType": f"{_LAYOUT}.{kind}", "digest": f"sha256:{digest.hexdigest()}", "size": size}

    def add(self, name: str, content: t.BinaryIO) -> int:
        """Add a file, and return its size in bytes."""
        header = tarfile.TarInfo(name)
        header.size = content.seek(0, io.SEEK_END)
        content.seek(0)
        self._tar.addfile(header, content)
        return header.size
