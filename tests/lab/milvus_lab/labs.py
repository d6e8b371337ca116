# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing labs up, taking them down, and cleaning up after those that were killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from . import ports, processes, real_node, toolchain
from .errors import LabError
from .layout import EGRESS_SOCKET, PORT_NAMES, Layout, private_folder
from .paths import LAB_SOURCE, labs_root
from .strengths import STRENGTHS
from .toolchain import Say

# A Unix socket's path may have 107 bytes on Linux and 103 on macOS.
SOCKET_PATH_LIMIT = 103


def up(name: str, *, strength: str = "sim", archives: t.Sequence[Path] = (), say: Say) -> Layout:
    """Bring up the lab ``name``; one that is up already stays as it is. Returns when it can be used.

    A real node gets the container images in ``archives``.
    """
    if archives and strength != "real":
        raise LabError("simulated pods run no images: use --image together with --nodes real")
    layout = _up(name, strength=strength, say=say)
    if archives:
        if layout.strength != "real":
            raise LabError(f'the nodes of "{name}" are simulated: bring it down, and up again with --nodes real')
        real_node.load_images(layout, archives)
    return layout


def _up(name: str, *, strength: str, say: Say) -> Layout:
    folder = _folder(name)
    programs = toolchain.ensure_programs(say)
    node_programs = STRENGTHS[strength].ensure_programs(say)
    started = time.monotonic()
    with _registry():
        _sweep(say)
        is_new = not folder.exists()
        if is_new:
            private_folder(folder)
            with _locked(folder / "lock") as lock:
                layout = _reserve(folder, programs, strength=strength, node_programs=node_programs)
                _spawn_supervisor(layout, lock)
    layout = Layout.load(folder)
    if not is_new:
        say(f'"{name}" is there already')
        _wait_until_ready(layout, say)
        return layout
    try:
        _wait_until_ready(layout, say)
    except BaseException:
        # The folder stays, with the logs that the error names; the next up or down removes it.
        processes.end_lab(folder)
        raise
    say(f'"{name}" is ready after {time.monotonic() - started:.1f} s')
    return layout


def down(name: str) -> bool:
    """End the lab ``name`` and remove its folder; False where there was none."""
    folder = _folder(name)
    with _registry():
        if not folder.exists():
            return False
        _remove(folder)
        return True


def names() -> list[str]:
    """The labs that have a folder, living or not."""
    root = labs_root()
    return sorted(path.name for path in root.iterdir() if path.is_dir()) if root.exists() else []


def running(name: str) -> Layout:
    """The layout of the living lab ``name``."""
    folder = _folder(name)
    if _is_locked(folder / "lock"):
        with contextlib.suppress(FileNotFoundError):
            return Layout.load(folder)
    raise LabError(f'there is no lab "{name}" up; start it with: tests/lab/lab up --name {name}')


def sweep(say: Say) -> None:
    """Clean up what killed labs left behind."""
    with _registry():
        _sweep(say)


def _sweep(say: Say) -> None:
    for name in names():
        folder = labs_root() / name
        if not _is_locked(folder / "lock"):
            _remove(folder)
            say(f'cleaned up after "{name}", which had been killed')


def _folder(name: str) -> Path:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", name):
        raise LabError(f"--name {name!r} is not a name: use up to 32 lower-case letters, digits and dashes")
    folder = labs_root() / name
    if len(str(folder / EGRESS_SOCKET)) > SOCKET_PATH_LIMIT:
        raise LabError(f"{folder} is too long a path for a socket; set XDG_CACHE_HOME to a shorter one")
    return folder


@contextlib.contextmanager
def _registry() -> t.Iterator[None]:
    """One command at a time decides which labs there are and which ports they have."""
    with _locked(private_folder(labs_root()) / ".registry"):
        yield


@contextlib.contextmanager
def _locked(path: Path) -> t.Iterator[int]:
    """Hold the lock at ``path``; whoever inherits the descriptor holds it on."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _reserve(folder: Path, programs: Path, *, strength: str, node_programs: Path | None) -> Layout:
    others = [Layout.load(labs_root() / name) for name in names() if name != folder.name]
    taken = {port for other in others for port in other.ports.values()}
    network = STRENGTHS[strength].choose_network({other.network for other in others})
    own_ports = ports.choose(PORT_NAMES, taken=taken)
    layout = Layout(folder, programs, own_ports, strength, network=network, node_programs=node_programs)
    layout.save()
    return layout


def _spawn_supervisor(layout: Layout, lock: int) -> None:
    with (layout.folder / "supervisor.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "milvus_lab.supervisor", str(layout.folder)],
            cwd=layout.folder,
            env={**processes.marked_environment(layout.folder), "PYTHONPATH": str(LAB_SOURCE)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lock],
        )


def _wait_until_ready(layout: Layout, say: Say) -> None:
    told = ""
    while (state := layout.read_state())["phase"] != "ready":
        if state["phase"] == "failed":
            raise LabError(state["detail"])
        if state["phase"] == "degraded":
            renew = f"renew it with: tests/lab/lab down --name {layout.name}, and up again"
            raise LabError(f'"{layout.name}" is degraded, {state["detail"]}; {renew}')
        if not _is_locked(layout.folder / "lock"):
            words = (layout.folder / "supervisor.log").read_text(errors="replace").strip().splitlines()[-1:]
            raise LabError(f'the supervisor of "{layout.name}" has ended: {"".join(words)}')
        if state["detail"] != told:
            told = state["detail"]
            say(f'"{layout.name}" starts {told}')
        time.sleep(0.05)


def _remove(folder: Path) -> None:
    processes.end_lab(folder)
    real_node.sweep(folder)
    shutil.rmtree(folder)
