# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Records what milvus_info asks a real API server, and the answers, for the unit tests to replay.

Run it after a change of the requests, where the collection can be imported; it brings up a lab of its own.
"""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
FIXTURES = TESTS / "unit/fixtures/conversations"
sys.path.insert(0, str(TESTS / "lab"))

from ansible_collections.milvus.cluster.plugins.module_utils import _connection, _kube, _observe  # noqa: E402
from milvus_lab import labs, toolchain  # noqa: E402
from milvus_lab.client import Client, wait_for  # noqa: E402
from release_states import SCENARIOS, Cluster, Scenario  # noqa: E402

# State → the helm that made it. Both majors, both generations, each branch of the reading.
RECORDED = {
    "absent": "helm4",
    "new-chart": "helm4",
    "old-chart": "helm3",
    "fullname-override": "helm3",
    "resource-groups": "helm4",
    "standalone": "helm4",
    "autoscaled": "helm4",
    "scaled-by-kubectl": "helm3",
    "failed-upgrade": "helm4",
    "pending-upgrade": "helm3",
    "uninstalled": "helm4",
    "superseded": "helm3",
    "reused-values": "helm3",
    "operator": "helm4",
    "config-map": "helm4",
}


class Recorder:
    """A connection pool that keeps what goes through another one."""

    def __init__(self, pool: t.Any) -> None:
        self._pool = pool
        self.exchanges: list[dict[str, t.Any]] = []

    def request(self, method: str, url: str, *, headers: t.Any, **rest: t.Any) -> t.Any:
        answer = self._pool.request(method, url, headers=headers, **rest)
        asked = {"url": url.split("/", 3)[3], "accept": headers["accept"]}
        got = {"status": answer.status, "date": answer.headers["date"], "body": json.loads(answer.data)}
        self.exchanges.append({**asked, **got})
        return answer


def record(lab: Client, scenario: Scenario) -> None:
    """Build the state in a namespace of its name and write the conversation about it."""
    lab.kubectl("create", "namespace", scenario.name)
    scenario.build(Cluster(lab, scenario.name, RECORDED[scenario.name]))
    wait_for("the pods are settled", lambda: _is_settled(lab, scenario.name))
    client = _kube.KubeClient(_connection.connect({"kubeconfig": str(lab.kubeconfig)}, {}), scenario.name)
    recorder = client._pool = Recorder(client._connect())
    _observe.observe(client, "my-release", surroundings=True)
    lines = ",\n".join(json.dumps(exchange, sort_keys=True) for exchange in recorder.exchanges)
    (FIXTURES / f"{scenario.name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _is_settled(lab: Client, namespace: str) -> bool:
    """Whether all workloads are ready, but for those that no node takes, and autoscalers have done their part."""
    for scaler in lab.list("hpa", namespace=namespace):
        if scaler["status"].get("desiredReplicas", 0) < scaler["spec"]["minReplicas"]:
            return False
    workloads = lab.list("deployment,statefulset", namespace=namespace)
    return all(
        workload["spec"]["replicas"] == workload["status"].get("readyReplicas", 0)
        for workload in workloads
        if "nodeSelector" not in workload["spec"]["template"]["spec"]
        and workload["metadata"]["labels"].get("app.kubernetes.io/managed-by") != "milvus-operator"
    )


def main() -> None:
    """Record all of RECORDED."""
    FIXTURES.mkdir(parents=True, exist_ok=True)
    lab = Client(labs.up("record", say=toolchain.say_plainly))
    try:
        for scenario in SCENARIOS:
            if scenario.name in RECORDED:
                record(lab, scenario)
    finally:
        labs.down("record")


if __name__ == "__main__":
    main()
