# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""An inventory of many releases on a lab, and the playbook `fleet` on it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import time
import typing as t
from pathlib import Path

import psutil
import yaml

from installer import BARE
from milvus_lab.client import HELMS, Client
from playbook_runner import PROGRAM, Run, follow
from playbooks import fast
from release_states import NAME

Json = dict[str, t.Any]

FLEET = "milvus.cluster.fleet"
# Counts that contradict each other: refused before anything is touched.
BROKEN = {"milvus_install_release_values": {**BARE, "queryNode": {"replicas": 3}}, "milvus_scale_query_node": 2}

# Between two looks at the memory, in seconds: adding up shared pages costs the kernel about as much as a look is worth.
_PAUSE = 2.0


class Fleet(t.NamedTuple):
    """Hosts with the namespaces of their releases, all of the same name, in a lab."""

    lab: Client
    folder: Path
    hosts: t.Mapping[str, t.Sequence[str]]
    shared: t.Mapping[str, t.Any]

    @property
    def names(self) -> list[str]:
        """The releases, as the playbook names them."""
        return [f"{host}/{namespace}/{NAME}" for host, namespaces in self.hosts.items() for namespace in namespaces]

    def write_inventory(self, own: t.Mapping[str, Json]) -> Path:
        """Write the inventory, in which some namespaces have variables of their own."""
        hosts = {
            host: {
                "milvus_context": "",
                "milvus_releases": [{"milvus_namespace": each, **own.get(each, {})} for each in namespaces],
            }
            for host, namespaces in self.hosts.items()
        }
        shared = {
            "milvus_kubeconfig": str(self.lab.kubeconfig),
            "milvus_release": NAME,
            "milvus_chart_repo_url": self.lab.chart_repo_url,
            "milvus_helm_binary": str(self.lab.program(HELMS["helm4"])),
            "milvus_install_create_namespace": True,
            "milvus_install_release_values": BARE,
            **fast("install"),
            **fast("scale"),
            **self.shared,
        }
        path = self.folder / "clusters.yml"
        path.write_text(yaml.safe_dump({"milvus": {"hosts": hosts, "vars": shared}}), encoding="utf-8")
        return path

    def run(self, *words: str, own: t.Mapping[str, Json] | None = None, **variables: t.Any) -> FleetRun:
        """Run the playbook, and measure it."""
        command: list[str | Path] = [PROGRAM, "--inventory", self.write_inventory(own or {}), FLEET, *words]
        if variables:
            command += ["--extra-vars", json.dumps(variables)]
        begin, peak = time.monotonic(), 0.0
        output = self.folder / f"output-{begin}"
        with follow("sh", "-c", 'exec "$@" > "$0" 2>&1', output, *command) as process:
            controller = psutil.Process(process.pid)
            while process.poll() is None:
                peak = max(peak, _measure(controller))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_PAUSE)
        text = output.read_text(encoding="utf-8")
        return FleetRun(text, process.returncode != 0, time.monotonic() - begin, peak)


class FleetRun(t.NamedTuple):
    """What the playbook has printed, and what it has taken."""

    output: str
    failed: bool
    seconds: float
    mebibytes: float  # that the controller and all it has started held at most, shared pages counted once

    @property
    def rows(self) -> dict[str, str]:
        """The last table: outcome by release."""
        split = [re.split(r"  +", row) for row in Run(self.output, self.failed).rows]
        return {row[1]: row[0] for row in split if len(row) > 1 and row[1].count("/") == 2}

    @property
    def failures(self) -> list[str]:
        """What it says of each release that has failed."""
        return re.findall(r'"msg": "(\S+ has failed in the task .*)"', self.output)


def _measure(controller: psutil.Process) -> float:
    """Return the memory of a process and its children in MiB, by proportional shares."""
    total = 0
    for process in [controller, *_list_children(controller)]:
        try:
            total += process.memory_full_info().pss if os.name == "posix" else process.memory_info().rss
        except (psutil.Error, AttributeError):
            continue
    return total / 2**20


def _list_children(controller: psutil.Process) -> list[psutil.Process]:
    try:
        return controller.children(recursive=True)
    except psutil.Error:
        return []
