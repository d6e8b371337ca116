# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A Milvus cluster in the pods of a real node, driven by the playbooks of the collection, and its searchers."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import yaml

import search_log
from milvus_lab.charts import CHARTS, OLD_CHART, real_chart
from milvus_lab.client import Client, wait_for
from playbook_runner import Run, run_playbook

Json = dict[str, t.Any]

NAME, NAMESPACE = "my-release", "milvus"
VALUES = CHARTS / "real-milvus.yaml"

# pymilvus 2.3 looks up its version in a way that Python warns of.
SEARCHER = ("-W", "ignore::UserWarning", str(Path(__file__).with_name("searcher.py")))
# Each asks for itself, over a connection of its own.
SEARCHERS = 2

# Worker type → the coordinator that lists it, and the gauge. Written here anew, for the tests are to see it themselves.
GAUGES = {
    "query_node": ("querycoord", "milvus_querycoord_querynode_num"),
    "data_node": ("datacoord", "milvus_datacoord_datanode_num"),
    "index_node": ("datacoord", "milvus_datacoord_index_node_num"),
    "proxy": ("rootcoord", "milvus_rootcoord_proxy_num"),
}
COMPONENTS = {"query_node": "querynode", "data_node": "datanode", "index_node": "indexnode", "proxy": "proxy"}


def read_gauge(page: str, name: str) -> int | None:
    """The value of a gauge without labels, None where the page has none."""
    found = re.search(rf"^{name} (\S+)$", page, re.MULTILINE)
    return int(float(found[1])) if found else None


def read_settings() -> str:
    """The configuration of Milvus that the values have."""
    return str(yaml.safe_load(VALUES.read_text(encoding="utf-8"))["extraConfigFiles"]["user.yaml"])


class Pod(t.NamedTuple):
    """What tells one pod, and one life of it, from another."""

    uid: str
    restarts: int


@dataclass
class MilvusCluster:
    """The release of the tests."""

    lab: Client
    python: Path  # with pymilvus
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def chart(self) -> Path:
        return real_chart() or self.lab.charts / f"milvus-{OLD_CHART}.tgz"

    def play(self, playbook: str, **variables: str) -> Run:
        """Run a playbook of the collection, which must not fail."""
        run = self.attempt(playbook, **variables)
        assert not run.failed, run.output
        return run

    def attempt(self, playbook: str, **variables: str) -> Run:
        """Run a playbook of the collection."""
        where = {"milvus_release": NAME, "milvus_namespace": NAMESPACE, "milvus_chart_ref": str(self.chart)}
        given = {**where, **self.variables, **variables}
        return run_playbook(self.lab, f"milvus.cluster.{playbook}", variables=given, environ=self.lab.env)

    def install(self, **variables: str) -> Run:
        """Install Milvus with the lab's images, which must not fail."""
        run = self.attempt_install(**variables)
        assert not run.failed, run.output
        return run

    def attempt_install(self, *, values_file: str = "", **variables: str) -> Run:
        """Install Milvus with the lab's images, or upgrade it to just their values and those of a file of one's own."""
        given = {
            "milvus_install_create_namespace": "true",
            "milvus_install_values_policy": "replace",
            "milvus_install_values_files": ",".join(filter(None, [str(VALUES), values_file])),
        }
        return self.attempt("install", **{**given, **variables})

    def scale(self, **counts: int) -> Run:
        """Scale worker types, which Milvus must list."""
        given = {f"milvus_scale_{worker}": str(count) for worker, count in counts.items()}
        return self.play("scale", milvus_scale_wait_registered="require", milvus_scale_stable_seconds="1", **given)

    def reset(self) -> None:
        """Bring it to the lab's values and one worker of each type, whatever the test before has left."""
        self.install()
        self.scale(**dict.fromkeys(GAUGES, 1))

    def find_pods(self, component: str = "") -> dict[str, Pod]:
        """Name → pod, of a component or of the whole release."""
        selector = f"app.kubernetes.io/instance={NAME}" + (f",component={component}" if component else "")
        return {
            pod["metadata"]["name"]: Pod(
                pod["metadata"]["uid"], sum(one["restartCount"] for one in pod["status"].get("containerStatuses", ()))
            )
            for pod in self.lab.list("pods", namespace=NAMESPACE, selector=selector)
        }

    def read_gauges(self) -> dict[str, int | None]:
        """Worker type → how many Milvus lists, None where it does not say."""
        return {worker: self._read_gauge(*source) for worker, source in GAUGES.items()}

    def _read_gauge(self, component: str, gauge: str) -> int | None:
        path = f"/api/v1/namespaces/{NAMESPACE}/services/{NAME}-milvus-{component}:9091/proxy/metrics"
        return read_gauge(self.lab.kubectl("get", "--raw", path), gauge)

    @property
    def address(self) -> str:
        """Where clients reach the proxies: the address of their Service, and its port."""
        service = self.lab.get("service", f"{NAME}-milvus", namespace=NAMESPACE)
        return f"{service['spec']['clusterIP']}:19530"

    def find_address(self, name: str) -> str:
        """Return the address of the pod of a StatefulSet, such as ``etcd``."""
        pod = self.lab.get("pod", f"{NAME}-{name}-0", namespace=NAMESPACE)
        return str(pod["status"]["podIP"])

    def fill(self) -> None:
        """Make the collection that is asked for, unless it is there, and load it."""
        self._run("fill", self.address)

    def _run(self, *words: str) -> None:
        result = subprocess.run([self.python, *SEARCHER, *words], capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr

    @contextlib.contextmanager
    def searched(self, folder: Path) -> t.Iterator[Searches]:
        """Have it searched all the while, and wait until the first answers are right."""
        logs = [folder / f"searches-{number}.jsonl" for number in range(SEARCHERS)]
        words: list[str | Path] = [self.python, *SEARCHER, "ask", self.address]
        with contextlib.ExitStack() as stack:
            searchers = [stack.enter_context(_started([*words, log])) for log in logs]
            searches = Searches(logs, searchers)
            searches.wait_until_right()
            yield searches
            searches.check_alive()


@contextlib.contextmanager
def _started(argv: t.Sequence[str | Path]) -> t.Iterator[subprocess.Popen[bytes]]:
    environ = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with subprocess.Popen(argv, env=environ) as process:
        try:
            yield process
        finally:
            process.terminate()


@dataclass
class Searches:
    """The searches under way."""

    logs: t.Sequence[Path]
    searchers: t.Sequence[subprocess.Popen[bytes]]

    def wait_until_right(self, *, seconds: float = 120) -> None:
        """Wait until each searcher's answers have been right for two seconds."""
        wait_for("right answers of each searcher", self._are_right, seconds=seconds)

    def _are_right(self) -> bool:
        self.check_alive()
        since = time.time() - 2.0
        recent = [[one for one in search_log.read(log) if one.at >= since] for log in self.logs if log.exists()]
        return len(recent) == len(self.logs) and all(
            len(answers) >= 5 and all(one.outcome == search_log.RIGHT for one in answers) for answers in recent
        )

    def check_alive(self) -> None:
        """Make sure that silence is not taken for peace."""
        assert all(searcher.poll() is None for searcher in self.searchers), "a searcher has ended"

    def count(self, *, begin: float, end: float) -> search_log.Tally:
        """Count what was asked in that time; what is still asked then is waited for."""
        time.sleep(max(0.0, end + 0.5 - time.time()))
        return search_log.count(search_log.read(*self.logs), begin=begin, end=end)
