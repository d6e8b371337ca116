# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import base64
import json
import os
import tarfile
import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._chart_source import interpret
from ansible_collections.milvus.cluster.plugins.module_utils._errors import OptionError

WHO = {"chart_repo_username": "reader", "chart_repo_password": "correct-horse"}
PUBLIC = "https://zilliztech.github.io/milvus-helm"


def write_chart(folder: Path) -> Path:
    """Write a chart with a subchart."""
    for place, name in ((folder, "milvus"), (folder / "charts/etcd", "etcd")):
        place.mkdir(parents=True)
        (place / "Chart.yaml").write_text(f"{{name: {name}, version: 5.0.19, appVersion: 2.6.15}}", encoding="utf-8")
    return folder


def pack(folder: Path) -> Path:
    """Pack a chart as helm does."""
    archive = folder.with_suffix(".tgz")
    with tarfile.open(archive, "w:gz") as opened:
        for name in ("charts/etcd/Chart.yaml", "Chart.yaml"):
            opened.add(folder / name, f"milvus/{name}")
    return archive


@pytest.mark.parametrize(
    ("options", "kind", "reference", "flags"),
    [
        ({}, "repository", "milvus", ("--repo", PUBLIC, "--version", "^5")),
        ({"chart_ref": "", "chart_repo_url": ""}, "repository", "milvus", ("--repo", PUBLIC, "--version", "^5")),
        (
            {"chart_ref": "vectors", "chart_repo_url": "http://charts.example/a/"},
            "repository",
            "vectors",
            ("--repo", "http://charts.example/a", "--version", "^5"),
        ),
        ({"chart_ref": "lab/milvus", "chart_repo_url": "http://a"}, "alias", "lab/milvus", ("--version", "^5")),
        ({"chart_ref": "oci://reg.example/a/milvus"}, "oci", "oci://reg.example/a/milvus", ("--version", "^5")),
    ],
)
def test_kinds(options: dict[str, str], kind: str, reference: str, flags: tuple[str, ...]) -> None:
    source = interpret(options)
    assert (source.kind, source.is_local) == (kind, False)
    assert source.arguments("^5") == (reference, flags, {}, "")


def test_without_a_version() -> None:
    assert interpret({}).arguments() == ("milvus", ("--repo", PUBLIC), {}, "")


def test_a_folder_of_the_same_name_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_chart(tmp_path / "milvus")
    monkeypatch.chdir(tmp_path)
    assert interpret({"chart_ref": "milvus"}).kind == "repository"
    assert interpret({"chart_ref": "./milvus"}).kind == "folder"


@pytest.mark.parametrize("form", ["absolute", "relative", "home", "archive", "archive by its name"])
def test_local_charts(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_chart(tmp_path / "milvus")
    archive = pack(folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    references = {
        "absolute": str(folder),
        "relative": "./milvus",
        "home": "~/milvus",
        "archive": str(archive),
        "archive by its name": "milvus.tgz",
    }
    source = interpret({"chart_ref": references[form], **WHO})
    path = str(archive if form.startswith("archive") else folder)
    assert (source.kind, source.reference) == ("archive" if form.startswith("archive") else "folder", path)
    assert source.arguments("5.0.19") == (path, (), {}, "")
    assert source.metadata == ("milvus", "5.0.19", "2.6.15")


def test_credentials_of_a_repository(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").touch()
    ca_cert = str(tmp_path / "ca.crt")
    source = interpret({"chart_repo_url": "https://charts.example", "chart_repo_ca_cert": ca_cert, **WHO})
    arguments = source.arguments("5.0.19")
    assert arguments.reference == f"{arguments.repository}/milvus"
    assert arguments.flags == ("--version", "5.0.19")
    (entry,) = json.loads(arguments.files["HELM_REPOSITORY_CONFIG"])["repositories"]
    assert entry == {
        "name": arguments.repository,
        "url": "https://charts.example",
        "username": "reader",
        "password": "correct-horse",
        "caFile": ca_cert,
    }
    other = interpret({"chart_repo_url": "https://other.example", **WHO})
    assert other.arguments().repository != arguments.repository
    assert "correct-horse" not in repr(source)


def test_credentials_of_a_registry() -> None:
    arguments = interpret({"chart_ref": "oci://reg.example:5000/a/milvus", **WHO}).arguments()
    pair = base64.b64encode(b"reader:correct-horse").decode()
    assert json.loads(arguments.files["HELM_REGISTRY_CONFIG"]) == {"auths": {"reg.example:5000": {"auth": pair}}}
    assert (arguments.reference, arguments.flags) == ("oci://reg.example:5000/a/milvus", ())


@pytest.mark.parametrize("options", [{}, {"chart_ref": "oci://reg.example/milvus"}])
def test_ca_certificate_alone(options: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.crt").touch()
    monkeypatch.chdir(tmp_path)
    flags = interpret({**options, "chart_repo_ca_cert": "ca.crt"}).arguments().flags
    assert flags[-2:] == ("--ca-file", str(tmp_path / "ca.crt"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"chart_ref": "/no/such/chart"}, "chart_ref failed: there is no /no/such/chart"),
        ({"chart_ref": "none.tgz"}, "chart_ref failed: there is no /"),
        ({"chart_ref": "https://charts.example/milvus-1.tgz"}, "chart_ref failed: .* is a URL"),
        ({"chart_ref": "--post-renderer=x"}, "chart_ref failed: .* is no name of a chart"),
        ({"chart_ref": "-a/b"}, "chart_ref failed: .* is no name of a chart"),
        ({"chart_repo_url": "charts.example"}, "chart_repo_url failed: .* is no http or https URL"),
        ({"chart_repo_url": "oci://reg.example/a"}, "Set chart_ref to oci://reg.example/a/milvus"),
        ({"chart_repo_url": "https://me:hidden-word@a.example"}, "chart_repo_url failed: it has a user name"),
        ({"chart_repo_username": "me"}, "chart_repo_password failed: it is not set"),
        ({"chart_repo_password": "hidden-word"}, "chart_repo_username failed: it is not set"),
        ({"chart_repo_ca_cert": "/no/such/ca"}, "chart_repo_ca_cert failed: there is no file /no/such/ca"),
    ],
)
def test_what_cannot_be_used(options: dict[str, str], words: str) -> None:
    with pytest.raises(OptionError, match=words) as caught:
        interpret(options)
    assert "hidden-word" not in str(caught.value)


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _no_archive(folder: Path) -> Path:
    folder.with_suffix(".tgz").write_text("text", encoding="utf-8")
    return folder.with_suffix(".tgz")


def _cut_archive(folder: Path) -> Path:
    archive = pack(write_chart(folder))
    archive.write_bytes(archive.read_bytes()[:40])
    return archive


def _other_archive(folder: Path) -> Path:
    archive = folder.with_suffix(".tgz")
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(os.devnull, "milvus/charts/etcd/Chart.yaml")
    return archive


def _no_yaml(folder: Path) -> Path:
    write_chart(folder).joinpath("Chart.yaml").write_text("a: b: c", encoding="utf-8")
    return folder


def _no_mapping(folder: Path) -> Path:
    write_chart(folder).joinpath("Chart.yaml").write_text("", encoding="utf-8")
    return folder


@pytest.mark.parametrize("make", [_empty, _no_archive, _cut_archive, _other_archive, _no_yaml, _no_mapping])
def test_paths_to_something_else(make: t.Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path / "milvus")
    with pytest.raises(OptionError, match=f"chart_ref failed: no Chart.yaml can be read from {path}"):
        interpret({"chart_ref": str(path)})


def find_digest(path: Path) -> str:
    return interpret({"chart_ref": str(path)}).digest


def test_digest_of_a_folder(tmp_path: Path) -> None:
    one, other = write_chart(tmp_path / "one"), write_chart(tmp_path / "other")
    assert find_digest(one) == find_digest(other)
    (other / ".git").mkdir()
    (other / ".git/HEAD").write_text("x", encoding="utf-8")
    assert find_digest(one) == find_digest(other)
    (other / "charts/etcd/values.yaml").touch()
    digests = {find_digest(one), find_digest(other)}
    (other / "charts/etcd/values.yaml").write_text("a: 1", encoding="utf-8")
    digests.add(find_digest(other))
    (other / "charts/etcd/values.yaml").rename(other / "values.yaml")
    digests.add(find_digest(other))
    assert len(digests) == 4


def test_digest_follows_links_but_not_in_circles(tmp_path: Path) -> None:
    folder, shared = write_chart(tmp_path / "milvus"), tmp_path / "shared"
    shared.mkdir()
    (folder / "charts/shared").symlink_to(shared)
    (folder / "charts/round").symlink_to(folder)
    before = find_digest(folder)
    (shared / "Chart.yaml").write_text("name: shared", encoding="utf-8")
    assert find_digest(folder) != before


def test_digest_of_an_archive(tmp_path: Path) -> None:
    folder = write_chart(tmp_path / "milvus")
    before = find_digest(pack(folder))
    (folder / "Chart.yaml").write_text("{name: milvus, version: 5.0.19, appVersion: '2'}", encoding="utf-8")
    assert find_digest(pack(folder)) != before
