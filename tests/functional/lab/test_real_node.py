# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real node runs pods as any Kubernetes does, and leaves nothing behind on its machine."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import typing as t
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from milvus_lab import labs, oci, processes, real_faults, real_parts, toolchain
from milvus_lab.client import Client, CommandFailedError, Object, wait_for
from real_traces import find_traces, read_settings

LACK = real_parts.real_node_lack()
pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(LACK), reason=LACK)]

IMAGE = "lab.invalid/web:1"


def quietly(_text: str) -> None:
    pass


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image with the web server of the tests."""
    path = tmp_path_factory.mktemp("images") / "web.tar"
    web = real_parts.ensure_parts(toolchain.say_plainly) / "web"
    oci.write_archive(path, IMAGE, tree={"/web": oci.File(web, 0o755)}, run=oci.Run(("/web",)))
    return path


@pytest.fixture(scope="module")
def real(archive: Path) -> t.Iterator[Client]:
    """A lab with a real node, and in it a Deployment with two pods, a Service and a claim that both pods share."""
    name = f"real-{os.getpid()}"
    client = Client(labs.up(name, strength="real", archives=[archive], say=toolchain.say_plainly))
    client.apply(CLAIM, SERVICE, deployment("web", replicas=2), namespace="default")
    client.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    yield client
    labs.down(name)


CLAIM: Object = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}},
}
SERVICE: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
}


def deployment(name: str, *, replicas: int) -> Object:
    container = {
        "name": "web",
        "image": IMAGE,
        "readinessProbe": {"httpGet": {"path": "/name", "port": 8080}, "periodSeconds": 1},
        "resources": {"limits": {"memory": "64Mi"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "securityContext": {"runAsUser": 1001},
    }
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], "volumes": [volume]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def ask(host: str, path: str, *, method: str = "GET") -> str:
    request = urllib.request.Request(f"http://{host}{path}", method=method)
    with urllib.request.urlopen(request, timeout=5) as response:
        return str(response.read().decode().strip())


def names_behind(address: str) -> set[str]:
    """Who answers at a Service; nobody does until kube-proxy has heard of its endpoints."""
    try:
        return {ask(address, "/name") for _number in range(10)}
    except OSError:
        return set()


def service_address(client: Client) -> str:
    return str(client.get("service", "web", namespace="default")["spec"]["clusterIP"])


def web_pods(client: Client) -> list[Object]:
    pods = client.list("pods", namespace="default", selector="app=web")
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def assert_service_leads_to_its_pods(client: Client) -> None:
    names, address = {pod["metadata"]["name"] for pod in web_pods(client)}, service_address(client)
    wait_for("the Service leads to all its pods", lambda: names_behind(address) == names)


def test_services_pods_and_names_are_reached_from_this_machine_and_from_pods(real: Client) -> None:
    names = {pod["metadata"]["name"] for pod in web_pods(real)}
    assert {ask(f"{pod['status']['podIP']}:8080", "/name") for pod in web_pods(real)} == names
    assert_service_leads_to_its_pods(real)
    service = service_address(real)
    assert ask(service, "/lookup/web.default.svc.cluster.local") == service
    assert ask(service, "/lookup/web") == service


def test_a_pod_reaches_the_api_server_by_its_service(real: Client) -> None:
    assert (
        ask(service_address(real), "/lookup/kubernetes.default")
        == real.get("service", "kubernetes", namespace="default")["spec"]["clusterIP"]
    )
    endpoints = real.get("endpointslice", "kubernetes", namespace="default")
    assert endpoints["endpoints"][0]["addresses"] == [real.layout.api_address]


def test_logs_and_exec_are_those_of_the_container(real: Client) -> None:
    name = web_pods(real)[0]["metadata"]["name"]
    assert "web listens on port 8080" in real.kubectl("logs", name)
    assert real.kubectl("exec", name, "--", "/web", "hello").strip() == "hello"


def test_a_claim_is_shared_by_pods_and_keeps_its_data(real: Client) -> None:
    first, second = (f"{pod['status']['podIP']}:8080" for pod in web_pods(real))
    ask(first, "/file/data/kept?text=hello", method="PUT")
    assert ask(second, "/file/data/kept") == "hello"
    old = {pod["metadata"]["name"] for pod in web_pods(real)}
    real.kubectl("delete", "pod", "--selector", "app=web", "--grace-period=1")
    real.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    assert old.isdisjoint(pod["metadata"]["name"] for pod in web_pods(real))
    assert ask(f"{web_pods(real)[0]['status']['podIP']}:8080", "/file/data/kept") == "hello"


def test_a_volume_goes_with_its_claim(real: Client) -> None:
    claim: Object = {**CLAIM, "metadata": {"name": "passing"}}
    mount = {"name": "v", "persistentVolumeClaim": {"claimName": "passing"}}
    spec = {
        "restartPolicy": "Never",
        "containers": [{"name": "c", "image": IMAGE, "args": ["/web", "done"]}],
        "volumes": [mount],
    }
    real.apply(
        claim, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "passing"}, "spec": spec}, namespace="default"
    )
    volume = wait_for(
        "the claim is bound", lambda: real.get("pvc", "passing", namespace="default")["spec"].get("volumeName")
    )
    folder = real.layout.folder / "volumes" / volume
    assert folder.is_dir()
    real.kubectl("delete", "pod/passing", "pvc/passing", "--grace-period=1")
    wait_for("the folder is gone", lambda: not folder.exists())


def test_a_container_that_takes_more_than_its_limit_is_killed(real: Client) -> None:
    pod = web_pods(real)[0]
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected, urllib.error.URLError)):
        ask(f"{pod['status']['podIP']}:8080", "/eat", method="POST")

    def last_end() -> Object | None:
        status = real.get("pod", pod["metadata"]["name"], namespace="default")["status"]["containerStatuses"][0]
        ended: Object | None = status["lastState"].get("terminated") or status["state"].get("terminated")
        return ended

    ended = wait_for("the container has ended", last_end)
    assert ended is not None
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)
    real.kubectl("rollout", "status", "deployment/web", "--timeout=60s")


def test_an_image_that_is_not_there_fails_at_once(real: Client) -> None:
    real.kubectl("run", "missing", "--image=lab.invalid/nope:1")

    def message() -> str:
        waiting = [
            each["state"].get("waiting", {})
            for each in real.get("pod", "missing", namespace="default")["status"].get("containerStatuses", ())
        ]
        return "".join(each.get("message", "") for each in waiting)

    assert "no such host" in wait_for("the pull has failed", message, seconds=15)
    real.kubectl("delete", "pod", "missing", "--grace-period=1")


@pytest.mark.parametrize("part", ["kubelet", "containerd"])
def test_a_part_that_is_killed_comes_back_and_pods_live_on(real: Client, part: str) -> None:
    restarts = [pod["status"]["containerStatuses"][0]["restartCount"] for pod in web_pods(real)]
    process = wait_for(f"{part} is there", lambda: real_faults.find_part(real.layout, part))
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    wait_for(f"{part} is back", lambda: real_faults.find_part(real.layout, part))
    assert ask(service_address(real), "/name")
    name = web_pods(real)[0]["metadata"]["name"]

    def runs() -> bool:
        try:
            return real.kubectl("exec", name, "--", "/web", "again").strip() == "again"
        except CommandFailedError:
            return False

    wait_for("commands run in the container", runs)
    assert [pod["status"]["containerStatuses"][0]["restartCount"] for pod in web_pods(real)] == restarts


def test_the_process_of_a_pod_is_found(real: Client) -> None:
    pod = web_pods(real)[0]
    assert [process.name() for process in real_faults.pod_processes(pod)].count("web") == 1


def test_a_second_one_beside_it_and_a_simulated_lab_has_its_own_network_and_leaves_nothing(
    real: Client, lab: Client, archive: Path
) -> None:
    before = read_settings()
    layout = labs.up(f"real-{os.getpid()}-2", strength="real", archives=[archive], say=quietly)
    other = Client(layout)
    try:
        assert layout.network != real.layout.network
        other.apply(CLAIM, SERVICE, deployment("web", replicas=1), namespace="default")
        other.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        assert_service_leads_to_its_pods(other)
        assert_service_leads_to_its_pods(real)
        assert lab.kubectl("get", "nodes", "--no-headers").count(" Ready ") == 6
        assert len(find_traces(layout)) > 10
    finally:
        labs.down(layout.name)
    assert not layout.folder.exists()
    assert find_traces(layout) == []
    assert read_settings() == before


def test_one_whose_first_process_is_killed_says_so_and_is_cleaned_by_the_next_down() -> None:
    layout = labs.up(f"real-{os.getpid()}-3", strength="real", say=quietly)
    first = real_faults.first_process(layout)
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    wait_for("the lab says so", lambda: layout.read_state()["phase"] == "degraded")
    assert "node" in layout.read_state()["detail"]
    assert labs.down(layout.name)
    assert find_traces(layout) == []


def test_one_whose_every_process_is_killed_is_cleaned_by_the_next_up() -> None:
    layout = labs.up(f"real-{os.getpid()}-4", strength="real", say=quietly)
    victims = processes.lab_processes(layout.folder)
    for process in victims:
        with contextlib.suppress(psutil.NoSuchProcess):  # process 1 takes the others with it
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs(victims, timeout=10)
    labs.sweep(quietly)
    assert find_traces(layout) == []
