# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``sim`` strength of the lab: nodes whose pods only look as if they ran, by kwok."""

from __future__ import annotations

import datetime
import socket
import typing as t
from pathlib import Path

import yaml

from . import egress, stages
from .api import Api
from .control_plane import Component, Identities, Terms, make_component
from .layout import Layout
from .paths import LAB_SOURCE

ZONES = ("a", "b", "c")
NODE_COUNT = 6
# RFC 2544 reserves 198.18.0.0/15 for benchmarks: no network routes it, so an address that leaks ends nowhere.
POD_RANGE = "198.18.0.0/16"
SERVICE_RANGE = "198.19.0.0/16"


class SimulatedNodes:
    """kwok's nodes, as :class:`.nodes.Nodes` asks."""

    title = "simulated nodes"
    count = NODE_COUNT

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._egress = layout.folder / "egress.yaml"
        self.terms = Terms(
            service_range=SERVICE_RANGE,
            api_flags={"egress-selector-config-file": self._egress, "endpoint-reconciler-type": "none"},
            # Pods whose node counted as lost while the API server was away would not become ready again: none does.
            controller_flags={"node-monitor-grace-period": "10m"},
        )

    def prepare(self, _start: t.Callable[[Component], int]) -> None:
        layout = self._layout
        self._egress.write_text(yaml.safe_dump(egress.selector(layout.egress_socket)))
        egress.EgressGate(layout.egress_socket, allowed=f"127.0.0.1:{layout.ports['kubelet']}").start()

    def objects(self) -> list[dict[str, t.Any]]:
        return objects()

    def components(self, identities: Identities) -> tuple[Component, ...]:
        return (component(self._layout, identities),)

    def lack(self) -> str:
        port = self._layout.ports["kubelet"]
        with socket.socket() as probe:
            return "" if probe.connect_ex(("127.0.0.1", port)) == 0 else f"nothing listens on port {port}"

    def serve(self, api: Api) -> None:
        """kwok does all the work."""


def objects() -> list[dict[str, t.Any]]:
    """What the API server must hold before kwok starts: nodes, the default StorageClass, kwok's ``Logs`` kind."""
    storage_class = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "simulated", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": stages.PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    return [*(_node(number) for number in range(NODE_COUNT)), storage_class, _logs_kind()]


def _node(number: int) -> dict[str, t.Any]:
    name = f"sim-node-{number + 1}"
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/region": "sim",
        "topology.kubernetes.io/zone": f"sim-{ZONES[number % len(ZONES)]}",
    }
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def _logs_kind() -> dict[str, t.Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "logs.kwok.x-k8s.io"},
        "spec": {
            "group": "kwok.x-k8s.io",
            "names": {"kind": "Logs", "listKind": "LogsList", "plural": "logs", "singular": "logs"},
            "scope": "Namespaced",
            "versions": [version],
        },
    }


def component(layout: Layout, identities: Identities) -> Component:
    """kwok, with its stages and the logs of its pods written into the lab's folder."""
    pod_logs = layout.folder / "pod-logs"
    write_pod_logs(pod_logs)
    config = layout.folder / "stages.yaml"
    config.write_text(yaml.safe_dump_all(stages.all_stages(pod_logs), sort_keys=False))
    endpoint = f"127.0.0.1:{layout.ports['kubelet']}"
    flags = {
        "config": config,
        "kubeconfig": layout.kubeconfig,
        "manage-all-nodes": "true",
        "cidr": POD_RANGE,
        "node-ip": "127.0.0.1",
        "node-port": layout.ports["kubelet"],
        "server-address": endpoint,
        "tls-cert-file": identities.kubelet.certificate,
        "tls-private-key-file": identities.kubelet.key,
        "node-lease-duration-seconds": 0,
        "enable-crds": "Logs",
        "v": "WARN",
    }
    return make_component(layout, "kwok", flags=flags)


def write_pod_logs(folder: Path) -> None:
    """Write ``tests/lab/sim/logs/*.txt`` as logs in the format of container runtimes, a second between lines."""
    folder.mkdir(exist_ok=True)
    start = datetime.datetime.now(datetime.UTC)
    for source in sorted((LAB_SOURCE / "sim" / "logs").glob("*.txt")):
        lines = source.read_text().splitlines()
        stamped = (
            f"{(start + datetime.timedelta(seconds=number)).isoformat()} stdout F {line}\n"
            for number, line in enumerate(lines)
        )
        (folder / f"{source.stem}.log").write_text("".join(stamped))
