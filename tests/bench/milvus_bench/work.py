# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a scenario's sides are written with: playbooks and commands that are timed, releases that are made ready."""

from __future__ import annotations

import json
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from milvus_lab.client import Client, wait_for

from .access import Environment
from .rows import Sample

RELEASE = "my-release"

Task = dict[str, t.Any]
Values = dict[str, t.Any]


class BenchError(Exception):
    """A bench cannot go on; the text says what failed, and why."""


@dataclass(frozen=True)
class Site:
    """Where one side of a scenario works: on ``lab``, in a namespace of its own, through the way that ``env`` leads.

    ``wait_seconds`` is how long work takes of which the wait is measured; ``is_unseen`` says that the run only fills
    caches, and that a little of the work does for that.
    """

    lab: Client
    namespace: str
    chart: str
    env: Environment
    folder: Path
    wait_seconds: int
    is_unseen: bool = False


def run_playbook(site: Site, *tasks: Task, changed: bool, hosts: t.Sequence[str] = ()) -> Sample:
    """Run ``tasks`` in one play; raises ``BenchError`` unless each succeeds with just this ``changed``.

    The play is for localhost, or for ``hosts``, which are names for this machine alone.
    """
    play = {"hosts": list(hosts) or "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    inventory = ("--inventory", ",".join((*hosts, ""))) if hosts else ()
    interpreter = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"} if hosts else {}
    path = site.folder / f"{site.namespace}.json"
    path.write_text(json.dumps([play | {"vars": interpreter}]), encoding="utf-8")
    sample, records = _run_play(site, *inventory, str(path), changed=changed)
    if len(records) != len(tasks) * max(len(hosts), 1):
        raise BenchError(f"ansible-playbook told of {len(records)} results of {len(tasks)} tasks")
    return sample


def run_collection_playbook(site: Site, name: str, *, variables: Values, changed: bool, skip_tags: str = "") -> Sample:
    """Run a playbook of the collection; raises ``BenchError`` unless each of its tasks has just this ``changed``."""
    path = site.folder / f"{site.namespace}-variables.json"
    path.write_text(json.dumps(variables), encoding="utf-8")
    words = ("--skip-tags", skip_tags) if skip_tags else ()
    sample, _records = _run_play(site, name, "--extra-vars", f"@{path}", *words, changed=changed)
    return sample


def _run_play(site: Site, *words: str, changed: bool) -> tuple[Sample, list[dict[str, t.Any]]]:
    """Run ansible-playbook; raises ``BenchError`` unless each task succeeds with just this ``changed``."""
    started = time.perf_counter()
    result = _execute(site, "ansible-playbook", *words)
    wall = time.perf_counter() - started
    records = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    for record in records:
        if record["failure"] is not None:
            raise BenchError(f"the task {record['task']!r} fails: {record['failure']}")
        if record["changed"] != changed:
            raise BenchError(f"the task {record['task']!r} says changed={record['changed']}, the scenario {changed}")
    if result.returncode or not records:
        raise BenchError(f"ansible-playbook ended with {result.returncode}: {result.stderr.strip()}")
    return {
        "wall": wall,
        "task": sum(record["seconds"] for record in records),
        "ended": records[-1]["ended"],
    }, records


def run_commands(site: Site, *commands: t.Sequence[str]) -> Sample:
    """Run commands one after another; raises ``BenchError`` where one fails."""
    started = time.perf_counter()
    for command in commands:
        result = _execute(site, *command)
        if result.returncode:
            raise BenchError(f"{' '.join(command[:2])} fails: {(result.stderr or result.stdout).strip()}")
    return {"wall": time.perf_counter() - started}


def _execute(site: Site, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=site.env, cwd=site.folder, capture_output=True, text=True, check=False)


def install(site: Site, values: Values, *, release: str = RELEASE, revisions: int = 1) -> None:
    """Install the chart with ``values``, upgrade it to itself until there are ``revisions``, and settle."""
    path = site.folder / f"{site.namespace}-values.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    options = ("--namespace", site.namespace, "--reset-values", "--values", str(path))
    for _revision in range(revisions):
        run_commands(site, ("helm", "upgrade", "--install", release, site.chart, *options))
    settle(site)


def settle(site: Site) -> None:
    """Wait until every workload has the pods that it shall have, all ready, and no pod is on its way out."""
    wait_for(f"every pod in {site.namespace} is ready", lambda: _is_settled(site), seconds=300)


def _is_settled(site: Site) -> bool:
    workloads = site.lab.list("deployments,statefulsets", namespace=site.namespace)
    return all(map(_is_complete, workloads)) and site.lab.count_pods(site.namespace).settled


def _is_complete(workload: dict[str, t.Any]) -> bool:
    counts = [workload["status"].get(f"{kind}Replicas", 0) for kind in ("ready", "updated")]
    seen: int = workload["status"].get("observedGeneration", 0)
    return counts == [workload["spec"]["replicas"]] * 2 and seen >= workload["metadata"]["generation"]


def worker_keys(site: Site) -> list[str]:
    """The keys in the chart's values for the worker types that the release runs."""
    deployments = site.lab.list("deployments", namespace=site.namespace, selector="app.kubernetes.io/name=milvus")
    components = [deployment["spec"]["template"]["metadata"]["labels"]["component"] for deployment in deployments]
    return [_WORKER_KEYS[component] for component in components if component in _WORKER_KEYS]


_WORKER_KEYS = {
    "querynode": "queryNode",
    "datanode": "dataNode",
    "indexnode": "indexNode",
    "streamingnode": "streamingNode",
    "proxy": "proxy",
}

WORKER_TYPES = {
    "queryNode": "query_node",
    "dataNode": "data_node",
    "indexNode": "index_node",
    "streamingNode": "streaming_node",
    "proxy": "proxy",
}
"""The same keys to the names that milvus_scale has for the types."""
