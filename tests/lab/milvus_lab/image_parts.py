# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab's images are made of: wheels, jars, own Go programs, and this machine's C library."""

from __future__ import annotations

import functools
import hashlib
import lzma
import os
import platform
import re
import shutil
import subprocess
import sys
import typing as t
import zipfile
from pathlib import Path

import yaml

from . import toolchain
from .charts import merge_values
from .errors import LabError
from .paths import LAB_SOURCE
from .toolchain import Say

LOCKS = LAB_SOURCE / "images"
GO_MODULE = LAB_SOURCE / "go/images"
# Pinned, because Maven's own choice depends on its version.
_COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
# The wheels ask for glibc 2.17, and bring all other libraries with them.
_C_LIBRARIES = (
    "ld-linux-x86-64.so.2",
    *("libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "libresolv.so.2", "librt.so.1"),
    *("libnss_dns.so.2", "libnss_files.so.2"),
)
_LOADER = Path("/lib64/ld-linux-x86-64.so.2")  # the place that the ABI gives it
_PLACEHOLDER = re.compile(r"\{\{\s*\w+(?:\(\w+\))?(?::\s*(.*?))?\s*\}\}")  # {{ name(type): default }}


def lack() -> str:
    """What this machine lacks to build the images of Milvus and Kafka, in one line; empty where it lacks nothing."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return (
            f"the images of Milvus and Kafka are for x86_64 Linux, and this is {platform.machine()} {platform.system()}"
        )
    if not _LOADER.exists():
        return f"the images of Milvus and Kafka take the C library from this machine, and {_LOADER} is not there"
    if shutil.which("mvn") is None:
        return "the image of Kafka needs Maven, and there is no mvn on PATH: install the package maven"
    return ""


def c_library() -> dict[str, Path]:
    """Name to path of the files of this machine's C library; those that a newer one has no more are left out."""
    folder = _LOADER.resolve().parent
    return {name: folder / name for name in _C_LIBRARIES if (folder / name).exists()}


class Parts:
    """Parts, fetched or built below ``folder`` when they are first asked for. Raises ``LabError`` where that fails."""

    def __init__(self, folder: Path, say: Say) -> None:
        self._folder = folder
        self._say = say

    @functools.cached_property
    def programs(self) -> Path:
        """The folder of the lab's own programs, etcd among them."""
        return toolchain.ensure_programs(self._say)

    @functools.cached_property
    def go(self) -> Path:
        """The folder of the static programs ``pause`` and ``tool``."""
        target = self._make("go")
        go = toolchain.find_go()
        self._say("building the images' own programs")
        command = [go, "build", "-trimpath", "-ldflags", "-s -w", "-o", f"{target}/", "./..."]
        environment = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off", "GOOS": "linux"}
        _run(command, cwd=GO_MODULE, env={**os.environ, **environment})
        return target

    @functools.cached_property
    def wheels(self) -> Path:
        """The folder that the wheels of ``wheels.txt`` are unpacked to."""
        target, downloads = self._make("wheels"), self._make("downloads")
        self._say("fetching Milvus and a Java runtime (88 MiB)")
        platforms = ("--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_17_x86_64")
        options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", *platforms]
        _run([sys.executable, "-m", "pip", "download", *options, "-d", str(downloads), "-r", str(LOCKS / "wheels.txt")])
        for wheel in downloads.glob("*.whl"):
            with zipfile.ZipFile(wheel) as content:
                content.extractall(target)
        return target

    @functools.cached_property
    def milvus(self) -> Path:
        """The folder with the program ``milvus`` and its libraries, unpacked."""
        target = self._make("milvus")
        self._say("unpacking Milvus")
        for packed in (self.wheels / "milvus/data/bin").glob("*.lzma"):
            with lzma.open(packed) as content, (target / packed.stem).open("wb") as file:
                shutil.copyfileobj(content, file)
        return target

    @functools.cached_property
    def milvus_config(self) -> bytes:
        """The configuration of the wheel, with its placeholders' defaults and the changes of ``images/milvus.yaml``."""
        template = (self.wheels / "milvus/data/config.yaml.template").read_text(encoding="utf-8")
        base = yaml.safe_load(_PLACEHOLDER.sub(lambda match: match[1] or "", template))
        changes = yaml.safe_load((LOCKS / "milvus.yaml").read_text(encoding="utf-8"))
        return yaml.safe_dump(merge_values(base, changes), sort_keys=False).encode()

    @functools.cached_property
    def jars(self) -> Path:
        """The folder with Kafka and what it needs, as ``kafka/jars.sha256`` says."""
        target = self._make("jars")
        self._say("fetching Kafka (41 MiB)")
        command = ["mvn", "--batch-mode", "--quiet", "--file", str(LOCKS / "kafka/pom.xml"), _COPY_JARS]
        _run([*command, f"-DoutputDirectory={target}"])
        lines = (LOCKS / "kafka/jars.sha256").read_text(encoding="utf-8").splitlines()
        wanted = {name: digest for digest, _gap, name in (line.partition("  ") for line in lines) if name}
        found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in target.iterdir()}
        if wrong := sorted(name for name, _digest in wanted.items() ^ found.items()):
            raise LabError(f"Maven gave other jars than images/kafka/jars.sha256 lists: {', '.join(wrong)}")
        return target

    def _make(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder


def _run(command: list[str], **options: t.Any) -> None:
    result = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    if result.returncode:
        said = " / ".join(result.stdout.strip().splitlines()[-5:])
        raise LabError(f"{' '.join(command[:4])} … failed while the images were built: {said}")
