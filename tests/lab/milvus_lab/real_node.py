# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``real`` strength of the lab: one node that runs pods, in namespaces of this machine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import psutil
import yaml

from . import cgroups, images, node_init, real_configs, real_network, real_parts, volumes
from .api import Api, Object
from .control_plane import Component, Identities, Terms
from .errors import LabError
from .layout import Layout, private_folder
from .paths import LAB_SOURCE
from .toolchain import Say

FIRST = "node"  # the component whose end is the node's
_START_SECONDS = 30
_NAMESPACES = ("mount", "net", "pid", "uts", "ipc")


def ensure_parts(say: Say) -> Path:
    """Build what a real node needs, and return the folder with its programs."""
    folder = real_parts.ensure_parts(say)
    images.ensure_images(("pause",), say)
    return folder


def sweep(folder: Path) -> None:
    """Remove what the real node of the lab in ``folder`` had outside of it, once its processes have ended."""
    real_network.remove(folder)
    cgroups.remove(cgroup_name(folder))


def load_images(layout: Layout, archives: t.Iterable[Path]) -> None:
    """Put images into the node's store. Raises ``LabError`` where containerd refuses one."""
    pid = first_process(layout)
    for archive in archives:
        _load_image(layout, archive, pid=pid)


def first_process(layout: Layout) -> int:
    """The process id of the node's process 1. Raises ``LabError`` where it has ended."""
    components: dict[str, int] = layout.read_state()["components"]
    found = _find_first_process(components[FIRST]) if FIRST in components else 0
    if not found:
        raise LabError(f'the real node of "{layout.name}" has ended: bring the lab down, and up again')
    return found


class RealNode:
    """One real node, as :class:`.nodes.Nodes` asks."""

    title = "a real node"
    count = 1

    def __init__(self, layout: Layout) -> None:
        if layout.node_programs is None:
            raise LabError(f'"{layout.name}" has no programs for a real node; bring it down, and up again')
        self._layout, self._programs = layout, layout.node_programs
        self._folder = layout.folder / "node"
        self._network = network = real_network.Network(layout.network)
        self._pid = 0
        self.terms = Terms(
            service_range=network.services,
            api_hosts=("localhost", network.host, network.api_service, "kubernetes", "kubernetes.default.svc"),
            kubelet_user=f"system:node:{node_init.NODE}",
            kubelet_groups=("system:nodes",),
            kubelet_hosts=(network.node, node_init.NODE),
            api_flags={"authorization-mode": "Node,RBAC", "enable-admission-plugins": "NodeRestriction"},
            controller_flags={"node-monitor-grace-period": "20s"},
        )

    def prepare(self, start: t.Callable[[Component], int]) -> None:
        """Make the namespaces, connect them, and start containerd."""
        layout, network = self._layout, self._network
        private_folder(self._folder)
        private_folder(layout.logs / "pods")
        (self._folder / "resolv.conf").write_text(f"nameserver {network.node}\n")
        cgroups.create(cgroup_name(layout.folder))
        new = [f"--{namespace}" for namespace in _NAMESPACES]
        argv = ("unshare", *new, "--fork", "--kill-child", "--propagation", "private", "--mount-proc", sys.executable)
        environment = {"PYTHONPATH": str(LAB_SOURCE)}
        pid = start(Component(FIRST, (*argv, "-m", "milvus_lab.node_init", str(layout.folder)), environment))
        self._pid = _within_start("the node has its first process", lambda: _find_first_process(pid))
        real_network.connect(layout.folder, network, pid=self._pid)
        ready = self._folder / node_init.READY
        _within_start("the node is laid out", ready.exists)
        pause = images.ensure_images(("pause",), lambda _text: None)[0]
        config = self._folder / "containerd.toml"
        config.write_text(real_configs.containerd(self._programs, self._folder, pause=pause.image.reference))
        private_folder(self._folder / "cni")
        (self._folder / "cni/lab.conflist").write_text(json.dumps(real_configs.pod_network(network)))
        start(self._inside("containerd", "--config", str(config)))

    def objects(self) -> list[Object]:
        return [volumes.storage_class(), *real_configs.dns_service(self._network)]

    def components(self, identities: Identities) -> t.Iterator[Component]:
        """The rest of the node, once containerd has the image of sandboxes."""
        layout, network = self._layout, self._network
        pause = images.ensure_images(("pause",), lambda _text: None)[0]
        _within_start("containerd serves", self._containerd_serves)
        _load_image(layout, pause.path, pid=self._pid)
        (self._folder / "kubeconfig").write_text(real_configs.client_kubeconfig(identities, server=layout.api_url))
        kubelet = real_configs.kubelet(identities, self._folder, network=network, cgroup=cgroup_name(layout.folder))
        proxy = real_configs.kube_proxy(layout.kubeconfig, network, node=node_init.NODE)
        (self._folder / "kubelet.yaml").write_text(yaml.safe_dump(kubelet))
        (self._folder / "kube-proxy.yaml").write_text(yaml.safe_dump(proxy))
        (self._folder / "Corefile").write_text(real_configs.coredns(layout.kubeconfig, network))
        yield self._inside(
            "kubelet",
            f"--config={self._folder / 'kubelet.yaml'}",
            f"--kubeconfig={self._folder / 'kubeconfig'}",
            f"--hostname-override={node_init.NODE}",
            f"--node-ip={network.node}",
        )
        yield self._inside("kube-proxy", f"--config={self._folder / 'kube-proxy.yaml'}")
        yield self._inside("coredns", "-conf", str(self._folder / "Corefile"))

    def lack(self) -> str:
        with socket.socket() as probe:
            probe.settimeout(1)
            return "" if probe.connect_ex((self._network.node, 53)) == 0 else "CoreDNS does not answer"

    def serve(self, api: Api) -> None:
        volumes.Provisioner(api, self._layout.folder / "volumes").start()

    def _containerd_serves(self) -> bool:
        argv = [*_enter(self._pid), str(self._programs / "ctr"), "--address", real_configs.CONTAINERD_SOCKET, "version"]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0

    def _inside(self, name: str, *words: str) -> Component:
        argv = (*_enter(self._pid), str(self._programs / name), *words)
        path = f"{self._programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return Component(name, argv, {"PATH": path}, restarts=True)


def _enter(pid: int) -> tuple[str, ...]:
    return ("nsenter", "--target", str(pid), *(f"--{namespace}" for namespace in _NAMESPACES), "--")


def _load_image(layout: Layout, archive: Path, *, pid: int) -> None:
    ctr = (str(layout.node_programs / "ctr") if layout.node_programs else "ctr", "--address")
    words = ("--namespace", "k8s.io", "images", "import", "--local=false", str(archive))
    argv = [*_enter(pid), *ctr, real_configs.CONTAINERD_SOCKET, *words]
    result = subprocess.run(argv, capture_output=True, text=True, check=False)
    if result.returncode:
        raise LabError(f"containerd did not take the image {archive}: {result.stderr.strip()}")


def cgroup_name(folder: Path) -> str:
    """The control group of the pods of the lab in ``folder``, in every hierarchy."""
    return f"milvus-lab-{real_network.name_of(folder)}"


def _find_first_process(pid: int) -> int:
    """The process id, as this machine sees it, of process 1 in the namespaces that ``unshare`` with ``pid`` made."""
    try:
        return next((child.pid for child in psutil.Process(pid).children()), 0)
    except psutil.NoSuchProcess:
        return 0


def _within_start(goal: str, look: t.Callable[[], t.Any]) -> t.Any:
    deadline = time.monotonic() + _START_SECONDS
    while not (found := look()):
        if time.monotonic() > deadline:
            raise LabError(f"not within {_START_SECONDS} s: {goal}; read the logs of the lab")
        time.sleep(0.02)
    return found
