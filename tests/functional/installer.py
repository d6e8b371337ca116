# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A module that changes a release at work in one namespace, and what kubectl says about it."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from milvus_lab.client import wait_for
from module_runner import Result, Started
from release_states import NAME, QUERY_NODE, Cluster
from watched_helm import WatchedHelm

Json = dict[str, t.Any]

# Milvus with as few pods as a cluster can have, and volumes to keep; and without volumes.
FEW = {
    "pulsar": {"enabled": False},
    "pulsarv3": {"enabled": False},
    "etcd": {"replicaCount": 1},
    "minio": {"mode": "standalone"},
}
BARE = {
    **FEW,
    "etcd": {"replicaCount": 1, "persistence": {"enabled": False}},
    "minio": {"mode": "standalone", "persistence": {"enabled": False}},
}
# BARE as an operator would say it.
BY_HAND = (
    "--set=pulsarv3.enabled=false,pulsar.enabled=false,etcd.replicaCount=1,etcd.persistence.enabled=false,"
    "minio.mode=standalone,minio.persistence.enabled=false"
)
_KINDS = (
    "deployments,statefulsets,jobs,pods,services,configmaps,secrets,persistentvolumeclaims,horizontalpodautoscalers"
)


@dataclass(frozen=True)
class Installer:
    """Runs the module with one helm, on the chart repository of the lab."""

    cluster: Cluster
    helm: WatchedHelm
    module: str = "milvus_install"

    def run(self, **options: t.Any) -> Result:
        """Run the module, which must not fail."""
        result = self.attempt(**options)
        assert "failed" not in result, result["msg"]
        return result

    def fail(self, kind: str, **options: t.Any) -> str:
        """Run the module, which must fail with an error of that *kind*, and return what it says."""
        result = self.attempt(**options)
        assert result.get("failed"), result
        assert result["error"]["kind"] == kind, result["msg"]
        return str(result["msg"])

    def attempt(self, *, environ: t.Mapping[str, str] | None = None, **options: t.Any) -> Result:
        """Run the module."""
        return self.start(environ=environ, **options).finish()

    def start(self, *, check: bool = False, environ: t.Mapping[str, str] | None = None, **options: t.Any) -> Started:
        """Let the module begin."""
        given = {
            "kubeconfig": str(self.cluster.lab.kubeconfig),
            "helm_binary": str(self.helm.binary),
            "chart_repo_url": self.cluster.lab.chart_repo_url,
            "stable_seconds": 0,
            "wait_timeout": 60,
            **({"_ansible_check_mode": True, "_ansible_diff": True} if check else {}),
            **options,
        }
        return Started(self.module, self.cluster.namespace, environ=environ, **given)

    def keep(self, **options: t.Any) -> Result:
        """Run the module, which must find nothing to do, and start no helm for that."""
        before = self.look(), self.helm.count
        result = self.run(**options)
        assert (result["changed"], result["plan"]["actions"]) == (False, []), result["plan"]
        assert (self.look(), self.helm.count) == before
        return result

    def dance(self, **options: t.Any) -> Result:
        """Check, do, check, do: what is foretold comes about, once. Returns the result of doing it."""
        before = self.look()
        foretold = self.run(check=True, **options)
        assert foretold["changed"]
        assert foretold["diff"]["before"] != foretold["diff"]["after"]
        assert self.look() == before
        done = self.run(**options)
        assert done["changed"]
        assert done["plan"] == foretold["plan"]
        after = self.look(), self.helm.count
        again = self.run(check=True, **options)
        assert again["diff"]["before"] == again["diff"]["after"]
        more = self.run(**options)
        assert not again["changed"]
        assert not more["changed"]
        assert (self.look(), self.helm.count) == after
        return done

    def look(self) -> dict[str, tuple[str, str]]:
        """What there is in the namespace once it is at rest: kind and name → uid and version."""
        items = wait_for("a cluster at rest", self._read_at_rest)
        return {f"{item['kind']}/{item['metadata']['name']}": _identify(item) for item in items}

    def _read_at_rest(self) -> list[Json]:
        items = self.read(_KINDS)  # never empty: each namespace has a ConfigMap of its own
        return items if all(map(_is_at_rest, items)) else []

    def read(self, kinds: str) -> list[Json]:
        """The objects of some kinds, by kubectl."""
        return self.cluster.lab.list(kinds, namespace=self.cluster.namespace)

    def find_uids(self, kind: str, prefix: str = "") -> dict[str, str]:
        """The uids of the objects of a kind whose names begin so."""
        metadata = (item["metadata"] for item in self.read(kind))
        return {entry["name"]: entry["uid"] for entry in metadata if entry["name"].startswith(prefix)}

    def find_count_owners(self, deployment: str = QUERY_NODE) -> set[str]:
        """The field managers that own the count of a Deployment."""
        words = ("get", "deployment", deployment, "--show-managed-fields", "--output=json")
        entries = json.loads(self.cluster.kubectl(*words))["metadata"]["managedFields"]
        return {each["manager"] for each in entries if "f:replicas" in each["fieldsV1"].get("f:spec", {})}

    @property
    def values(self) -> Json:
        """The user's values, by helm."""
        return t.cast(Json, json.loads(self.cluster.helm("get", "values", NAME, "--output=json")) or {})

    @property
    def record(self) -> Json:
        """The newest revision, by helm."""
        revisions = json.loads(self.cluster.helm("history", NAME, "--output=json"))
        return t.cast(Json, revisions[-1])

    @property
    def query_nodes(self) -> int:
        """How many query nodes there shall be, by kubectl."""
        return int(self.cluster.lab.get("deployment", QUERY_NODE, namespace=self.cluster.namespace)["spec"]["replicas"])

    def check_all_ready(self) -> None:
        """Assert that kubectl sees each pod that shall be there as ready, and no other."""
        items = self.read("deployments,statefulsets,pods")
        wanted = sum(item["spec"]["replicas"] for item in items if item["kind"] != "Pod")
        pods = [item for item in items if item["kind"] == "Pod"]
        ready = [pod for pod in pods if all(container["ready"] for container in pod["status"]["containerStatuses"])]
        assert wanted == len(pods) == len(ready) > 0
        assert self.record["status"] == "deployed"


def _identify(item: Json) -> tuple[str, str]:
    """The uid and the version of an object; the controller of autoscalers writes their status at any time."""
    metadata = item["metadata"]
    is_restless = item["kind"] == "HorizontalPodAutoscaler"
    return metadata["uid"], json.dumps(item["spec"]) if is_restless else metadata["resourceVersion"]


def _is_at_rest(item: Json) -> bool:
    """Whether the controllers are done with an object."""
    metadata, status = item["metadata"], item.get("status", {})
    if item["kind"] == "Pod":
        containers = status.get("containerStatuses")
        done = (bool(containers) and all(each["ready"] for each in containers)) or status["phase"] == "Succeeded"
        return done and "deletionTimestamp" not in metadata
    if item["kind"] in ("Deployment", "StatefulSet"):
        counts = {status.get(f"{kind}eplicas", 0) for kind in ("r", "readyR", "updatedR", "availableR")}
        seen = status.get("observedGeneration") == metadata["generation"] and not status.get("terminatingReplicas")
        return seen and counts == {item["spec"]["replicas"]}
    return True
