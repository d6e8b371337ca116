# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command lines of etcd, kube-apiserver, kube-controller-manager and kube-scheduler."""

from __future__ import annotations

import base64
import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

from .certificates import Authority, KeyPair
from .layout import Layout

# RFC 2544 reserves 198.18.0.0/15 for benchmarks: no network routes it, so an address that leaks ends nowhere.
POD_RANGE = "198.18.0.0/16"
SERVICE_RANGE = "198.19.0.0/16"


@dataclass(frozen=True)
class Component:
    """A process of the lab: its name, which is also its log's, and its command line."""

    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True)
class Identities:
    """The certificates that a lab's components show each other."""

    authority: Authority
    etcd: KeyPair
    api: KeyPair
    admin: KeyPair
    kubelet: KeyPair
    tokens: Path


def issue_identities(folder: Path) -> Identities:
    """Create a certificate authority in ``folder`` and issue all certificates of a lab."""
    authority = Authority(folder)
    return Identities(
        authority=authority,
        etcd=authority.issue("etcd", user="etcd"),
        api=authority.issue("api", user="kube-apiserver"),
        admin=authority.issue("admin", user="lab-admin", groups=("system:masters",)),
        kubelet=authority.issue("kubelet", user="kubelet"),
        tokens=authority.signing_key("tokens"),
    )


def etcd(layout: Layout, identities: Identities) -> Component:
    client, peer = (f"https://127.0.0.1:{layout.ports[name]}" for name in ("etcd", "etcd_peer"))
    pair, ca = identities.etcd, identities.authority.certificate
    flags = {
        "name": "lab",
        "data-dir": layout.folder / "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"lab={peer}",
        "cert-file": pair.certificate,
        "key-file": pair.key,
        "trusted-ca-file": ca,
        "client-cert-auth": "true",
        "peer-cert-file": pair.certificate,
        "peer-key-file": pair.key,
        "peer-trusted-ca-file": ca,
        "peer-client-cert-auth": "true",
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }
    return make_component(layout, "etcd", flags=flags)


def api_server(layout: Layout, identities: Identities) -> Component:
    egress = layout.folder / "egress.yaml"
    egress.write_text(yaml.safe_dump(_egress_selector(layout.egress_socket)))
    ca = identities.authority.certificate
    flags = {
        "bind-address": "127.0.0.1",
        "secure-port": layout.ports["api"],
        "tls-cert-file": identities.api.certificate,
        "tls-private-key-file": identities.api.key,
        "client-ca-file": ca,
        "authorization-mode": "RBAC",
        "etcd-servers": f"https://127.0.0.1:{layout.ports['etcd']}",
        "etcd-cafile": ca,
        "etcd-certfile": identities.api.certificate,
        "etcd-keyfile": identities.api.key,
        "service-cluster-ip-range": SERVICE_RANGE,
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": identities.tokens,
        "service-account-signing-key-file": identities.tokens,
        "kubelet-certificate-authority": ca,
        "kubelet-client-certificate": identities.api.certificate,
        "kubelet-client-key": identities.api.key,
        "kubelet-preferred-address-types": "InternalIP",
        "egress-selector-config-file": egress,
        "endpoint-reconciler-type": "none",
        "profiling": "false",
    }
    return make_component(layout, "kube-apiserver", flags=flags)


def _egress_selector(socket: Path) -> dict[str, t.Any]:
    connection = {"proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": str(socket)}}}
    return {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        # "controlplane" is what webhooks given by URL are called through, "cluster" is all else but etcd.
        "egressSelections": [{"name": name, "connection": connection} for name in ("cluster", "controlplane")],
    }


def controller_manager(layout: Layout, identities: Identities) -> Component:
    flags = {
        "kubeconfig": layout.kubeconfig,
        "leader-elect": "false",
        "secure-port": 0,
        # The default of 20 requests a second lets a Milvus release with its 25 pods wait for the controllers.
        "kube-api-qps": 300,
        "kube-api-burst": 500,
        "root-ca-file": identities.authority.certificate,
        "service-account-private-key-file": identities.tokens,
        "horizontal-pod-autoscaler-sync-period": "2s",
        # Pods whose node counted as lost while the API server was away would not become ready again: none does.
        "node-monitor-grace-period": "10m",
    }
    return make_component(layout, "kube-controller-manager", flags=flags)


def scheduler(layout: Layout) -> Component:
    config = layout.folder / "scheduler.yaml"
    content = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": {"kubeconfig": str(layout.kubeconfig), "qps": 300, "burst": 500},
        "leaderElection": {"leaderElect": False},
    }
    config.write_text(yaml.safe_dump(content))
    return make_component(layout, "kube-scheduler", flags={"config": config, "secure-port": 0})


def write_kubeconfig(layout: Layout, identities: Identities) -> None:
    """Write the administrator's kubeconfig, certificates embedded, readable by its owner alone."""

    def embedded(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    user = {
        "client-certificate-data": embedded(identities.admin.certificate),
        "client-key-data": embedded(identities.admin.key),
    }
    cluster = {"server": layout.api_url, "certificate-authority-data": embedded(identities.authority.certificate)}
    name = f"lab-{layout.name}"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    layout.kubeconfig.touch(mode=0o600)
    layout.kubeconfig.write_text(json.dumps(content, indent=2))


def make_component(layout: Layout, name: str, *, flags: t.Mapping[str, object]) -> Component:
    """The program ``name`` of the lab with ``--flag=value`` for each of ``flags``."""
    argv = [str(layout.programs / name), *(f"--{flag}={value}" for flag, value in flags.items())]
    return Component(name, tuple(argv))
