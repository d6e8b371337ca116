# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one long-lived process of a lab: it starts the components, serves the chart repository, and ends them all."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import typing as t
import urllib.request
from pathlib import Path

from . import charts, control_plane, processes, simulator
from .control_plane import Component
from .egress import EgressGate
from .errors import LabError
from .layout import Layout, private_folder

START_SECONDS = 90


class Supervisor:
    """Brings up the lab that ``layout`` describes and keeps its state file true."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()
        self._deadline = time.monotonic() + START_SECONDS

    def run(self) -> None:
        """Start everything, watch until SIGTERM or SIGINT, end everything."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self._stopping.set())
        try:
            self._start_all()
            self._watch()
        except LabError as exc:
            self._tell("failed", str(exc))
            self._stopping.wait()
        finally:
            processes.end_lab(self._layout.folder)

    def _start_all(self) -> None:
        layout = self._layout
        private_folder(layout.logs)
        self._tell("starting", "etcd and kube-apiserver")
        identities = control_plane.issue_identities(private_folder(layout.certificates))
        control_plane.write_kubeconfig(layout, identities)
        EgressGate(layout.egress_socket, allowed=f"127.0.0.1:{layout.ports['kubelet']}").start()
        self._start(control_plane.etcd(layout, identities))
        self._start(control_plane.api_server(layout, identities))
        self._serve_charts()
        probe = _Api(layout, identities)
        self._until("kube-apiserver is ready", lambda: probe.lacks("/readyz"))
        self._tell("starting", "controllers, scheduler and simulated nodes")
        self._start(control_plane.controller_manager(layout, identities))
        self._start(control_plane.scheduler(layout))
        self._apply(simulator.manifest())
        self._start(simulator.component(layout, identities))
        self._until("every node is ready", lambda: probe.lacks_nodes(simulator.NODE_COUNT))
        self._until("pods may be created", lambda: probe.lacks("/api/v1/namespaces/default/serviceaccounts/default"))
        self._until("logs can be read", lambda: _lacks_listener(layout.ports["kubelet"]))
        self._tell("ready", "")

    def _serve_charts(self) -> None:
        charts.package_all(self._layout.programs / "helm", self._layout.charts)
        server = charts.serve(self._layout.charts, self._layout.ports["charts"])
        threading.Thread(target=server.serve_forever, name="charts", daemon=True).start()

    def _start(self, component: Component) -> None:
        log = (self._layout.logs / f"{component.name}.log").open("ab")
        self._children[component.name] = subprocess.Popen(
            component.argv,
            cwd=self._layout.folder,
            env=processes.marked_environment(self._layout.folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    def _apply(self, manifest: str) -> None:
        argv = [str(self._layout.programs / "kubectl"), "apply", "--server-side", "-f", "-"]
        environment = {**processes.marked_environment(self._layout.folder), "KUBECONFIG": str(self._layout.kubeconfig)}
        result = subprocess.run(argv, input=manifest, capture_output=True, text=True, env=environment, check=False)
        if result.returncode != 0:
            raise LabError(f"kubectl could not create the lab's nodes: {result.stderr.strip()}")

    def _until(self, goal: str, find_lack: t.Callable[[], str]) -> None:
        """Wait until ``find_lack`` finds nothing; what it found last is told where that never comes."""
        while lack := find_lack():
            self._raise_if_dead()
            if self._stopping.wait(0.05):
                raise LabError("told to stop while starting")
            if time.monotonic() > self._deadline:
                raise LabError(f"not so after {START_SECONDS} s: {goal} ({lack}); read the logs in {self._layout.logs}")

    def _raise_if_dead(self) -> None:
        for name, child in self._children.items():
            if child.poll() is not None:
                log = self._layout.logs / f"{name}.log"
                last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["nothing"]
                raise LabError(
                    f"{name} ended with {child.returncode} while starting; its last words in {log}: {last[0]}"
                )

    def _watch(self) -> None:
        alive = dict.fromkeys(self._children, True)
        while not self._stopping.wait(0.5):
            now = {name: child.poll() is None for name, child in self._children.items()}
            if now != alive:
                alive = now
                dead = [name for name, living in alive.items() if not living]
                self._tell("degraded" if dead else "ready", f"ended: {', '.join(dead)}" if dead else "")

    def _tell(self, phase: str, detail: str) -> None:
        pids = {name: child.pid for name, child in self._children.items() if child.poll() is None}
        self._layout.write_state(phase=phase, detail=detail, components={"supervisor": os.getpid(), **pids})


def _lacks_listener(port: int) -> str:
    with socket.socket() as probe:
        return "" if probe.connect_ex(("127.0.0.1", port)) == 0 else f"nothing listens on port {port}"


class _Api:
    """Asks the API server what the start must wait for."""

    def __init__(self, layout: Layout, identities: control_plane.Identities) -> None:
        self._url = layout.api_url
        self._tls = ssl.create_default_context(cafile=str(identities.authority.certificate))
        self._tls.load_cert_chain(identities.admin.certificate, identities.admin.key)

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(self._url + path, context=self._tls, timeout=5) as response:
            body: bytes = response.read()
            return body

    def lacks(self, path: str) -> str:
        """Why ``path`` cannot be read, or nothing."""
        try:
            self._get(path)
        except OSError as exc:
            return str(exc)
        return ""

    def lacks_nodes(self, count: int) -> str:
        """How far the nodes are from ``count`` ready ones, or nothing."""
        try:
            ready = self._get("/api/v1/nodes").count(b'"reason":"KubeletReady"')
        except OSError as exc:
            return str(exc)
        return "" if ready == count else f"{ready} of {count} are"


def main() -> None:
    """``python -m milvus_lab.supervisor FOLDER``, with the lab's lock as an inherited file."""
    Supervisor(Layout.load(Path(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
