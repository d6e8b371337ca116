# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""milvus_verify tells a release that is well from one that is not, in each state that a check is for."""

from __future__ import annotations

import contextlib
import json
import typing as t
from dataclasses import dataclass

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import VERIFY
from ansible_collections.milvus.cluster.plugins.module_utils._kube import KubeClient
from image_mirror import MIRROR, PODS, mirrored
from milvus_lab.client import Client, wait_for
from module_runner import Result, run_module
from release_states import NAME, NEW_CHART, OLD_CHART, SCENARIOS, Cluster
from verifying import look, make_client

Json = dict[str, t.Any]

# Few pods, and volumes.
FEW = "--set=pulsarv3.enabled=false,pulsar.enabled=false,etcd.replicaCount=1,minio.mode=standalone"
SIMULATED = "is simulated and has no network"
UNKNOWABLE = {"registration", "health", "settled"}
ON_DEMAND = {"smoke_test", "probe", "resource_groups"}
NODE, DATA, PROXY = (f"{NAME}-milvus-{part}" for part in ("querynode", "datanode", "proxy"))


@dataclass(frozen=True)
class Verified:
    """A release, and what the module says of it."""

    cluster: Cluster

    def attempt(self, **options: t.Any) -> Result:
        """Run the module."""
        kubeconfig = str(self.cluster.lab.kubeconfig)
        return run_module("milvus_verify", self.cluster.namespace, kubeconfig=kubeconfig, **options)

    @property
    def client(self) -> KubeClient:
        return make_client(self.cluster.lab.kubeconfig, self.cluster.namespace)

    def look(self, client: KubeClient | None = None, **options: t.Any) -> Result:
        """Do the module's work in this process, which takes a tenth of the time."""
        return look(client or self.client, **options)

    def wait_until(self, failed: t.Collection[str], **options: t.Any) -> Result:
        """Look until just these checks fail, and return the result."""
        return wait_for(f"{set(failed)} to fail", lambda: self._look(set(failed), options))

    def _look(self, failed: set[str], options: Json) -> Result:
        result = self.look(**options)
        return result if {one["name"] for one in result["checks"] if one["outcome"] == "failed"} == failed else {}

    def find_pod(self, component: str) -> str:
        """The one pod of a component, once the others have ended."""
        selector = f"app.kubernetes.io/instance={NAME},component={component}"
        (name,) = wait_for("one pod", lambda: self._find_pods(selector))
        return name

    def _find_pods(self, selector: str) -> list[str]:
        pods = self.cluster.lab.list("pod", namespace=self.cluster.namespace, selector=selector)
        return [str(pod["metadata"]["name"]) for pod in pods] if len(pods) == 1 else []


def install(lab: Client, namespace: str, *, which: str, version: str) -> Verified:
    lab.kubectl("create", "namespace", namespace)
    verified = Verified(Cluster(lab, namespace, which))
    verified.cluster.install(FEW, version=version)
    return verified


@pytest.fixture(scope="module")
def new(lab: Client) -> t.Iterator[Verified]:
    """A release that the tests of this file share: each leaves it as it was."""
    yield install(lab, "verify-new", which="helm4", version=NEW_CHART)
    lab.kubectl("delete", "namespace", "verify-new", "--wait=false")


@pytest.fixture(scope="module")
def old(lab: Client) -> t.Iterator[Verified]:
    yield install(lab, "verify-old", which="helm3", version=OLD_CHART)
    lab.kubectl("delete", "namespace", "verify-old", "--wait=false")


def outcomes(result: Result) -> dict[str, str]:
    return {one["name"]: one["outcome"] for one in result["checks"]}


def evidence(result: Result, name: str) -> str:
    return next(str(one["evidence"]) for one in result["checks"] if one["name"] == name)


@pytest.mark.parametrize(("which", "pods"), [("new", 7), ("old", 10)])
def test_a_release_that_is_well(which: str, pods: int, request: pytest.FixtureRequest) -> None:
    verified: Verified = request.getfixturevalue(which)
    verified.wait_until(())
    result = verified.attempt()
    found = outcomes(result)
    assert {name for name, outcome in found.items() if outcome == "skipped"} == UNKNOWABLE
    assert list(found) == [name for name in VERIFY["checks"]["choices"] if name not in ON_DEMAND]
    assert f"{pods} pods of {pods} workloads are ready" in evidence(result, "pods")
    assert evidence(result, "volumes") == "all 2 claims are bound"
    reasons = {one["name"]: one["reason"] for one in result["checks"]}
    assert all(SIMULATED in reasons[name] for name in UNKNOWABLE)
    assert (result["changed"], result["error"], result["warnings"]) == (False, None, [])
    assert sum(row["pods"] for row in result["placement"]) == sum(row["ready"] for row in result["placement"]) == pods
    nodes = [node["metadata"] for node in json.loads(verified.cluster.kubectl("get", "nodes", "-o=json"))["items"]]
    zones = {node["name"]: node["labels"]["topology.kubernetes.io/zone"] for node in nodes}
    assert all(row["zone"] == zones[row["node"]] for row in result["placement"])
    assert {one["outcome"] for one in result["registration"]} == {"not_checked"}
    assert max(map(len, result["summary"])) <= 600
    assert verified.attempt(_ansible_check_mode=True)["checks"][:9] == result["checks"][:9]


@dataclass(frozen=True)
class State:
    """What is done to the release by kubectl, what undoes it, and which checks fail meanwhile, with which words.

    ``{pod}`` is the name of the one pod of a *component*.
    """

    name: str
    do: tuple[str, ...]
    undo: tuple[str, ...]
    failed: dict[str, str]
    component: str = "querynode"


def fault(name: str) -> tuple[str, ...]:
    return ("annotate", "pod", "{pod}", f"sim.milvus.cluster/fault={name}")


END_POD = ("delete", "pod", "{pod}")
STATES = (
    State(
        "drift",
        ("scale", "deployment", NODE, "--replicas=2"),
        ("scale", "deployment", NODE, "--replicas=1"),
        {"counts": f"Deployment {NODE} has 2 pods, set by kubectl, the release 1"},
    ),
    State("crash-loop", fault("crash-loop"), END_POD, {"pods": "the container exits again and again"}),
    State(
        "never-ready",
        fault("never-ready"),
        END_POD,
        {
            "pods": "the container runs and does not become ready",
            "endpoints": f"ready endpoints of Service {NAME}-milvus: 0, proxies: 1",
        },
        component="proxy",
    ),
    State(
        "image",
        ("set", "image", f"deployment/{DATA}", "datanode=milvusdb/milvus:v2.6.1"),
        ("set", "image", f"deployment/{DATA}", "datanode=milvusdb/milvus:v2.6.15"),
        {"images": f"Deployment {DATA} has image milvusdb/milvus:v2.6.1, the release milvusdb/milvus:v2.6.15"},
    ),
    State(
        "autoscaler",
        ("autoscale", "deployment", PROXY, "--min=1", "--max=3"),
        ("delete", "hpa", PROXY),
        {"autoscalers": f"{PROXY} and the release, with 1, both set the count of {PROXY}"},
    ),
    State(
        "budget",
        ("create", "pdb", "tight", "--min-available=1", "--selector=component=proxy"),
        ("delete", "pdb", "tight"),
        {"disruption_budgets": "tight wants 1 of 1 pods to stay"},
    ),
)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_release_that_is_not_well(state: State, new: Verified) -> None:
    new.wait_until(())
    pod = new.find_pod(state.component)
    with undone(new, *(word.format(pod=pod) for word in state.undo)):
        new.cluster.kubectl(*(word.format(pod=pod) for word in state.do))
        result = new.wait_until(state.failed)
        for name, words in state.failed.items():
            assert words in evidence(result, name)
            assert f"{name}: " in result["msg"]
        assert set(result["error"]["failed_checks"]) == set(state.failed)


@contextlib.contextmanager
def undone(verified: Verified, *words: str) -> t.Iterator[None]:
    """Undo at the end what a test does."""
    try:
        yield
    finally:
        verified.cluster.kubectl(*words)


def test_images_whose_names_the_cluster_rewrites(new: Verified) -> None:
    new.wait_until(())
    words = f"the cluster has rewritten the image's name for 1 of 7 pods, as to {MIRROR}milvusdb/milvus:v2.6.15"
    with mirrored(new.cluster.lab, new.cluster.namespace, what=PODS):
        new.cluster.kubectl("delete", "pod", new.find_pod("querynode"))
        wait_for("a pod by another name", lambda: words in evidence(new.wait_until(()), "images"))
    new.cluster.kubectl("delete", "pod", new.find_pod("querynode"))


def test_a_deployment_that_is_missing(new: Verified) -> None:
    words = ("get", "deployment", NODE, "--output=json")
    item = json.loads(new.cluster.kubectl(*words))
    labels = {"labels": item["metadata"]["labels"], "annotations": item["metadata"].get("annotations", {})}
    kept = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": NODE, **labels}, "spec": item["spec"]}
    new.cluster.kubectl("delete", "deployment", NODE)
    result = new.wait_until({"components"})
    assert evidence(result, "components") == f"Deployment {NODE} does not exist"
    new.cluster.lab.apply(kept, namespace=new.cluster.namespace)
    new.wait_until(())


def test_a_claim_that_is_not_bound(new: Verified) -> None:
    name = f"data-{NAME}-etcd-1"
    labels = {"app.kubernetes.io/instance": NAME}
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "no"}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "labels": labels}}
    new.cluster.lab.apply({**claim, "spec": wanted}, namespace=new.cluster.namespace)
    with undone(new, "delete", "pvc", name):
        assert evidence(new.wait_until({"volumes"}), "volumes") == f"PersistentVolumeClaim {name} is Pending"


def test_a_check_that_must_not_be_skipped(new: Verified) -> None:
    new.wait_until(())
    result = new.attempt(checks=["release"], required_checks=["health"])
    assert outcomes(result) == {"release": "passed", "health": "skipped"}
    assert result["error"]["failed_checks"] == ["health"]
    assert "health is required, and could not be checked: " in result["msg"]
    assert SIMULATED in result["msg"]


def test_counts_of_the_task(new: Verified) -> None:
    new.wait_until(())
    result = new.attempt(replicas={"queryNode": "2", "proxy": ""}, checks=["counts", "release"])
    assert (result["error"]["kind"], result["error"]["failed_checks"]) == ("VerificationError", ["counts"])
    assert result["msg"].startswith(
        f"Verifying release verify-new/{NAME} failed: counts: query_node has 1 pods, set by"
    )


def test_options_that_make_no_sense(new: Verified) -> None:
    assert "there is no worker type of that name" in new.attempt(replicas={"nodes": 2})["msg"]
    assert "wait_timeout failed: it is less than 0" in new.attempt(wait_timeout=-1)["msg"]


def test_data_cannot_be_asked_for_on_a_simulated_node(new: Verified) -> None:
    new.wait_until(())
    result = new.attempt(checks=["release"], smoke_test=True)
    assert outcomes(result) == {"release": "passed", "smoke_test": "skipped"}
    assert SIMULATED in result["checks"][1]["reason"]
    foretold = new.attempt(checks=["smoke_test"], _ansible_check_mode=True)
    assert foretold["checks"][0]["reason"] == "it would write into Milvus, which check mode does not do"
    secret = "t0k3n-of-somebody"
    uri = {"milvus_uri": "http://127.0.0.1:1", "milvus_token": secret}
    failed = new.attempt(checks=["smoke_test"], wait_timeout=0, **uri)
    assert failed["error"]["failed_checks"] == ["smoke_test"]
    assert "smoke_test: http://127.0.0.1:1: " in failed["msg"]
    assert secret not in json.dumps(failed)


# As few as the checks need: the record (2), Deployments by two labels and StatefulSets by one, autoscalers.
BASIS = 6


@pytest.mark.parametrize(
    ("checks", "requests"),
    [
        (["release", "components", "counts", "autoscalers"], BASIS),
        (["images"], BASIS + 2),
        (["pods", "images"], BASIS + 3),
        (["volumes"], BASIS + 3),
        (["endpoints"], BASIS + 2),
        (["disruption_budgets"], BASIS + 3),
        (["registration"], BASIS + 2),
        (["health"], BASIS + 2 + 5),
        (["settled"], BASIS + 2 + 1),
        (["resource_groups"], BASIS + 2 + 1),
        (["smoke_test"], BASIS + 2 + 1),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else str(value),
)
def test_how_much_is_read(checks: list[str], requests: int, new: Verified) -> None:
    new.wait_until(())
    client = new.client
    new.look(client, checks=checks)
    assert client.requests == requests


def test_a_release_in_the_middle_of_an_upgrade(lab: Client, namespace: str) -> None:
    scenario = next(one for one in SCENARIOS if one.name == "pending-upgrade")
    cluster = Cluster(lab, namespace, "helm4")
    scenario.build(cluster)
    result = Verified(cluster).attempt(checks=["release", "components"])
    assert "revision 2 is pending-upgrade for " in evidence(result, "release")
    assert "by another client of Helm" in result["msg"]
    assert outcomes(result) == {"release": "failed", "components": "passed"}


def test_no_release(lab: Client, namespace: str) -> None:
    nothing = Verified(Cluster(lab, namespace, "helm4"))
    result = nothing.attempt()
    assert result["msg"].startswith(f"Verifying release {namespace}/{NAME} failed: there is no release")
    assert (set(outcomes(result).values()), result["release"]["status"]) == ({"skipped"}, "absent")
    foretold = nothing.attempt(_ansible_check_mode=True, required_checks=["health"])
    assert not foretold.get("failed")
    assert set(outcomes(foretold).values()) == {"skipped"}
    assert all("outside of check mode that is a failure" in one["reason"] for one in foretold["checks"])
    assert foretold.keys() == result.keys() - {"failed", "msg"}
