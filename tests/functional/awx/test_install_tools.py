# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The playbook that installs helm, from a mirror on this machine."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import json
import platform
import subprocess
import tarfile
import threading
import typing as t
from pathlib import Path

import pytest

from playbook_runner import PROGRAM, Run, environment

MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
PLATFORM = f"{platform.system().lower()}-{MACHINES[platform.machine()]}"


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002 (the name that the base class gives it)
        """Say nothing."""


class Mirror(t.NamedTuple):
    """A folder that is served: its address, the version of helm in it, and the checksum of the archive."""

    url: str
    version: str
    checksum: str

    def run(self, *words: str, **variables: t.Any) -> Run:
        """Run the playbook with what the mirror has, or with other *variables*."""
        given = {
            "milvus_tools_helm_url": self.url,
            "milvus_tools_helm_version": self.version,
            "milvus_tools_helm_checksums": {PLATFORM: self.checksum},
            **variables,
        }
        command = [str(PROGRAM), "milvus.cluster.install_tools", "--extra-vars", json.dumps(given), *words]
        process = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        return Run(process.stdout + process.stderr, process.returncode != 0)


def read_version(helm: Path) -> str:
    command = [str(helm), "version", "--template", "{{ .Version }}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextlib.contextmanager
def serve(folder: Path) -> t.Iterator[str]:
    """Serve a folder over HTTP, and yield its address."""
    handler = functools.partial(_Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def mirror(helm4: Path, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Mirror]:
    """A mirror with the lab's helm, packed as Helm's releases are."""
    folder, version = tmp_path_factory.mktemp("mirror"), read_version(helm4).removeprefix("v")
    archive = folder / f"helm-v{version}-{PLATFORM}.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
        packed.add(helm4.resolve(), f"{PLATFORM}/helm")
    with serve(folder) as url:
        yield Mirror(url, version, hashlib.sha256(archive.read_bytes()).hexdigest())


def test_it_installs_once(mirror: Mirror, tmp_path: Path) -> None:
    helm = tmp_path / "bin/helm"
    wanted = {"milvus_tools_bin_dir": str(helm.parent)}
    foretold = mirror.run("--check", "--diff", **wanted)
    assert (foretold.failed, foretold.changed, helm.exists()) == (False, 1, False), foretold.output
    assert any(row.startswith(f"{helm}: {mirror.url}/helm-v") for row in foretold.rows)

    done = mirror.run(**wanted)
    assert not done.failed, done.output
    assert (helm.stat().st_mode & 0o777, read_version(helm)) == (0o755, f"v{mirror.version}")
    installed = helm.stat()
    for words in (["--check", "--diff"], []):
        # The mirror is not even asked.
        again = mirror.run(*words, milvus_tools_helm_url="http://127.0.0.1:1", **wanted)
        assert (again.failed, again.changed) == (False, 0), again.output
    assert helm.stat().st_mtime_ns == installed.st_mtime_ns

    helm.write_text("#!/bin/sh\necho v3.1.0\n", encoding="utf-8")
    text = json.dumps({PLATFORM: mirror.checksum})
    assert mirror.run(milvus_tools_helm_checksums=text, **wanted).changed == 1
    assert read_version(helm) == f"v{mirror.version}"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"milvus_tools_helm_checksums": ""}, f"here {PLATFORM}. It is published as "),
        ({"milvus_tools_helm_checksums": {"plan9-mips": "0" * 64}}, ".tar.gz.sha256sum."),
        ({"milvus_tools_helm_version": ""}, "Set milvus_tools_helm_version to a version of helm such as 4.3.0."),
        ({"milvus_tools_helm_checksums": {PLATFORM: "0" * 64}}, "did not match"),
    ],
    ids=["no-checksum", "of-another-platform", "no-version", "a-wrong-checksum"],
)
def test_what_is_not_verified_is_not_installed(
    mirror: Mirror, variables: dict[str, t.Any], words: str, tmp_path: Path
) -> None:
    run = mirror.run(milvus_tools_bin_dir=str(tmp_path / "bin"), **variables)
    assert run.failed
    assert words in " ".join(run.output.split()), run.output
    assert not list(tmp_path.iterdir())
