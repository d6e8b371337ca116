# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command lines of etcd, kube-apiserver, kube-controller-manager and kube-scheduler."""

from __future__ import annotations

import base64
import json
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from .certificates import LOOPBACK, Authority, KeyPair
from .layout import Layout


@dataclass(frozen=True)
class Component:
    """A process of the lab: its name, which is also its log's, its command line, and what it has in its environment.

    One that ``restarts`` is started again where it ends, as a service of a real machine is.
    """

    name: str
    argv: tuple[str, ...]
    environment: t.Mapping[str, str] = field(default_factory=dict)
    restarts: bool = False


@dataclass(frozen=True)
class Terms:
    """What a control plane must know of the nodes that it is to have, before it starts.

    ``api_hosts`` are the addresses and names by which they reach the API server.
    """

    service_range: str
    api_hosts: tuple[str, ...] = LOOPBACK
    kubelet_user: str = "kubelet"
    kubelet_groups: tuple[str, ...] = ()
    kubelet_hosts: tuple[str, ...] = LOOPBACK
    api_flags: t.Mapping[str, object] = field(default_factory=dict)
    controller_flags: t.Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Identities:
    """The certificates that a lab's components show each other."""

    authority: Authority
    etcd: KeyPair
    api: KeyPair
    admin: KeyPair
    kubelet: KeyPair
    tokens: Path


def issue_identities(folder: Path, terms: Terms) -> Identities:
    """Create a certificate authority in ``folder`` and issue all certificates of a lab."""
    authority = Authority(folder)
    return Identities(
        authority=authority,
        etcd=authority.issue("etcd", user="etcd"),
        api=authority.issue("api", user="kube-apiserver", hosts=terms.api_hosts),
        admin=authority.issue("admin", user="lab-admin", groups=("system:masters",)),
        kubelet=authority.issue(
            "kubelet", user=terms.kubelet_user, groups=terms.kubelet_groups, hosts=terms.kubelet_hosts
        ),
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


def api_server(layout: Layout, identities: Identities, *, terms: Terms) -> Component:
    ca = identities.authority.certificate
    flags = {
        "bind-address": layout.api_address,
        "secure-port": layout.ports["api"],
        "tls-cert-file": identities.api.certificate,
        "tls-private-key-file": identities.api.key,
        "client-ca-file": ca,
        "authorization-mode": "RBAC",
        "etcd-servers": f"https://127.0.0.1:{layout.ports['etcd']}",
        "etcd-cafile": ca,
        "etcd-certfile": identities.api.certificate,
        "etcd-keyfile": identities.api.key,
        "service-cluster-ip-range": terms.service_range,
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": identities.tokens,
        "service-account-signing-key-file": identities.tokens,
        "kubelet-certificate-authority": ca,
        "kubelet-client-certificate": identities.api.certificate,
        "kubelet-client-key": identities.api.key,
        "kubelet-preferred-address-types": "InternalIP",
        "profiling": "false",
        **terms.api_flags,
    }
    return make_component(layout, "kube-apiserver", flags=flags)


def controller_manager(layout: Layout, identities: Identities, *, terms: Terms) -> Component:
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
        **terms.controller_flags,
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
