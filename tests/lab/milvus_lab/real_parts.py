# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs of a real node, and what a machine lacks to run one."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import cgroups
from .errors import LabError
from .paths import LAB_SOURCE, cache_root
from .toolchain import KUBERNETES_SYMBOLS, Program, ProgramWithC, Say, Toolset, ensure_programs

_CONTAINERD = "github.com/containerd/containerd/v2"
_CNI = "github.com/containernetworking/plugins"


def _kubernetes(name: str) -> Program:
    return Program(name, "kubelet", "k8s.io/kubernetes", f"k8s.io/kubernetes/cmd/{name}", KUBERNETES_SYMBOLS)


def _containerd(name: str) -> Program:
    return Program(
        name, "containerd", _CONTAINERD, f"{_CONTAINERD}/cmd/{name}", (f"{_CONTAINERD}/version.Version={{v}}",)
    )


def _network_plugin(path: str) -> Program:
    symbol = f"{_CNI}/pkg/utils/buildversion.BuildVersion={{v}}"
    return Program(path.rpartition("/")[2], "containerd", _CNI, f"{_CNI}/plugins/{path}", (symbol,))


REAL = Toolset(
    (
        Program("runc-without-seccomp", "node", "", "./runc-without-seccomp"),
        Program("web", "node", "", "./web"),
        ProgramWithC("runc", "containerd", "github.com/opencontainers/runc", "github.com/opencontainers/runc"),
        *map(_network_plugin, ("main/bridge", "main/loopback", "ipam/host-local", "meta/portmap")),
        *map(_containerd, ("containerd", "containerd-shim-runc-v2", "ctr")),
        *map(_kubernetes, ("kubelet", "kube-proxy")),
        Program("coredns", "coredns", "github.com/coredns/coredns", "."),
    ),
    "node",
    "2 to 8 minutes",
    tags="no_btrfs,no_devmapper,no_zfs",
)

# What Debian and Ubuntu need for nft beside the C library.
_NFT_PACKAGES = (
    *("nftables", "libnftables1", "libnftnl11", "libmnl0", "libjansson4"),
    *("libxtables12", "libgmp10", "libedit2", "libbsd0", "libmd0", "libtinfo6"),
)
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Folders that a node has for itself: what lies there cannot be seen from within.
HIDDEN = ("/run", "/var/lib", "/var/log")


def find(program: str) -> str | None:
    """The path of a program of this machine."""
    return shutil.which(program) or shutil.which(program, path=_SYSTEM_PATH)


def real_node_lack() -> str:
    """What this machine lacks for a real node, in one line; empty where it lacks nothing."""
    if platform.system() != "Linux":
        return f"a real node needs Linux, and this is {platform.system()}"
    if os.geteuid() != 0:
        return "a real node needs root, for namespaces and control groups: run the lab as root"
    for program in ("unshare", "nsenter", "mount", "ip"):
        if find(program) is None:
            return f"a real node needs the program {program}: install the packages util-linux and iproute2"
    if find("nft") is None and (find("apt-get") is None or find("dpkg") is None):
        return "a real node needs the program nft: install the package nftables"
    runc_is_built = (REAL.path() / "runc").exists()
    if not runc_is_built and find("gcc") is None and find("cc") is None:
        return "a real node needs a C compiler to build runc: install the package gcc"
    for folder in (cache_root(), LAB_SOURCE, Path(sys.prefix)):
        if any(folder.is_relative_to(hidden) for hidden in HIDDEN):
            return f"a real node has its own {', '.join(HIDDEN)}, but needs {folder}: move that, or set XDG_CACHE_HOME"
    return _namespace_lack() or cgroups.lack()


def _namespace_lack() -> str:
    argv = ["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--mount-proc", "true"]
    try:
        result = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as exc:
        return f"a real node needs namespaces, and unshare does not run: {exc}"
    return f"a real node needs namespaces, and has none: {result.stderr.strip()}" if result.returncode else ""


def are_built() -> bool:
    """Whether this machine has the programs already, so that nobody waits for them."""
    return all((REAL.path() / program.name).exists() for program in REAL.programs)


def ensure_parts(say: Say) -> Path:
    """Build or unpack what is missing of a real node's programs, and return their folder.

    Raises ``LabError`` where this machine cannot have a real node.
    """
    if lack := real_node_lack():
        raise LabError(f"{lack}; simulated nodes do without: --nodes sim")
    folder = ensure_programs(say, REAL)
    if find("nft") is None and not (folder / "nft").exists():
        _unpack_nft(folder, say)
    return folder


def _unpack_nft(folder: Path, say: Say) -> None:
    say("unpacking nft from packages of this machine's distribution")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".nft-") as name:
        scratch = Path(name)
        try:
            _download(scratch, ())
        except subprocess.CalledProcessError:
            lists = scratch / "lists"
            (lists / "partial").mkdir(parents=True)
            options = ("-o", f"Dir::State::lists={lists}")
            try:
                _run(["apt-get", *options, "-q", "update"], scratch)
                _download(scratch, options)
            except subprocess.CalledProcessError as exc:
                words = exc.output.strip().splitlines()[-1:]
                raise LabError(f"nft is not to be had by apt-get ({''.join(words)}): install nftables") from exc
        tree = scratch / "tree"
        for package in sorted(scratch.glob("*.deb")):
            _run(["dpkg", "-x", str(package), str(tree)], scratch)
        shutil.rmtree(folder / "nft-tree", ignore_errors=True)
        tree.rename(folder / "nft-tree")
    libraries = sorted({str(path.parent) for path in (folder / "nft-tree").rglob("*.so.*")})
    script = folder / ".nft.unfinished"
    program = folder / "nft-tree/usr/sbin/nft"
    script.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={":".join(libraries)} exec {program} "$@"\n')
    script.chmod(0o755)
    script.rename(folder / "nft")


def _download(folder: Path, options: tuple[str, ...]) -> None:
    _run(["apt-get", *options, "-q", "download", *_NFT_PACKAGES], folder)


def _run(argv: list[str], folder: Path) -> None:
    subprocess.run(argv, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
