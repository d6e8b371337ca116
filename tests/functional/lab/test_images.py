# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's images are what they say, and the same files give the same image, byte for byte."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
import typing as t
from pathlib import Path

import pytest
import yaml

from milvus_lab import charts, image_parts, images, oci, toolchain
from milvus_lab.errors import LabError
from milvus_lab.oci import File, Folder, HardLink, Run, Tree

Document: t.TypeAlias = dict[str, t.Any]

REAL_CHART = os.environ.get("MILVUS_CHART", "")
SMALL = tuple(image.name for image in images.IMAGES if not image.foreign)
RUN = Run(("/bin/program", "--flag"), {"B": "2", "A": "1"}, "/home")
TREE: Tree = {
    "/bin/program": File(b"\x7fELF", 0o755),
    "/bin/same": HardLink("/bin/program"),
    "/etc/config": File(b"a: 1\n"),
    "/tmp": Folder(0o1777),
}


def quietly(_text: str) -> None:
    pass


def members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {
            member.name: t.cast(t.IO[bytes], tar.extractfile(member)).read() for member in tar if not member.isdir()
        }


def read_image(archive: bytes) -> tuple[Document, Document, Document, bytes]:
    """Index, manifest, configuration and layer, with each descriptor checked against what it describes."""
    files = members(archive)
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    index = json.loads(files["index.json"])
    manifest = json.loads(_blob(files, index["manifests"][0]))
    config = json.loads(_blob(files, manifest["config"]))
    layer = _blob(files, manifest["layers"][0])
    assert len(files) == 5
    assert (len(index["manifests"]), len(manifest["layers"])) == (1, 1)
    assert config["rootfs"] == {"type": "layers", "diff_ids": [manifest["layers"][0]["digest"]]}
    return index, manifest, config, layer


def _blob(files: dict[str, bytes], descriptor: Document) -> bytes:
    content = files[f"blobs/{descriptor['digest'].replace(':', '/')}"]
    assert descriptor["digest"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert descriptor["size"] == len(content)
    return content


@pytest.fixture
def written(tmp_path: Path) -> bytes:
    archive = tmp_path / "image.tar"
    digest = oci.write_archive(archive, "lab.invalid/some/image:v1", tree=TREE, run=RUN)
    assert oci.read_digest(archive) == digest
    assert list(tmp_path.iterdir()) == [archive]
    return archive.read_bytes()


def test_an_archive_has_its_name_and_how_it_runs(written: bytes) -> None:
    index, manifest, config, _digest = read_image(written)
    assert index["manifests"][0]["annotations"] == {
        "io.containerd.image.name": "lab.invalid/some/image:v1",
        "org.opencontainers.image.ref.name": "v1",
    }
    assert index["manifests"][0]["mediaType"] == manifest["mediaType"]
    assert config["config"] == {"Cmd": ["/bin/program", "--flag"], "Env": ["A=1", "B=2"], "WorkingDir": "/home"}


def test_a_layer_has_the_files_with_their_modes_and_folders(written: bytes) -> None:
    layer = read_image(written)[-1]
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        found = {member.name: (member.type, member.mode, member.linkname) for member in tar}
        owners = {(member.uid, member.gid, member.uname, member.mtime) for member in tar.getmembers()}
    assert found == {
        "bin": (tarfile.DIRTYPE, 0o755, ""),
        "bin/program": (tarfile.REGTYPE, 0o755, ""),
        "bin/same": (tarfile.LNKTYPE, 0o755, "bin/program"),
        "etc": (tarfile.DIRTYPE, 0o755, ""),
        "etc/config": (tarfile.REGTYPE, 0o644, ""),
        "tmp": (tarfile.DIRTYPE, 0o1777, ""),
    }
    assert owners == {(0, 0, "", 0)}
    assert members(layer)["bin/same"] == b"\x7fELF"


def test_order_and_dates_of_files_leave_the_digest_alone(written: bytes, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_bytes(b"a: 1\n")
    os.utime(config, (1, 1))
    turned = {**dict(reversed(list(TREE.items()))), "/etc/config": File(config)}
    oci.write_archive(tmp_path / "again.tar", "lab.invalid/some/image:v1", tree=turned, run=RUN)
    assert (tmp_path / "again.tar").read_bytes() == written


def test_another_file_gives_another_digest(tmp_path: Path) -> None:
    trees = (TREE, {**TREE, "/etc/config": File(b"a: 2\n")})
    digests = [oci.write_archive(tmp_path / "image.tar", "lab.invalid/i:1", tree=tree, run=RUN) for tree in trees]
    assert digests[0] != digests[1]


def build_anew(names: t.Iterable[str], folder: Path) -> dict[str, str]:
    """Image to digest of the bytes, built from nothing below ``folder``."""
    scratch = folder / "parts"
    scratch.mkdir(parents=True)
    parts = image_parts.Parts(scratch, quietly)
    wanted = [image for image in images.IMAGES if image.name in names]
    archives = {image.name: images.build(image, parts, folder=folder, say=quietly) for image in wanted}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in archives.items()}


@pytest.mark.parametrize(
    "names", [SMALL, pytest.param(("kafka", "milvus"), marks=[pytest.mark.real, pytest.mark.soak])]
)
def test_images_built_twice_are_the_same(programs: Path, tmp_path: Path, names: tuple[str, ...]) -> None:
    if names != SMALL and (lack := image_parts.lack()):
        pytest.skip(lack)
    first, second = (build_anew(names, tmp_path / turn) for turn in ("first", "second"))
    assert first == second
    assert first.keys() == set(names)
    assert programs.is_dir()


@pytest.fixture(scope="module")
def small(programs: Path) -> dict[str, images.Archive]:
    assert programs.is_dir()
    return {archive.image.name: archive for archive in images.ensure_images(SMALL, quietly)}


def test_images_have_the_programs_that_the_chart_runs(small: dict[str, images.Archive]) -> None:
    files = {name: members(read_image(archive.path.read_bytes())[-1]) for name, archive in small.items()}
    assert files["pause"].keys() == {"pause"}
    assert files["config-tool"].keys() == {"cp", "merge", "run-helm.sh"}
    assert files["etcd"].keys() == {"usr/local/bin/etcd", "opt/bitnami/scripts/etcd/healthcheck.sh"}
    for name, archive in small.items():
        command = read_image(archive.path.read_bytes())[2]["config"]["Cmd"]
        assert [word.removeprefix("/") in files[name] for word in command[:1]] == [True] * len(command[:1])
    # Static: they name no loader, and need no library of the image.
    assert not [name for name in files for content in files[name].values() if b"ld-linux" in content[:4096]]


def test_archives_are_kept(small: dict[str, images.Archive], capsys: pytest.CaptureFixture[str]) -> None:
    dates = {name: archive.path.stat().st_mtime_ns for name, archive in small.items()}
    assert {archive.image.name: archive for archive in images.ensure_images(SMALL, toolchain.say_plainly)} == small
    assert {name: archive.path.stat().st_mtime_ns for name, archive in small.items()} == dates
    assert capsys.readouterr().err == ""


def test_an_image_that_there_is_not_is_named() -> None:
    with pytest.raises(LabError, match="there is no image minio; there are: pause, config-tool, etcd, kafka, milvus"):
        images.ensure_images(["minio", "etcd"], quietly)


def test_elsewhere_one_line_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    with pytest.raises(LabError, match="are for x86_64 Linux, and this is arm64 Darwin"):
        images.ensure_images(["milvus"], quietly)


# The programs in the images


@pytest.fixture(scope="module")
def tool(small: dict[str, images.Archive], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the programs of the config tool's image."""
    folder = tmp_path_factory.mktemp("config-tool")
    for name, content in members(read_image(small["config-tool"].path.read_bytes())[-1]).items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755)
    return folder


def call(program: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)


def test_merge_writes_the_overridden_file(tool: Path, tmp_path: Path) -> None:
    (tmp_path / "milvus.yaml").write_text("etcd: {endpoints: localhost:2379, rootPath: by-dev}\nlog: {level: info}\n")
    (tmp_path / "user.yaml").write_text("etcd: {endpoints: [e:2379]}\ncommon: {ratio: 1.50, simd: 'no'}\n")
    result = call(tool / "merge", "-s", tmp_path / "user.yaml", "-d", tmp_path / "milvus.yaml")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert yaml.safe_load((tmp_path / "milvus.yaml").read_text()) == {
        "etcd": {"endpoints": ["e:2379"], "rootPath": "by-dev"},
        "log": {"level": "info"},
        "common": {"ratio": 1.5, "simd": "no"},
    }


def test_merge_says_what_it_cannot_read(tool: Path, tmp_path: Path) -> None:
    (tmp_path / "milvus.yaml").write_text("a: 1\n")
    (tmp_path / "user.yaml").write_text("a: {\n")
    broken = call(tool / "merge", "-s", tmp_path / "user.yaml", "-d", tmp_path / "milvus.yaml")
    missing = call(tool / "merge", "-s", tmp_path / "none.yaml", "-d", tmp_path / "milvus.yaml")
    assert (broken.returncode, missing.returncode) == (1, 1)
    assert f"merge: {tmp_path}/user.yaml: yaml: line" in broken.stderr
    assert missing.stderr == f"merge: open {tmp_path}/none.yaml: no such file or directory\n"
    assert (tmp_path / "milvus.yaml").read_text() == "a: 1\n"


def test_cp_copies_programs_as_the_init_container_asks(tool: Path, tmp_path: Path) -> None:
    sources = f"{tool}/run-helm.sh,{tool}/merge"
    assert call(tool / "cp", sources, f"{tmp_path}/run-helm.sh,{tmp_path}/merge").returncode == 0
    assert call(tmp_path / "merge", "-h").returncode == 1
    assert os.access(tmp_path / "run-helm.sh", os.X_OK)
    assert call(tool / "cp", sources, f"{tmp_path}/merge").stderr == "cp: 2 files for 1 places\n"


def test_an_unknown_name_is_refused(tool: Path, tmp_path: Path) -> None:
    (tmp_path / "sh").symlink_to(tool / "cp")
    assert call(tmp_path / "sh").stderr == "sh: no program has this name: call it by a link that is named after one\n"


def test_go_tests_of_the_programs() -> None:
    result = subprocess.run(
        [toolchain.find_go(), "test", "./..."],
        cwd=image_parts.GO_MODULE,
        env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "ok  \tmilvus.cluster/lab/images/tool" in result.stdout


# The values


@pytest.mark.parametrize("chart", ["4.1.28", *([REAL_CHART] if REAL_CHART else [])])
def test_real_milvus_runs_the_images_alone(helm4: Path, tmp_path: Path, chart: str) -> None:
    charts.package_all(helm4, tmp_path)
    reference = chart if chart == REAL_CHART else str(tmp_path / f"milvus-{chart}.tgz")
    about = subprocess.run([str(helm4), "show", "chart", reference], capture_output=True, text=True, check=True).stdout
    if not yaml.safe_load(about)["version"].startswith("4.1."):
        pytest.skip("the values are for charts of the 4.1 generation")
    values = charts.CHARTS / "real-milvus.yaml"
    command = [str(helm4), "template", "my-release", reference, "--values", str(values)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pods = [
        manifest["spec"]["template"]["spec"]
        for manifest in yaml.safe_load_all(output)
        if manifest and manifest["kind"] in ("Deployment", "StatefulSet")
    ]
    used = {container["image"] for pod in pods for container in [*pod.get("initContainers", ()), *pod["containers"]]}
    assert used == {image.reference for image in images.IMAGES if image.name != "pause"}
    assert len(pods) == 10
