# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labs come and go without leaving anything, side by side, also when they are killed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import typing as t
from pathlib import Path

import psutil
import pytest

from milvus_lab import labs, processes
from milvus_lab.client import Client, wait_for
from milvus_lab.errors import LabError
from milvus_lab.layout import Layout
from milvus_lab.paths import LAB_SOURCE, labs_root

LAB = [sys.executable, "-m", "milvus_lab"]


@pytest.fixture
def name(programs: Path) -> t.Iterator[str]:
    """A name for a lab; what the test left of it is removed."""
    assert programs.is_dir()
    chosen = f"cycle-{os.getpid()}"
    yield chosen
    for number in ("", "-1", "-2", "-3"):
        labs.down(chosen + number)


def quietly(_text: str) -> None:
    pass


def assert_nothing_left(layout: Layout) -> None:
    assert not layout.folder.exists()
    assert processes.lab_processes(layout.folder) == []
    for port in layout.ports.values():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))


def cycle(name: str) -> None:
    layout = labs.up(name, say=quietly)
    assert Client(layout).kubectl("get", "nodes", "--no-headers").count(" Ready ") == 6
    assert labs.down(name)
    assert_nothing_left(layout)


def test_up_and_down_leave_nothing(name: str) -> None:
    for _round in range(2):
        cycle(name)


@pytest.mark.soak
def test_thirty_cycles_of_up_and_down_leave_nothing(name: str) -> None:
    for _round in range(30):
        cycle(name)


def kill_a_lab(name: str, *, victims: t.Callable[[Layout], list[psutil.Process]]) -> Layout:
    layout = labs.up(name, say=quietly)
    chosen = victims(layout)
    for process in chosen:
        process.send_signal(signal.SIGKILL)
    psutil.wait_procs(chosen, timeout=10)
    return layout


def supervisor_of(layout: Layout) -> list[psutil.Process]:
    return [psutil.Process(layout.read_state()["components"]["supervisor"])]


def everything_of(layout: Layout) -> list[psutil.Process]:
    return processes.lab_processes(layout.folder)


def some_of(layout: Layout) -> list[psutil.Process]:
    found = everything_of(layout)
    return [*random.sample(found, random.randint(1, len(found) - 1)), *supervisor_of(layout)]


@pytest.mark.parametrize("victims", [supervisor_of, everything_of, some_of])
def test_a_killed_lab_is_cleaned_by_the_next_down(name: str, victims: t.Any) -> None:
    layout = kill_a_lab(name, victims=victims)
    labs.sweep(quietly)
    assert_nothing_left(layout)


def test_a_killed_lab_is_cleaned_by_the_next_up_of_any_other(name: str) -> None:
    killed = kill_a_lab(f"{name}-1", victims=supervisor_of)
    assert processes.lab_processes(killed.folder)
    other = labs.up(f"{name}-2", say=quietly)
    assert_nothing_left(killed)
    labs.down(f"{name}-2")
    assert_nothing_left(other)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(10))
def test_ten_kills_leave_nothing_after_the_next_up(name: str, number: int) -> None:
    random.seed(number)
    killed = kill_a_lab(name, victims=some_of)
    again = labs.up(name, say=quietly)
    assert set(processes.lab_processes(killed.folder)) == set(processes.lab_processes(again.folder))
    labs.down(name)
    assert_nothing_left(killed)
    assert_nothing_left(again)


@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.0, 2.5])
def test_a_killed_up_is_cleaned_by_the_next_down(name: str, seconds: float) -> None:
    starting = subprocess.Popen(
        [*LAB, "up", "--name", name], cwd=LAB_SOURCE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    folder = labs_root() / name
    wait_for("it has a layout", (folder / "layout.json").exists)
    layout = Layout.load(folder)
    with contextlib.suppress(subprocess.TimeoutExpired):
        starting.wait(seconds)
    starting.kill()
    starting.wait()
    labs.down(name)
    labs.sweep(quietly)
    assert_nothing_left(layout)


def test_three_labs_side_by_side(name: str) -> None:
    names = [f"{name}-{number}" for number in (1, 2, 3)]
    command = [*LAB, "up", "--json", "--name"]
    starting = [subprocess.Popen([*command, each], cwd=LAB_SOURCE, stdout=subprocess.PIPE, text=True) for each in names]
    answers = [json.loads(process.communicate(timeout=180)[0]) for process in starting]
    assert [answer["phase"] for answer in answers] == ["ready"] * 3
    layouts = [labs.running(each) for each in names]
    assert len({port for layout in layouts for port in layout.ports.values()}) == 3 * len(layouts[0].ports)
    for layout in layouts:
        Client(layout).kubectl("create", "namespace", layout.name)
    for layout in layouts:
        namespaces = Client(layout).kubectl("get", "namespaces", "--output", "name")
        assert [each for each in names if f"namespace/{each}\n" in namespaces] == [layout.name]
    for each in names:
        labs.down(each)
    for layout in layouts:
        assert_nothing_left(layout)


def test_up_twice_is_one_lab(lab: Client) -> None:
    before = lab.layout.read_state()["components"]
    again = labs.up(lab.layout.name, say=quietly)
    assert again.read_state()["components"] == before


def test_two_ups_at_once_both_return_a_ready_lab(name: str) -> None:
    starting = [
        subprocess.Popen([*LAB, "up", "--json", "--name", name], cwd=LAB_SOURCE, stdout=subprocess.PIPE, text=True)
        for _number in range(2)
    ]
    answers = [json.loads(process.communicate(timeout=180)[0]) for process in starting]
    assert [answer["phase"] for answer in answers] == ["ready", "ready"]
    assert answers[0]["components"] == answers[1]["components"]


def test_the_folder_and_the_kubeconfig_are_private(lab: Client) -> None:
    assert lab.layout.folder.stat().st_mode & 0o077 == 0
    assert lab.kubeconfig.stat().st_mode & 0o077 == 0


def test_every_port_is_on_the_loopback_address_alone(lab: Client) -> None:
    listening = [
        connection.laddr.ip
        for process in processes.lab_processes(lab.layout.folder)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) == len(lab.layout.ports)
    assert set(listening) == {"127.0.0.1"}


def test_a_component_that_ends_is_told(name: str) -> None:
    layout = labs.up(name, say=quietly)
    psutil.Process(layout.read_state()["components"]["kube-scheduler"]).kill()
    wait_for("the state tells it", lambda: layout.read_state()["phase"] == "degraded")
    assert layout.read_state()["detail"] == "ended: kube-scheduler"
    with pytest.raises(LabError, match=f"ended: kube-scheduler; renew it with: tests/lab/lab down --name {name}"):
        labs.up(name, say=quietly)


@pytest.mark.parametrize("bad", ["", "Upper", "a/b", "-a", "a" * 40])
def test_a_bad_name_is_refused(bad: str) -> None:
    with pytest.raises(LabError, match="is not a name: use up to 32 lower-case letters, digits and dashes"):
        labs.up(bad, say=quietly)


def test_a_path_too_long_for_a_socket_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/" + "x" * 100)
    with pytest.raises(LabError, match="set XDG_CACHE_HOME to a shorter one"):
        labs.up("a", say=quietly)
