# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's programs are what they say, and what keeps them from being built is told in one line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from milvus_lab import toolchain
from milvus_lab.client import Client
from milvus_lab.errors import LabError

VERSION_COMMANDS = {
    "etcd": ("etcd", "--version"),
    "kube-apiserver": ("kube-apiserver", "--version"),
    "kube-controller-manager": ("kube-controller-manager", "--version"),
    "kube-scheduler": ("kube-scheduler", "--version"),
    "kubectl": ("kubectl", "version", "--client"),
    "kwok": ("kwok", "--version"),
    "helm": ("helm", "version", "--short"),
    "helm3": ("helm3", "version", "--short"),
}


def test_every_program_prints_the_version_that_its_lock_file_pins(programs: Path) -> None:
    pinned = toolchain.versions()
    assert set(pinned) == set(VERSION_COMMANDS)
    for name, (program, *words) in VERSION_COMMANDS.items():
        printed = subprocess.run([str(programs / program), *words], capture_output=True, text=True, check=True).stdout
        assert pinned[name].removeprefix("v") in printed, name


def test_the_server_tells_its_version(lab: Client) -> None:
    assert f"Server Version: {toolchain.versions()['kube-apiserver']}" in lab.kubectl("version")


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("MILVUS_LAB_GO", raising=False)
    return tmp_path


def quietly(_text: str) -> None:
    pass


def fake_go(folder: Path, script: str) -> Path:
    go = folder / "go"
    go.write_text(f"#!/bin/sh\n{script}\n")
    go.chmod(0o755)
    return go


def test_a_missing_go_is_one_line_with_the_remedy(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(empty_cache))
    monkeypatch.setattr(toolchain, "USUAL_GO", str(empty_cache))
    with pytest.raises(LabError) as caught:
        toolchain.ensure_programs(quietly)
    assert str(caught.value) == (
        "the lab builds its control plane from source and needs Go 1.26 or newer, but found no go: "
        "install it from https://go.dev/dl/ and put it on PATH, or name it in MILVUS_LAB_GO"
    )


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo go version go1.22.1 linux/amd64", "is 'go version go1.22.1 linux/amd64', but the lab needs Go 1.26"),
        ("exit 3", "the lab needs Go 1.26 or newer: install it"),
    ],
)
def test_a_go_that_will_not_do_is_told(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    monkeypatch.setenv("MILVUS_LAB_GO", str(fake_go(empty_cache, script)))
    with pytest.raises(LabError, match=words) as caught:
        toolchain.ensure_programs(quietly)
    assert "\n" not in str(caught.value)


def test_a_failed_build_quotes_go_and_leaves_no_program(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = 'case "$1" in version) echo go version go1.27.0 linux/amd64;; *) echo no space left >&2; exit 1;; esac'
    monkeypatch.setenv("MILVUS_LAB_GO", str(fake_go(empty_cache, script)))
    with pytest.raises(LabError, match=r"building etcd v3\.7\.3 failed; go said: no space left"):
        toolchain.ensure_programs(quietly)
    built = [path.name for path in (empty_cache / "cache").rglob("*") if path.is_file() and path.name != ".lock"]
    assert built == []


def test_an_interrupted_build_goes_on_where_it_was(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
case "$1" in version) echo go version go1.27.0 linux/amd64; exit;; esac
while [ "$1" != -o ]; do shift; done
echo program > "$2"
"""
    monkeypatch.setenv("MILVUS_LAB_GO", str(fake_go(empty_cache, script)))
    said: list[str] = []
    folder = toolchain.ensure_programs(said.append)
    assert "building 8 programs" in said[0]
    (folder / "helm").unlink()
    said.clear()
    toolchain.ensure_programs(said.append)
    assert [line for line in said if "building helm" in line] == ["[1/1] building helm v4.3.1"]
