# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The bench counts what passes, takes turns, and says what it knows; no figure is judged here."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import socket
import socketserver
import sys
import threading
import time
import typing as t
from dataclasses import asdict
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _topology
from milvus_bench import cli
from milvus_bench.access import open_access
from milvus_bench.measure import Bench, take_turns
from milvus_bench.pod_watch import PodWatch
from milvus_bench.proxy import CountingProxy
from milvus_bench.rows import UNITS, Results, Row, row_of, table
from milvus_bench.scenarios import SCENARIOS, Scenario, ping, rows_for, select
from milvus_bench.work import WORKER_TYPES, BenchError, Site, run_commands, run_playbook
from milvus_lab.client import Client, wait_for

BENCH = Path(cli.__file__).resolve().parent.parent
INNER_REQUEST = b"GET /not-a-request HTTP/1.1\r\nHost: nowhere\r\n\r\n"


class Api(http.server.BaseHTTPRequestHandler):
    """Answers GET with a line, POST with the body that it got, ``/watch`` with two events, the second one on demand."""

    protocol_version = "HTTP/1.1"
    go_on: t.ClassVar[threading.Event]

    def do_GET(self) -> None:
        if self.path != "/watch":
            self._answer(b"hello")
            return
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"6\r\nfirst\n\r\n")
        self.go_on.wait(10)
        self.wfile.write(b"7\r\nsecond\n\r\n0\r\n\r\n")

    def do_POST(self) -> None:
        if "Content-Length" in self.headers:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))
            return
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        self._answer(body)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: t.Any) -> None:
        pass


class Upgraded(socketserver.BaseRequestHandler):
    """Changes the protocol at once, then sends back what it gets."""

    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        while data := self.request.recv(65536):
            self.request.sendall(data)


@pytest.fixture
def proxied(request: pytest.FixtureRequest) -> t.Iterator[CountingProxy]:
    """A proxy in front of a server with the handler that the test names, else ``Api``."""
    Api.go_on = threading.Event()
    handler = getattr(request, "param", Api)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with CountingProxy("127.0.0.1", server.server_address[1]) as proxy:
            yield proxy
        server.shutdown()


def connect(proxy: CountingProxy) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(proxy.url.removeprefix("http://"), timeout=10)


def test_requests_on_one_connection_are_counted_one_by_one(proxied: CountingProxy) -> None:
    connection = connect(proxied)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"
    large = INNER_REQUEST * 10_000
    connection.request("POST", "/", body=large)
    assert connection.getresponse().read() == large
    connection.request("POST", "/", body=iter([INNER_REQUEST, b"x" * 200_000]), encode_chunked=True)
    assert connection.getresponse().read() == INNER_REQUEST + b"x" * 200_000
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"
    connection.close()
    assert proxied.traffic.requests == 4


def test_every_byte_of_both_directions_is_counted(proxied: CountingProxy) -> None:
    sent = b"POST / HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    received = b""
    with socket.create_connection(("127.0.0.1", int(proxied.url.rpartition(":")[2])), timeout=10) as raw:
        raw.sendall(sent)
        while data := raw.recv(65536):
            received += data
    assert received.endswith(b"hello")
    assert proxied.traffic.bytes == len(sent) + len(received)


def test_a_watch_arrives_event_by_event(proxied: CountingProxy) -> None:
    connection = connect(proxied)
    connection.request("GET", "/watch")
    response = connection.getresponse()
    assert response.readline() == b"first\n"
    Api.go_on.set()
    assert response.readline() == b"second\n"
    assert response.read() == b""
    connection.close()


@pytest.mark.parametrize("proxied", [Upgraded], indirect=True)
def test_after_an_upgrade_nothing_is_taken_for_a_request(proxied: CountingProxy) -> None:
    with socket.create_connection(("127.0.0.1", int(proxied.url.rpartition(":")[2])), timeout=10) as raw:
        raw.sendall(b"GET /exec HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert raw.recv(65536).startswith(b"HTTP/1.1 101 ")
        raw.sendall(INNER_REQUEST)
        assert raw.recv(65536) == INNER_REQUEST
    assert proxied.traffic.requests == 1


def test_a_server_that_is_gone_closes_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with CountingProxy("127.0.0.1", port) as proxy:
        connection = connect(proxy)
        connection.request("GET", "/")
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            connection.getresponse()
        connection.close()


def test_sides_take_turns_after_a_run_that_does_not_count() -> None:
    order: list[str] = []

    def run(side: str, *, unseen: bool) -> dict[str, float]:
        order.append(f"{side} unseen" if unseen else side)
        return {"wall": len(order)}

    turns = take_turns(("ours", "peer"), run, runs=2)
    assert order == ["ours unseen", "peer unseen", *["ours", "peer"] * 2]
    assert turns == {"ours": [{"wall": 3}, {"wall": 5}], "peer": [{"wall": 4}, {"wall": 6}]}


def samples(metric: str, *figures: float) -> list[dict[str, float]]:
    return [{metric: figure} for figure in figures]


def test_a_row_has_the_medians_and_their_ratio() -> None:
    row = row_of("x", "wall", ours=samples("wall", 1, 9, 2), peer=samples("wall", 4, 3, 100), peer_name="helm")
    assert row == Row("x", "s, whole run", 2, 4, "helm", 0.5, 3)


@pytest.mark.parametrize(
    ("ours", "peer", "expected"),
    [
        pytest.param([], [6], (None, 6, None), id="ours is not built yet"),
        pytest.param([6], [], (6, None, None), id="there is no peer"),
        pytest.param([0], [6], (0, 6, 0), id="ours needs nothing"),
        pytest.param([6], [0], (6, 0, None), id="no ratio to nothing"),
    ],
)
def test_a_side_that_is_missing_is_no_figure(
    ours: list[float], peer: list[float], expected: tuple[float | None, ...]
) -> None:
    ours_peer = {"ours": samples("requests", *ours), "peer": samples("requests", *peer)}
    row = row_of("x", "requests", **ours_peer, peer_name=None)
    assert (row.ours, row.peer, row.ratio) == expected


def test_the_table_says_what_is_missing() -> None:
    rows = [
        Row("scale_bytes", "API bytes", None, 5_008_273, "helm 4", None, 3),
        Row("ping", "s, whole run", 1.5, None, None, None, 5),
    ]
    assert table(rows).splitlines() == [
        "name         unit             ours       peer  ratio  runs  peer's name",
        "scale_bytes  API bytes     not yet  5,008,273      -     3  helm 4",
        "ping         s, whole run     1.50       none      -     5  -",
    ]


def results(setting: str, *names: str, ours: float = 1) -> Results:
    return Results({"helm": setting}, tuple(Row(name, "s", ours, None, None, None, 1) for name in names))


def test_results_survive_the_file(tmp_path: Path) -> None:
    written = results("4.3.1", "a", "b")
    written.save(tmp_path / "latest.json")
    assert Results.load(tmp_path / "latest.json") == written


def test_earlier_rows_stay_in_the_same_setting_alone() -> None:
    new = results("4.3.1", "b", ours=2)
    both = new.over(results("4.3.1", "c", "b", "a", "gone"), order=["a", "b", "c"])
    assert [(row.name, row.ours) for row in both.rows] == [("a", 1), ("b", 2), ("c", 1)]
    assert new.over(results("3.22.0", "a", "b"), order=["a", "b", "c"]) == new


def test_a_scenario_is_chosen_whole_or_by_row() -> None:
    first, second = (Scenario(name, rows_for(name, "wall", "bytes")) for name in ("first", "second"))
    chosen = select(["first", "second_bytes"], (first, second))
    assert [list(scenario.rows) for scenario in chosen] == [["first_wall", "first_bytes"], ["second_bytes"]]
    with pytest.raises(KeyError, match="third"):
        select(["first", "third"], (first, second))


def test_a_name_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.parse(["--only", "pong"])
    assert "--only pong: there is no such scenario or row; scenarios are ping, " in capsys.readouterr().err


def test_a_shorter_wait_leaves_the_saved_results_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cli, "LATEST", tmp_path / "latest.json")
    monkeypatch.setattr(cli, "_lab", contextlib.nullcontext)
    monkeypatch.setattr(cli, "run", lambda *_, **__: results("4.3.1", "a"))
    assert cli.main(["--only", "wait", "--wait-seconds", "15"]) == 0
    assert not cli.LATEST.exists()
    assert cli.main(["--only", "wait"]) == 0
    assert cli.LATEST.exists()


def test_every_row_has_a_name_of_its_own_a_unit_and_an_explanation() -> None:
    names = [name for scenario in SCENARIOS for name in scenario.rows]
    assert len(names) == len(set(names))
    assert {metric for scenario in SCENARIOS for metric in scenario.rows.values()} <= UNITS.keys()
    readme = (BENCH / "README.md").read_text(encoding="utf-8")
    assert not [scenario.name for scenario in SCENARIOS if f"`{scenario.name}`" not in readme]


def test_the_results_in_the_repository_are_of_these_scenarios() -> None:
    latest = Results.load(BENCH / "latest.json")
    assert {row.name for row in latest.rows} <= {name for scenario in SCENARIOS for name in scenario.rows}
    assert all(list(asdict(row)) == FIELDS for row in latest.rows)


def test_the_worker_types_are_those_of_the_collection() -> None:
    assert {worker.values_key: worker.key for worker in _topology.WORKER_TYPES} == WORKER_TYPES


FIELDS = ["name", "unit", "ours", "peer", "peer_name", "ratio", "runs"]


@pytest.fixture
def bench(lab: Client, tmp_path: Path) -> t.Iterator[Bench]:
    with open_access(lab, lab.program("helm"), tmp_path) as access:
        yield Bench(lab, access, "", tmp_path, {"helm": "4"}, timed_runs=1, counted_runs=2, wait_seconds=60)


def site_in(bench: Bench, namespace: str) -> Site:
    return Site(bench.lab, namespace, "", bench.access.direct, bench.folder, bench.wait_seconds)


def list_releases(site: Site) -> dict[str, float]:
    return run_commands(site, ("helm", "list", "--namespace", site.namespace), ("helm", "version"))


def test_both_sides_are_timed_and_counted(bench: Bench) -> None:
    rows = rows_for("list", "wall", "helm_processes", "requests", "bytes")
    scenario = Scenario("list", rows, ours=ping, peer=list_releases, peer_name="helm {helm}", shared=True)
    wall, processes, requests, traffic = bench.measure(scenario)
    assert wall.ours
    assert wall.peer
    assert wall.peer_name == "helm 4"
    assert (processes.ours, processes.peer) == (0, 2)
    assert (requests.ours, traffic.ours) == (0, 0)
    assert requests.peer
    assert traffic.peer


def test_long_work_is_done_for_real_once(bench: Bench) -> None:
    waits: list[tuple[int, bool]] = []

    def wait(site: Site) -> dict[str, float]:
        waits.append((site.wait_seconds, site.is_unseen))
        return {}

    [row] = bench.measure(Scenario("wait", {"wait_requests": "requests"}, ours=wait, most_runs=1, shared=True))
    assert waits == [(1, True), (60, False)]
    assert (row.ours, row.runs) == (0, 1)


def test_what_modules_use_counts_and_what_ansible_uses_does_not(bench: Bench) -> None:
    rows = rows_for("usage", "peak_memory", "cpu")
    scenario = Scenario("usage", rows, ours=run_a_greedy_module, peer=list_releases, shared=True)
    memory, cpu = bench.measure(scenario)
    assert memory.ours
    assert GREED < memory.ours < 2 * GREED
    assert cpu.ours
    assert ZEAL < cpu.ours < 2 * ZEAL
    assert (memory.peer, cpu.peer) == (0, 0)


GREED = 200
"""MiB that a process takes which a module starts."""
ZEAL = 2
"""Seconds of CPU time that it uses."""


def run_a_greedy_module(site: Site) -> dict[str, float]:
    work = f"while time.process_time() < {ZEAL}: pass"
    code = f"import time\ntaken = bytearray({GREED} * 1024 * 1024)\n{work}\ntime.sleep(1)"
    return run_playbook(site, {"ansible.builtin.command": {"argv": [sys.executable, "-c", code]}}, changed=True)


def test_the_moment_counts_when_a_pod_became_ready_that_was_not(bench: Bench) -> None:
    watch = PodWatch(bench.lab, "none")
    lines = ["old True", "first ", "first False", "second ", "second True", "old True"]
    for moment, line in enumerate(lines):
        watch.note(f"{line}\n", moment=moment)
    assert watch.first_unready == 1
    assert watch.last_ready == 4
    watch.note("first True\n", moment=6)
    watch.note("first True\n", moment=7)
    assert watch.last_ready == 6
    watch.note("old True\n", moment=8, is_anew=True)
    assert watch.last_ready == 6
    watch.note("third True\n", moment=9, is_anew=True)
    assert watch.last_ready == 9


def test_the_watch_sees_a_pod_become_ready_and_misses_what_never_does(bench: Bench) -> None:
    bench.lab.kubectl("create", "namespace", "watched")
    try:
        bench.lab.apply(pod("old"), namespace="watched")
        wait_for("the old pod is ready", lambda: bench.lab.count_pods("watched").ready == 1)
        with PodWatch(bench.lab, "watched") as watch:
            with pytest.raises(BenchError, match="no pod of watched became ready"):
                watch.last_ready  # noqa: B018
            with pytest.raises(BenchError, match="every pod of watched was ready"):
                watch.first_unready  # noqa: B018
            started = time.time()
            bench.lab.apply(pod("new"), namespace="watched")
            wait_for("both pods are ready", lambda: bench.lab.count_pods("watched").ready == 2)
            sample = run_playbook(site_in(bench, "watched"), {"ansible.builtin.ping": {}}, changed=False)
            assert started < watch.first_unready < watch.last_ready < sample["ended"] < time.time()
            watch._process.kill()
            bench.lab.apply(pod("newer"), namespace="watched")
            wait_for("the watch goes on", lambda: watch.last_ready > sample["ended"])
    finally:
        bench.lab.kubectl("delete", "namespace", "watched")


def pod(name: str) -> dict[str, t.Any]:
    containers = [{"name": "main", "image": "example.test/none:1"}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers}}


def test_each_host_of_a_play_counts(bench: Bench) -> None:
    site = site_in(bench, "none")
    task = {"name": "Be one", "ansible.builtin.command": "test {{ inventory_hostname }} != other"}
    assert run_playbook(site, task, changed=True, hosts=["one", "two"])["task"]
    with pytest.raises(BenchError, match="'Be one' fails"):
        run_playbook(site, task, changed=True, hosts=["one", "other"])


def test_a_playbook_that_does_not_do_what_it_should_is_no_measurement(bench: Bench) -> None:
    site = site_in(bench, "none")
    with pytest.raises(BenchError, match="'Say no' fails: no"):
        run_playbook(site, {"name": "Say no", "ansible.builtin.fail": {"msg": "no"}}, changed=False)
    with pytest.raises(BenchError, match="'Ping' says changed=False, the scenario True"):
        run_playbook(site, {"name": "Ping", "ansible.builtin.ping": {}}, changed=True)
    with pytest.raises(BenchError, match=r"helm nonsense fails: .*unknown command"):
        run_commands(site, ("helm", "nonsense"))
