# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one long-lived process of a lab: it starts the components, serves the chart repository, and ends them all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path

from . import charts, control_plane, processes, strengths
from .api import Api
from .control_plane import Component
from .errors import LabError
from .layout import Layout, private_folder

START_SECONDS = 90


class Supervisor:
    """Brings up the lab that ``layout`` describes and keeps its state file true."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._nodes = strengths.STRENGTHS[layout.strength].nodes(layout)
        self._components: dict[str, Component] = {}
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
        layout, nodes, terms = self._layout, self._nodes, self._nodes.terms
        private_folder(layout.logs)
        self._tell("starting", "etcd and kube-apiserver")
        identities = control_plane.issue_identities(private_folder(layout.certificates), terms)
        control_plane.write_kubeconfig(layout, identities)
        nodes.prepare(self._start)
        self._start(control_plane.etcd(layout, identities))
        self._start(control_plane.api_server(layout, identities, terms=terms))
        self._serve_charts()
        api = Api(layout, identities)
        self._until("kube-apiserver is ready", lambda: api.lacks("/readyz"))
        self._tell("starting", f"controllers, scheduler and {nodes.title}")
        self._start(control_plane.controller_manager(layout, identities, terms=terms))
        self._start(control_plane.scheduler(layout))
        self._apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes.objects()}))
        for component in nodes.components(identities):
            self._start(component)
        self._until("every node is ready", lambda: api.lacks_nodes(nodes.count))
        self._until("pods may be created", lambda: api.lacks("/api/v1/namespaces/default/serviceaccounts/default"))
        self._until(f"{nodes.title} can be used", nodes.lack)
        nodes.serve(api)
        self._tell("ready", "")

    def _serve_charts(self) -> None:
        charts.package_all(self._layout.programs / "helm", self._layout.charts)
        server = charts.serve(self._layout.charts, self._layout.ports["charts"])
        threading.Thread(target=server.serve_forever, name="charts", daemon=True).start()

    def _start(self, component: Component) -> int:
        with (self._layout.logs / f"{component.name}.log").open("ab") as log:
            child = subprocess.Popen(
                component.argv,
                cwd=self._layout.folder,
                env={**processes.marked_environment(self._layout.folder), **component.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._components[component.name], self._children[component.name] = component, child
        return child.pid

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
        for name in self._restart_dead():
            log = self._layout.logs / f"{name}.log"
            last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["nothing"]
            code = self._children[name].returncode
            raise LabError(f"{name} ended with {code} while starting; its last words in {log}: {last[0]}")

    def _restart_dead(self) -> list[str]:
        """Start what has ended and restarts; give the names of what stays dead, and then restart nothing."""
        dead = [self._components[name] for name, child in self._children.items() if child.poll() is not None]
        if any(not component.restarts for component in dead):
            return [component.name for component in dead]
        for component in dead:
            self._start(component)
        return []

    def _watch(self) -> None:
        told: list[str] = []
        while not self._stopping.wait(0.5):
            dead = self._restart_dead()
            if dead != told:
                told = dead
                self._tell("degraded" if dead else "ready", f"ended: {', '.join(dead)}" if dead else "")

    def _tell(self, phase: str, detail: str) -> None:
        pids = {name: child.pid for name, child in self._children.items() if child.poll() is None}
        self._layout.write_state(phase=phase, detail=detail, components={"supervisor": os.getpid(), **pids})


def main() -> None:
    """``python -m milvus_lab.supervisor FOLDER``, with the lab's lock as an inherited file."""
    Supervisor(Layout.load(Path(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
