# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""milvus_verify tells the truth of a real Milvus, also where every pod is ready: what is wrong is found, and named."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import time
import typing as t
from dataclasses import dataclass

import psutil
import pytest
import yaml

import real_lab
from milvus_lab import charts, real_faults
from milvus_lab.client import Client, wait_for
from milvus_rest import Milvus, vectors
from module_runner import Result
from release_states import NAME, OLD_CHART
from verifying import find_evidence, look, make_client

pytestmark = [pytest.mark.real, pytest.mark.soak]

Json = dict[str, t.Any]
Undo = t.Callable[[], object]

NAMESPACE = "verify"
VALUES = charts.CHARTS / "real-milvus.yaml"
SERVICE = f"{NAME}-milvus"
# A session outlives its process by 30 s, Kubernetes gives up a node that is not heard of after 50 s; then all starts.
PATIENCE = 240  # seconds


@dataclass(frozen=True)
class Release:
    """A release of a real Milvus, one worker of each type, with 500 vectors in it."""

    lab: Client

    def look(self, **options: t.Any) -> Result:
        return look(make_client(self.lab.kubeconfig, NAMESPACE), **{"restart_window": 0, **options})

    def wait_until_well(self, *checks: str) -> Result:
        """Wait until all checks pass, or those of *checks*, and searches are right."""
        return wait_for("all to be well", lambda: self._look_for_peace(checks), seconds=PATIENCE)

    def _look_for_peace(self, checks: t.Sequence[str]) -> Result:
        result = self.look(smoke_test=True, checks=list(checks), wait_timeout=0)
        return {} if find_evidence(result) or find_evidence(result, "skipped") else result

    def kubectl(self, *words: str) -> str:
        return self.lab.kubectl(*words, "--namespace", NAMESPACE)

    def pods(self, component: str) -> list[Json]:
        return self.lab.list("pods", namespace=NAMESPACE, selector=f"component={component}")

    def find_pod(self, component: str) -> Json:
        (pod,) = wait_for(f"one {component}", lambda: one if len(one := self.pods(component)) == 1 else [])
        return pod

    def find_process(self, component: str) -> psutil.Process:
        """The process of Milvus in the one pod of a component."""
        processes = real_faults.pod_processes(self.find_pod(component))
        return next(process for process in processes if process.name() == "milvus")

    @property
    def url(self) -> str:
        """Where Milvus' Service is, which this machine reaches."""
        address = self.lab.get("service", SERVICE, namespace=NAMESPACE)["spec"]["clusterIP"]
        return f"http://{address}:19530"


@pytest.fixture(scope="module")
def node_lab() -> t.Iterator[Client]:
    """A lab with one real node and all images."""
    yield from real_lab.provide("verify")


@pytest.fixture(scope="module")
def installed(node_lab: Client) -> t.Iterator[Release]:
    chart = node_lab.charts / f"milvus-{OLD_CHART}.tgz"
    words = ("--namespace", NAMESPACE, "--create-namespace", "--values", VALUES)
    node_lab.helm("helm4", "install", NAME, chart, *words)
    release = Release(node_lab)
    wait_for("all pods", lambda: (counts := node_lab.count_pods(NAMESPACE)).total and counts.settled, seconds=PATIENCE)
    release.wait_until_well()
    Milvus(release.url).fill()
    yield release
    node_lab.helm("helm4", "uninstall", NAME, "--namespace", NAMESPACE)


@pytest.fixture
def release(installed: Release) -> Release:
    """The same, once all is well: each test leaves it so."""
    installed.wait_until_well()
    return installed


def scale(release: Release, component: str, *, count: int) -> None:
    release.kubectl("scale", "deployment", f"{SERVICE}-{component}", f"--replicas={count}")
    wait_for(f"{count} {component}", lambda: len(release.pods(component)) == count)


def scale_proxies_in(release: Release) -> Undo:
    """The proxies that stay wait for those that have gone, whose sessions live on."""
    scale(release, "proxy", count=3)
    release.wait_until_well("pods", "registration")
    scale(release, "proxy", count=1)
    return lambda: None


def kill_query_node(release: Release) -> Undo:
    """The pod is not ready for a moment."""
    release.find_process("querynode").kill()
    return lambda: None


def restart_query_node(release: Release) -> Undo:
    """The pod is ready again, and its session counts beside that of the process that was killed."""
    old = release.find_process("querynode")
    old.kill()
    old.wait(10)
    wait_for("the container again", lambda: all(map(is_ready, release.pods("querynode"))))
    return lambda: None


def is_ready(pod: Json) -> bool:
    statuses = pod["status"].get("containerStatuses") or [{}]
    return all(each.get("ready") and each["restartCount"] for each in statuses)


def give_a_wrong_address(release: Release) -> Undo:
    """The query node says that it is at an address where nobody is; its coordinator takes its word."""
    deployment = f"deployment/{SERVICE}-querynode"
    release.kubectl("set", "env", deployment, "QUERYNODE_IP=127.0.0.9")
    release.kubectl("rollout", "status", deployment, f"--timeout={PATIENCE}s")
    return lambda: release.kubectl("set", "env", deployment, "QUERYNODE_IP-")


def drain_query_node(release: Release) -> Undo:
    """It is to hand over what it has loaded, which hangs."""
    process, pod = release.find_process("querynode"), release.find_pod("querynode")["metadata"]["name"]
    release.kubectl("delete", "pod", pod, "--wait=false", "--grace-period=60")
    process.send_signal(signal.SIGSTOP)
    return lambda: resume(process)


def stop_kubelet(release: Release) -> Undo:
    kubelet = wait_for("the kubelet", lambda: real_faults.find_part(release.lab.layout, "kubelet"))
    assert kubelet is not None
    kubelet.send_signal(signal.SIGSTOP)
    return lambda: kubelet.send_signal(signal.SIGCONT)


def stop_query_coordinator(release: Release) -> Undo:
    """It must be started anew after that: one that goes on when its session is over is ready, and nobody finds it."""
    process = release.find_process("querycoord")
    process.send_signal(signal.SIGSTOP)
    return lambda: end(process)


def end(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


def resume(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):  # its probe may have failed for so long that it was started anew
        process.send_signal(signal.SIGCONT)


def take_endpoints_away(release: Release) -> Undo:
    def select(component: str) -> str:
        patch = json.dumps({"spec": {"selector": {"component": component}}})
        return release.kubectl("patch", "service", SERVICE, "--type=merge", f"--patch={patch}")

    select("nobody")
    return lambda: select("proxy")


def cut_off_from_etcd(release: Release) -> Undo:
    """In the network of the data node's pod, there is no way to etcd any more."""
    etcd = release.lab.get("pod", f"{NAME}-etcd-0", namespace=NAMESPACE)["status"]["podIP"]
    address = release.lab.get("service", f"{NAME}-etcd", namespace=NAMESPACE)["spec"]["clusterIP"]
    # Not its own process, which may end for it and be started anew in the same network.
    processes = real_faults.pod_processes(release.find_pod("datanode"))
    number = next(str(process.pid) for process in processes if process.name() == "pause")

    def route(verb: str) -> None:
        for one in (etcd, address):
            argv = ["nsenter", "--target", number, "--net", "ip", "route", verb, "blackhole", f"{one}/32"]
            subprocess.run(argv, check=True)

    route("add")
    return lambda: route("del")


class Scenario(t.NamedTuple):
    """What is done, and which checks find it, each with these words in its evidence, with these options."""

    do: t.Callable[[Release], Undo]
    found: t.Mapping[str, str]
    options: Json


SMOKE: Json = {"smoke_test": True}
SCENARIOS = {
    "proxies-scaled-in": Scenario(
        scale_proxies_in,
        {"registration": "Milvus lists 3 proxy, 1 expected (milvus_rootcoord_proxy_num", "smoke_test": "no answer to "},
        SMOKE,
    ),
    "query-node-killed": Scenario(
        kill_query_node,
        {"pods": "container querynode was restarted ", "smoke_test": f"pod {SERVICE}-proxy-"},
        {"restart_window": 30, **SMOKE},
    ),
    "query-node-restarted-in-place": Scenario(
        restart_query_node,
        {"registration": "Milvus lists 2 query_node, 1 expected (milvus_querycoord_querynode_num of pod "},
        {},
    ),
    "wrong-address": Scenario(give_a_wrong_address, {"smoke_test": f"pod {SERVICE}-proxy-"}, SMOKE),
    "query-node-draining": Scenario(drain_query_node, {"pods": " is terminating"}, {"checks": ["pods"]}),
    "kubelet-stopped": Scenario(
        stop_kubelet, {"pods": "its node is not ready: node ", "endpoints": "0, proxies: 1"}, {}
    ),
    "query-coordinator-down": Scenario(
        stop_query_coordinator,
        {"components": "query_coordinator", "pods": f"Deployment {SERVICE}-querycoord: ", "smoke_test": "no answer to"},
        SMOKE,
    ),
    "no-endpoints": Scenario(take_endpoints_away, {"endpoints": f"of Service {SERVICE}: 0, proxies: 1"}, {}),
    "cut-off-from-etcd": Scenario(
        cut_off_from_etcd, {"registration": "Milvus lists 0 data_node, 1 expected (milvus_datacoord_datanode_num"}, {}
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_wrong_is_found_and_named(release: Release, name: str) -> None:
    scenario, began = SCENARIOS[name], time.monotonic()
    undo = scenario.do(release)
    seen: dict[str, str] = {}
    try:
        wait_for(f"{dict(scenario.found)}", lambda: search(release, scenario, seen=seen), seconds=PATIENCE)
    finally:
        undo()
    print(f"\n{name}: {seen}, {time.monotonic() - began:.0f} s after it was begun", flush=True)
    release.wait_until_well()


def search(release: Release, scenario: Scenario, *, seen: dict[str, str]) -> bool:
    """Look once more, note what is found, and return whether that is all."""
    evidence = find_evidence(release.look(**{"wait_timeout": 0, **scenario.options}))
    seen.update({name: evidence[name] for name, words in scenario.found.items() if words in evidence.get(name, "")})
    return seen.keys() == scenario.found.keys()


@pytest.mark.parametrize("runs", [200])
def test_no_false_alarm(release: Release, runs: int) -> None:
    for number in range(runs):
        result = release.look(smoke_test=True, checks=[], wait_timeout=30)
        assert find_evidence(result).keys() | find_evidence(result, "skipped").keys() == set(), (number, result)


def test_a_probe_asks_until_the_answer_is_right(release: Release) -> None:
    wanted = {"collection": "points", "vector": vectors()[7], "ids": [7], "id_field": "number"}
    probe: Json = {**wanted, "vector_field": "vector", "database": None}
    result = release.look(checks=["probe"], probe=probe)
    assert "1 expected rows of points found through pod " in find_evidence(result, "passed")["probe"]
    result = release.look(checks=["probe"], probe={**probe, "ids": [8]}, wait_timeout=0)
    assert "a search of points found 7 instead of 8" in find_evidence(result)["probe"]
    result = release.look(checks=["probe"], probe={**probe, "collection": "nothing"}, wait_timeout=0)
    assert "Milvus answered /v1/vector/search with code " in find_evidence(result)["probe"]


def test_what_the_smoke_test_writes_is_gone(release: Release) -> None:
    release.look(checks=["smoke_test"])
    assert Milvus(release.url).list_names() == ["points"]


def test_a_milvus_that_wants_credentials(installed: Release) -> None:
    """The last one: all of Milvus is started anew."""
    settings = yaml.safe_load(VALUES.read_text(encoding="utf-8"))["extraConfigFiles"]["user.yaml"]
    secured = settings.replace("common: {", "common: {security: {authorizationEnabled: true}, ")
    files = json.dumps({"user.yaml": secured})
    chart = installed.lab.charts / f"milvus-{OLD_CHART}.tgz"
    words = ("--namespace", NAMESPACE, "--reset-then-reuse-values", f"--set-json=extraConfigFiles={files}")
    installed.lab.helm("helm4", "upgrade", NAME, chart, *words)
    user = {"milvus_uri": installed.url, "milvus_user": "root"}

    def attempt(outcome: str, **options: t.Any) -> str:
        return find_evidence(installed.look(checks=["smoke_test"], **options), outcome).get("smoke_test", "")

    wait_for("the user is known", lambda: attempt("passed", **user, milvus_password="Milvus"), seconds=PATIENCE)
    (told,) = installed.look(checks=["smoke_test"])["checks"]
    assert told["outcome"] == "skipped"
    assert "Set milvus_uri, and milvus_user and milvus_password" in told["reason"]
    assert "with code " in attempt("failed", **user, milvus_password="wrong", wait_timeout=0)
