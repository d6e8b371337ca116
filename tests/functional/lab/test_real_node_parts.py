# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a real node that need none: addresses, control groups, volumes, and what a machine lacks."""

from __future__ import annotations

import ipaddress
import os
import platform
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from milvus_lab import cgroups, images, labs, real_network, real_parts, toolchain, volumes
from milvus_lab.api import Object
from milvus_lab.errors import LabError
from milvus_lab.layout import Layout
from milvus_lab.paths import LAB_SOURCE

MOUNTS = """\
proc /proc proc rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
"""


def quietly(_text: str) -> None:
    pass


def test_the_addresses_of_a_lab_are_within_its_block_and_apart() -> None:
    network = real_network.Network("10.251.32.0/20")
    block = ipaddress.IPv4Network("10.251.32.0/20")
    pods, services = ipaddress.IPv4Network(network.pods), ipaddress.IPv4Network(network.services)
    assert pods.subnet_of(block)
    assert services.subnet_of(block)
    assert not pods.overlaps(services)
    assert (network.host, network.node) == ("10.251.32.1", "10.251.32.2")
    assert all(ipaddress.IPv4Address(each) not in pods for each in (network.host, network.node))
    assert all(ipaddress.IPv4Address(each) in services for each in (network.api_service, network.dns_service))


@pytest.mark.skipif(platform.system() != "Linux", reason="asks the routes of Linux")
def test_a_block_that_another_lab_has_or_that_is_routed_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    def routes(*words: str) -> str:
        return '[{"dst": "10.251.16.0/22"}]' if words[-1] == "10.251.16.0/20" else ""

    monkeypatch.setattr(real_network, "_ip", routes)
    assert real_network.choose({"10.251.0.0/20"}) == "10.251.32.0/20"
    everything = {str(block) for block in ipaddress.IPv4Network("10.251.0.0/16").subnets(new_prefix=20)}
    with pytest.raises(LabError, match="end a lab"):
        real_network.choose(everything)


def test_the_name_of_a_link_fits_the_kernel_and_is_the_lab_s_own(tmp_path: Path) -> None:
    first, second = real_network.link_name(tmp_path / "a"), real_network.link_name(tmp_path / "b")
    assert first != second
    assert len(first) <= 15  # IFNAMSIZ with its end


def test_a_layout_is_read_as_it_was_saved(tmp_path: Path) -> None:
    ports = {"api": 20001}
    layout = Layout(tmp_path, Path("/p"), ports, "real", network="10.251.16.0/20", node_programs=Path("/n"))
    layout.save()
    assert Layout.load(tmp_path) == layout
    assert layout.api_url == "https://10.251.16.1:20001"
    assert Layout(tmp_path, Path("/p"), ports).api_url == "https://127.0.0.1:20001"


def test_hierarchies_of_both_versions_are_found() -> None:
    assert cgroups.hierarchies(MOUNTS) == [Path("/sys/fs/cgroup/cpu,cpuacct"), Path("/sys/fs/cgroup/unified")]


def test_a_group_is_made_in_every_hierarchy_and_removed_with_all_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = [tmp_path / "cpu", tmp_path / "memory"]
    for root in roots:
        root.mkdir()
    monkeypatch.setattr(cgroups, "hierarchies", lambda: roots)
    cgroups.create("g")
    for root in roots:
        (root / "g/kubepods/pod1").mkdir(parents=True)
    cgroups.remove("g")
    cgroups.remove("g")
    assert [list(root.iterdir()) for root in roots] == [[], []]


CLAIM: Object = {
    "metadata": {
        "name": "data",
        "namespace": "n",
        "uid": "u-1",
        "annotations": {"volume.kubernetes.io/storage-provisioner": volumes.PROVISIONER},
    },
    "spec": {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "folders",
    },
    "status": {"phase": "Pending"},
}


class RecordedApi:
    """Holds claims and volumes as an API server does."""

    def __init__(self, claims: list[Object]) -> None:
        self.claims, self.volumes = claims, list[Object]()

    def list(self, path: str) -> t.Any:
        return self.claims if path.endswith("claims") else list(self.volumes)

    def create(self, _path: str, content: Object) -> None:
        self.volumes.append({**content, "status": {"phase": "Bound"}})

    def delete(self, path: str) -> None:
        self.volumes = [each for each in self.volumes if each["metadata"]["name"] != path.rpartition("/")[2]]


def test_a_claim_gets_one_folder_that_everybody_may_write_and_that_goes_with_it(tmp_path: Path) -> None:
    api = RecordedApi([CLAIM])
    provisioner = volumes.Provisioner(t.cast(t.Any, api), tmp_path)
    provisioner.look()
    provisioner.look()
    (volume,) = api.volumes
    folder = Path(volume["spec"]["hostPath"]["path"])
    assert folder.stat().st_mode & 0o777 == 0o777
    assert volume["spec"]["claimRef"]["uid"] == "u-1"
    (folder / "kept").touch()
    api.claims = []
    volume["status"]["phase"] = "Released"
    provisioner.look()
    assert (api.volumes, folder.exists()) == ([], False)


@pytest.mark.parametrize(
    "change",
    [
        {"status": {"phase": "Bound"}},
        {"spec": {**CLAIM["spec"], "volumeName": "pv"}},
        {"metadata": {**CLAIM["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}},
        {"metadata": {"name": "data", "namespace": "n", "uid": "u-1"}},
    ],
)
def test_a_claim_that_does_not_wait_for_the_lab_is_left_alone(change: Object) -> None:
    assert volumes.waits(CLAIM)
    assert not volumes.waits({**CLAIM, **change})


def test_a_volume_that_shall_be_kept_is_kept(tmp_path: Path) -> None:
    volume = {**volumes.volume_for(CLAIM, tmp_path), "status": {"phase": "Released"}}
    assert volumes.is_over(volume)
    volume["spec"]["persistentVolumeReclaimPolicy"] = "Retain"
    assert not volumes.is_over(volume)


@pytest.mark.parametrize(
    ("system", "user", "missing", "words"),
    [
        ("Darwin", 0, "", "needs Linux, and this is Darwin"),
        ("Linux", 1000, "", "needs root"),
        ("Linux", 0, "nsenter", "install the packages util-linux and iproute2"),
        ("Linux", 0, "nft apt-get", "needs the program nft: install the package nftables"),
        ("Linux", 0, "cc gcc", "needs a C compiler to build runc: install the package gcc"),
    ],
)
def test_what_a_machine_lacks_is_one_line_that_ends_in_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, user: int, missing: str, words: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(real_parts, "find", lambda name: None if name in missing.split() else f"/bin/{name}")
    lack = real_parts.real_node_lack()
    assert words in lack
    assert "\n" not in lack
    with pytest.raises(LabError, match=re.escape(f"{lack}; simulated nodes do without: --nodes sim")):
        real_parts.ensure_parts(quietly)


def test_a_lab_in_a_folder_that_the_node_hides_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/lib/somebody")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(real_parts, "find", lambda name: f"/bin/{name}")
    assert "/var/lib/somebody/milvus.cluster" in real_parts.real_node_lack()


def test_images_are_refused_for_simulated_nodes_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="together with --nodes real"):
        labs.up("no-such-lab", archives=[tmp_path / "image.tar"], say=quietly)
    assert "no-such-lab" not in labs.names()


def test_the_programs_of_a_real_node_are_cached_apart_from_those_of_every_lab() -> None:
    assert real_parts.REAL.path().parent != toolchain.SIMULATED.path().parent
    assert real_parts.REAL.key() != toolchain.SIMULATED.key()
    assert toolchain.versions(real_parts.REAL)["kubelet"] == toolchain.versions()["kube-apiserver"]
    assert {program.lock for program in real_parts.REAL.programs}.isdisjoint({"lab", "helm3"})
    assert set(images.names()) >= {"pause"}


def test_the_command_line_tells_what_is_lacking_and_fails(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(LAB_SOURCE), "XDG_CACHE_HOME": str(tmp_path)}
    argv = [sys.executable, "-m", "milvus_lab", "up", "--image", str(tmp_path / "i.tar"), "--name", "no-such-lab"]
    result = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "lab: error: simulated pods run no images: use --image together with --nodes real\n"
