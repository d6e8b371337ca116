# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""When each source of evidence lets go of a worker: its pod, its session in etcd, the gauge of the coordinator."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
import typing as t
import urllib.request
from dataclasses import dataclass, field

import kubernetes

from milvus_cluster import COMPONENTS, GAUGES, NAME, NAMESPACE, MilvusCluster, read_gauge

INTERVAL_SECONDS = 0.25
_ALL_KEYS = base64.b64encode(b"\0").decode()


@dataclass
class Sources:
    """Counts of one worker type by source, each time that one changes: seconds since the beginning → count."""

    cluster: MilvusCluster
    worker: str
    changes: dict[str, list[tuple[float, int | None]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        configuration = str(self.cluster.lab.kubeconfig)
        self._api = kubernetes.client.CoreV1Api(kubernetes.config.new_client_from_config(configuration))
        self._etcd = self.cluster.find_address("etcd")
        self._began = time.monotonic()

    @contextlib.contextmanager
    def watched(self) -> t.Iterator[None]:
        """Look again and again in a thread of its own."""
        stop = threading.Event()
        thread = threading.Thread(target=self._watch, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def tell(self) -> str:
        """Return a line for people, such as ``pod 2 at 3.1 s, 1 at 33.0 s; session 2 at 21.4 s, …``."""
        return "; ".join(
            f"{source} " + ", ".join(f"{count} at {at:.1f} s" for at, count in changes[1:] if count is not None)
            for source, changes in self.changes.items()
        )

    def _watch(self, stop: threading.Event) -> None:
        looks = {"pod": self._count_pods, "session": self._count_sessions, "gauge": self._read_gauge}
        while not stop.wait(INTERVAL_SECONDS):
            for source, look in looks.items():
                count, known = look(), self.changes.setdefault(source, [])
                if not known or known[-1][1] != count:
                    known.append((time.monotonic() - self._began, count))

    def _count_pods(self) -> int:
        selector = f"app.kubernetes.io/instance={NAME},component={COMPONENTS[self.worker]}"
        return len(self._api.list_namespaced_pod(NAMESPACE, label_selector=selector).items)

    def _count_sessions(self) -> int:
        body = json.dumps({"key": _ALL_KEYS, "range_end": _ALL_KEYS, "keys_only": True}).encode()
        with urllib.request.urlopen(f"http://{self._etcd}:2379/v3/kv/range", data=body, timeout=5) as response:
            keys = [base64.b64decode(one["key"]).decode() for one in json.load(response)["kvs"]]
        return sum(f"/session/{COMPONENTS[self.worker]}-" in key for key in keys)

    def _read_gauge(self) -> int | None:
        component, gauge = GAUGES[self.worker]
        page = self._api.connect_get_namespaced_service_proxy_with_path(
            f"{NAME}-milvus-{component}:9091", NAMESPACE, "metrics"
        )
        return read_gauge(str(page), gauge)
