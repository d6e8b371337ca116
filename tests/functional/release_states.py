# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""States that a release can be in, each made by real commands, and what milvus_info has to say about it."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from milvus_lab import charts
from milvus_lab.client import HELMS, Client, CommandFailedError, wait_for

NAME = "my-release"
QUERY_NODE = f"{NAME}-milvus-querynode"
NEW_CHART, OLD_CHART = charts.NEW_CHART, charts.OLD_CHART
# Milvus without Pulsar and without volumes: the smallest release that has all worker types.
SMALL = (
    "--set=pulsarv3.enabled=false,pulsar.enabled=false,etcd.persistence.enabled=false,minio.persistence.enabled=false"
)

# Half of helm's time is the check of manifests against the schemas of the API server, which does that again.
_QUICK = "--disable-openapi-validation"

Build = t.Callable[["Cluster"], None]


@dataclass(frozen=True)
class Cluster:
    """Where a scenario is built: one namespace of a lab, with one helm."""

    lab: Client
    namespace: str
    which: str

    def chart(self, version: str) -> Path:
        """The packaged chart."""
        return self.lab.charts / f"milvus-{version}.tgz"

    def helm(self, *words: str | Path) -> str:
        """Run helm in the namespace."""
        return self.lab.helm(self.which, *words, "--namespace", self.namespace)

    def install(self, *words: str, version: str = NEW_CHART, name: str = NAME) -> None:
        """Install a chart of the lab."""
        self.helm("install", name, self.chart(version), _QUICK, *words)

    def upgrade(self, *words: str, version: str = NEW_CHART) -> None:
        """Upgrade the release."""
        self.helm("upgrade", NAME, self.chart(version), _QUICK, *words)

    def kubectl(self, *words: str) -> str:
        """Run kubectl in the namespace."""
        return self.lab.kubectl(*words, "--namespace", self.namespace)

    def kill(self, *words: str | Path, status: str) -> None:
        """Start a helm command and end it with SIGKILL once it has written *status* into a record."""
        argv = [str(word) for word in (self.lab.program(HELMS[self.which]), *words, "--namespace", self.namespace)]
        with subprocess.Popen(argv, env=self.lab.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as helm:
            wait_for(f"a revision {status}", lambda: self.records(f"status={status}"))
            helm.kill()

    def records(self, selector: str) -> list[dict[str, t.Any]]:
        """The Secrets with Helm's records that match."""
        return self.lab.list("secret", namespace=self.namespace, selector=f"owner=helm,{selector}")


@dataclass(frozen=True)
class Scenario:
    """A state, how it is built, and the return values that it must have, as path → value."""

    name: str
    build: Build
    expected: dict[str, t.Any]
    helms: tuple[str, ...] = ("helm3", "helm4")  # one of them where the state does not depend on it
    # Substrings, each of which one warning must have; no other warnings may be there.
    warnings: tuple[str, ...] = field(default=())


def _fail_upgrade(cluster: Cluster) -> None:
    cluster.install(SMALL)
    with pytest.raises(CommandFailedError, match="Nope"):
        cluster.upgrade("--reset-then-reuse-values", "--set", "queryNode.replicas=2,service.type=Nope")


def _fail_install(cluster: Cluster) -> None:
    with pytest.raises(CommandFailedError, match="Nope"):
        cluster.install(SMALL, "--set", "service.type=Nope")


_NOWHERE = "queryNode.nodeSelector.no=where"  # no node has this label: helm waits until it is killed


def _lock_upgrade(cluster: Cluster) -> None:
    cluster.install(SMALL)
    words = ("upgrade", NAME, cluster.chart(NEW_CHART), "--reset-then-reuse-values", "--wait", "--set", _NOWHERE)
    cluster.kill(*words, status="pending-upgrade")


def _lock_install(cluster: Cluster) -> None:
    words = ("install", NAME, cluster.chart(NEW_CHART), SMALL, "--wait", "--set", _NOWHERE)
    cluster.kill(*words, status="pending-install")


def _lock_rollback(cluster: Cluster) -> None:
    cluster.install(SMALL, "--set", _NOWHERE)
    cluster.upgrade("--reset-values", SMALL)
    cluster.kill("rollback", NAME, "1", "--wait", status="pending-rollback")


def _half_uninstall(cluster: Cluster) -> None:
    cluster.install(SMALL)
    patch = ("patch", "deployment", QUERY_NODE, "--type=merge")
    cluster.kubectl(*patch, '--patch={"metadata":{"finalizers":["test.milvus/hold"]}}')
    cluster.kill("uninstall", NAME, "--wait", status="uninstalling")
    cluster.kubectl(*patch, '--patch={"metadata":{"finalizers":null}}')


def _uninstall(cluster: Cluster) -> None:
    cluster.install("--set=pulsarv3.enabled=false")
    cluster.helm("uninstall", NAME, "--keep-history")


def _supersede_all(cluster: Cluster) -> None:
    cluster.install(SMALL)
    cluster.upgrade("--reset-then-reuse-values", "--set", "queryNode.replicas=2")
    cluster.kubectl("delete", "secret", f"sh.helm.release.v1.{NAME}.v2")


def _pollute(cluster: Cluster) -> None:
    cluster.install(SMALL, "--set", "queryNode.replicas=2", version="5.0.17")
    cluster.upgrade("--reuse-values", "--set", "dataNode.replicas=2")


def _autoscale(cluster: Cluster) -> None:
    hpa = "queryNode.hpa.enabled=true,queryNode.hpa.minReplicas=2,queryNode.hpa.maxReplicas=6"
    cluster.install(SMALL, "--set", f"queryNode.replicas=-1,{hpa}")


def _scale_behind(cluster: Cluster) -> None:
    cluster.install(SMALL)
    cluster.kubectl("scale", "deployment", QUERY_NODE, "--replicas=3")


def _operate(cluster: Cluster) -> None:
    labels = {
        "app.kubernetes.io/name": "milvus",
        "app.kubernetes.io/instance": NAME,
        "app.kubernetes.io/component": "querynode",
        "app.kubernetes.io/managed-by": "milvus-operator",
    }
    pod = {"containers": [{"name": "querynode", "image": "milvusdb/milvus:v2.6.15"}]}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    meta = {"name": QUERY_NODE, "labels": labels}
    cluster.lab.apply(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}, namespace=cluster.namespace
    )


def _ten_revisions(cluster: Cluster) -> None:
    cluster.install(SMALL)
    for count in range(2, 11):
        cluster.upgrade("--reset-then-reuse-values", "--set", f"queryNode.replicas={count % 3 + 1}")


def _long_history(cluster: Cluster) -> None:
    """Put more revisions than fit on a page before the one that counts: failed ones, which hide nothing."""
    cluster.install(SMALL)
    (record,) = cluster.records(f"name={NAME}")
    body = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(record["data"]["release"]))))
    failed = [_fail_record(body, revision) for revision in range(2, 603)]
    words = ("create", "--namespace", cluster.namespace, "--filename", "-")
    cluster.lab.kubectl(*words, stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": failed}))


def _fail_record(body: dict[str, t.Any], revision: int) -> dict[str, t.Any]:
    info, chart = {**body["info"], "status": "failed"}, {"metadata": body["chart"]["metadata"]}
    small = {"name": NAME, "namespace": body["namespace"], "version": revision, "info": info, "chart": chart}
    payload = base64.b64encode(gzip.compress(json.dumps(small).encode()))
    labels = {"owner": "helm", "name": NAME, "status": "failed", "version": str(revision)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {"name": f"sh.helm.release.v1.{NAME}.v{revision}", "labels": labels},
        "stringData": {"release": payload.decode()},
    }


def _in_config_map(cluster: Cluster) -> None:
    helm = cluster.lab.program(HELMS[cluster.which])
    words = ("install", NAME, cluster.chart(NEW_CHART), SMALL, "--namespace", cluster.namespace)
    cluster.lab.run("env", "HELM_DRIVER=configmap", helm, *words)


def _two_releases(cluster: Cluster) -> None:
    cluster.install(SMALL)
    cluster.install(SMALL, "--set", "queryNode.replicas=2", name="milvus-b")


_NEW_WORKERS = ["query_node", "data_node", "streaming_node", "proxy"]
_OLD_WORKERS = ["query_node", "data_node", "index_node", "proxy"]
_RUNS = {"exists": True, "managed_by": "helm", "release.status": "deployed", "lock.locked": False, "drift": []}
_NOT_THERE = {"exists": False, "mode": "none", "components": [], "scalable": [], "drift": []}
_OLDER = "what is reported runs by revision 1"

SCENARIOS = (
    Scenario(
        "absent",
        lambda _cluster: None,
        {**_NOT_THERE, "managed_by": "", "release.status": "absent", "release.revision": None, "volumes": []},
        helms=("helm4",),
    ),
    Scenario(
        "new-chart",
        lambda cluster: cluster.install(),
        {
            **_RUNS,
            "mode": "cluster",
            "release.revision": 1,
            "release.chart_version": NEW_CHART,
            "release.app_version": "2.6.15",
            "scalable[].type": _NEW_WORKERS,
            "scalable[].count": [1, 1, 1, 1],
            "components[].type": [*_NEW_WORKERS, "mix_coordinator"],
            "components[].restarts": [0, 0, 0, 0, 0],
            "dependencies[].product": ["etcd", "minio", "pulsar"],
            "capabilities.autoscaling": ["query_node", "data_node", "proxy"],
            "capabilities.resource_groups": True,
            "capabilities.missing": {
                "index_node": "Index nodes are merged into data nodes since Milvus 2.6: scale data_node."
            },
            "endpoints[].host": [f"{NAME}-milvus.{{namespace}}.svc"] * 2,
            "endpoints[].port": [19530, 9091],
        },
    ),
    Scenario(
        "old-chart",
        lambda cluster: cluster.install(SMALL, version=OLD_CHART),
        {
            **_RUNS,
            "mode": "cluster",
            "release.chart_version": OLD_CHART,
            "scalable[].type": _OLD_WORKERS,
            "components[].type": [
                *_OLD_WORKERS,
                "root_coordinator",
                "query_coordinator",
                "data_coordinator",
                "index_coordinator",
            ],
            "capabilities.autoscaling": [],
            "capabilities.resource_groups": False,
            "capabilities.missing": {"streaming_node": "Streaming nodes come with Milvus 2.6, chart 5.0."},
        },
    ),
    Scenario(
        "name-override",
        lambda cluster: cluster.install(SMALL, "--set", "nameOverride=vec"),
        {**_RUNS, "components[0].workload": f"{NAME}-vec-querynode", "scalable[].type": _NEW_WORKERS},
        helms=("helm3",),
    ),
    Scenario(
        "fullname-override",
        lambda cluster: cluster.install(SMALL, "--set", "fullnameOverride=foo"),
        {**_RUNS, "components[0].workload": "foo-querynode", "endpoints[0].service": "foo"},
        helms=("helm4",),
    ),
    Scenario(
        "two-releases",
        _two_releases,
        {**_RUNS, "scalable[].count": [1, 1, 1, 1], "components[0].workload": QUERY_NODE},
        helms=("helm4",),
    ),
    Scenario(
        "resource-groups",
        lambda cluster: cluster.install(SMALL, "--set", "replicaResourceGroups={rg1,rg2},queryNode.replicas=2"),
        {
            **_RUNS,
            "scalable[].type": _NEW_WORKERS,
            "scalable[].count": [4, 1, 2, 1],
            "scalable[].groups": [["rg1", "rg2"], [], ["rg1", "rg2"], []],
            "components[].group": ["rg1", "rg2", "", "rg1", "rg2", "", ""],
        },
        helms=("helm3",),
    ),
    Scenario(
        "standalone",
        lambda cluster: cluster.install(SMALL, "--set", "cluster.enabled=false,standalone.persistence.enabled=false"),
        {**_RUNS, "mode": "standalone", "scalable": [], "components[].type": ["standalone"]},
        helms=("helm4",),
    ),
    Scenario(
        "autoscaled",
        _autoscale,
        {
            **_RUNS,
            "components[0].autoscaler": {"name": f"{QUERY_NODE}-hpa", "min_replicas": 2, "max_replicas": 6},
            "scalable[].autoscaled": [True, False, False, False],
        },
    ),
    Scenario(
        "scaled-by-kubectl",
        _scale_behind,
        {
            "components[0].desired": 3,
            "components[0].count_owners[].manager": ["kubectl"],
            "drift[].workload": [QUERY_NODE],
            "drift[].field": ["replicas"],
            "drift[].released": [1],
            "drift[].live": [3],
        },
    ),
    Scenario(
        "failed-upgrade",
        _fail_upgrade,
        {
            "exists": True,
            "release.status": "failed",
            "release.revision": 2,
            "release.running_revision": 1,
            "lock.locked": False,
            "components[0].desired": 2,
            "drift[].released": [1],
            "drift[].live": [2],
        },
        warnings=(_OLDER,),
    ),
    Scenario(
        "failed-install",
        _fail_install,
        {"exists": True, "release.status": "failed", "release.running_revision": 1, "mode": "cluster", "endpoints": []},
    ),
    Scenario(
        "pending-install",
        _lock_install,
        {"exists": True, "release.status": "pending-install", "lock.locked": True, "lock.revision": 1},
    ),
    Scenario(
        "pending-upgrade",
        _lock_upgrade,
        {
            "exists": True,
            "release.status": "pending-upgrade",
            "release.running_revision": 1,
            "lock.locked": True,
            "lock.revision": 2,
            "lock.holder": "",
            "lock.stale": False,
        },
        warnings=(_OLDER,),
    ),
    Scenario(
        "pending-rollback",
        _lock_rollback,
        {"release.status": "pending-rollback", "release.running_revision": 2, "lock.locked": True, "lock.revision": 3},
        warnings=("what is reported runs by revision 2",),
    ),
    Scenario(
        "uninstalling",
        _half_uninstall,
        {"exists": True, "release.status": "uninstalling", "lock.locked": True, "lock.status": "uninstalling"},
    ),
    Scenario(
        "uninstalled",
        _uninstall,
        {
            **_NOT_THERE,
            "release.status": "uninstalled",
            "release.revision": 1,
            "release.running_revision": None,
            "lock.locked": False,
            "volumes[].name": [
                *(f"data-{NAME}-etcd-{number}" for number in range(3)),
                *(f"export-{NAME}-minio-{number}" for number in range(4)),
            ],
        },
    ),
    Scenario(
        "superseded",
        _supersede_all,
        {
            "exists": True,
            "release.status": "superseded",
            "release.revision": 1,
            "drift[].released": [1],
            "drift[].live": [2],
        },
    ),
    Scenario(
        "reused-values",
        _pollute,
        {
            **_RUNS,
            "release.reused_defaults": True,
            "release.chart_version": NEW_CHART,
            "components[0].image": "milvusdb/milvus:v2.6.14",
        },
        warnings=("--reuse-values",),
    ),
    Scenario(
        "operator",
        _operate,
        {**_NOT_THERE, "managed_by": "milvus-operator", "release.status": "absent"},
        helms=("helm4",),
        warnings=("milvus-operator manages",),
    ),
    Scenario(
        "ten-revisions",
        _ten_revisions,
        {**_RUNS, "release.revision": 10, "components[0].desired": 2},
        helms=("helm4",),
    ),
    Scenario(
        "long-history",
        _long_history,
        {"release.status": "failed", "release.revision": 602, "release.running_revision": 1, "mode": "cluster"},
        helms=("helm4",),
        warnings=(_OLDER,),
    ),
    Scenario(
        "config-map",
        _in_config_map,
        {**_RUNS, "release.storage": "ConfigMap", "scalable[].type": _NEW_WORKERS},
        helms=("helm3",),
    ),
)
