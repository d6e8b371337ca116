# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""SIGKILL at random moments of an install and of upgrades: the next run converges, and nothing is lost by it."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from installer import FEW, Installer
from playbook_runner import PROGRAM, environment
from release_states import NAME

Json = dict[str, t.Any]

# The ansible-playbook of each supported end of ansible-core; `make soak` brings the older one.
PLAYBOOKS = {"newest": str(PROGRAM), "oldest": os.environ.get("OLDEST_ANSIBLE_PLAYBOOK", "")}
TARGETS = ("helm", "module", "playbook")


def want(query_nodes: int) -> Json:
    """Values with volumes, and so many query nodes."""
    return {**FEW, "queryNode": {"replicas": query_nodes}}


@dataclass
class Strike:
    """Kills at a random moment of a run, which takes about *length* seconds when it is left alone."""

    installer: Installer
    program: str
    chance: random.Random
    length: float = 4.0

    def run(self, target: str, values: Json) -> str:
        """Start it, kill, and say what was killed when."""
        delay = self.chance.uniform(0, self.length)
        if target == "playbook":
            self._kill_playbook(values, delay)
        else:
            self._kill_module(values, delay, helm_alone=target == "helm")
        return f"{target} after {delay:.2f} s"

    def _kill_module(self, values: Json, delay: float, *, helm_alone: bool) -> None:
        process = self.installer.start(release_values=values).process
        time.sleep(delay)
        if process.poll() is None:
            victims = find_children(process.pid) if helm_alone else [process.pid]
            for victim in victims:
                os.kill(victim, signal.SIGKILL)
        process.communicate(timeout=120)

    def _kill_playbook(self, values: Json, delay: float) -> None:
        """As ansible-runner cancels a job."""
        cluster = self.installer.cluster
        variables = {
            "milvus_release": NAME,
            "milvus_namespace": cluster.namespace,
            "milvus_kubeconfig": str(cluster.lab.kubeconfig),
            "milvus_chart_repo_url": cluster.lab.chart_repo_url,
            "milvus_helm_binary": str(self.installer.helm.binary),
            "milvus_install_release_values": values,
            "milvus_install_stable_seconds": 0,
        }
        words = [self.program, "milvus.cluster.install", "--extra-vars", json.dumps(variables)]
        silence = subprocess.DEVNULL
        with subprocess.Popen(
            words, env=environment(), start_new_session=True, stdout=silence, stderr=silence
        ) as process:
            time.sleep(delay * 2)  # Ansible's own start is half of it
            os.killpg(process.pid, signal.SIGKILL)


def find_children(pid: int) -> list[int]:
    """The processes that a process has started and that live, such as helm."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def find_restarts(installer: Installer) -> dict[str, int]:
    """How often the containers of each pod, by its uid, were restarted."""
    return {
        pod["metadata"]["uid"]: sum(one["restartCount"] for one in pod["status"].get("containerStatuses", ()))
        for pod in installer.read("pods")
        if "deletionTimestamp" not in pod["metadata"]
    }


def check_repaired(installer: Installer, count: int, *, before: Json) -> None:
    """Run the module once, and assert that all is as wanted, and what was there before still is."""
    installer.run(release_values=want(count))
    installer.look()  # once all is at rest
    installer.check_all_ready()
    assert installer.query_nodes == count
    assert installer.values["queryNode"]["replicas"] == count
    assert before["restarts"].items() <= find_restarts(installer).items()
    assert before["claims"].items() <= installer.find_uids("pvc").items()
    assert before["records"].items() <= installer.find_uids("secrets", "sh.helm.release").items()


def look(installer: Installer) -> Json:
    return {
        "restarts": find_restarts(installer),
        "claims": installer.find_uids("pvc"),
        "records": installer.find_uids("secrets", "sh.helm.release"),
    }


def strike_often(installer: Installer, core: str, *, upgrades: int, turn: int = 0) -> None:
    """Kill an install and so many upgrades, with each target in turn."""
    if not PLAYBOOKS[core]:
        pytest.skip("OLDEST_ANSIBLE_PLAYBOOK names none: `make soak` does")
    seed = random.randrange(10**5) * 10 + turn
    strike = Strike(installer, PLAYBOOKS[core], random.Random(seed))
    targets = itertools.cycle(strike.chance.sample(TARGETS, k=len(TARGETS)))
    for count in range(1, upgrades + 2):
        before = look(installer) if count > 1 else {"restarts": {}, "claims": {}, "records": {}}
        what = strike.run(next(targets), want(count))
        print(f"seed {seed}, {count} query nodes: killed {what}")
        check_repaired(installer, count, before=before)
    installer.keep(release_values=want(count))


def test_kills(installer: Installer) -> None:
    strike_often(installer, "newest", upgrades=3)


@pytest.mark.soak
@pytest.mark.parametrize("core", PLAYBOOKS)
@pytest.mark.parametrize("turn", range(4))
def test_many_kills(installer: Installer, core: str, turn: int) -> None:
    """Four installs and 28 upgrades for each helm and each end of ansible-core."""
    strike_often(installer, core, upgrades=7, turn=turn)
