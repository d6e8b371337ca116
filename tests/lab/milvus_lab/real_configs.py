# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the programs of a real node read: their configurations, as documents."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from .control_plane import Identities
from .real_network import Network

Document = dict[str, t.Any]

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
CLUSTER_DOMAIN = "cluster.local"


def containerd(programs: Path, folder: Path, *, pause: str) -> str:
    """The configuration of containerd, in TOML; ``pause`` is the image of sandboxes."""
    return f"""\
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{pause}"

[plugins."io.containerd.cri.v1.runtime"]
disable_apparmor = true
# Without the right to raise a process's priority, runc fails where it shall.
restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["{programs}"]
conf_dir = "{folder / "cni"}"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = "{programs / "runc-without-seccomp"}"
SystemdCgroup = false
"""


def pod_network(network: Network) -> Document:
    """The CNI plugins that give a pod its address."""
    bridge = {
        "type": "bridge",
        "bridge": "pods",
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": network.pods}]], "routes": [{"dst": "0.0.0.0/0"}]},
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}, "backend": "nftables"}
    return {"cniVersion": "1.0.0", "name": "lab", "plugins": [bridge, ports]}


def kubelet(identities: Identities, folder: Path, *, network: Network, cgroup: str) -> Document:
    """The kubelet's configuration; ``cgroup`` is the group below which it makes those of pods."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": network.node,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(identities.authority.certificate)},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroup}",
        "clusterDNS": [network.dns_service],
        "clusterDomain": CLUSTER_DOMAIN,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "crashLoopBackOff": {"maxContainerRestartPeriod": "10s"},
        "evictionHard": {"memory.available": "100Mi"},
        "failCgroupV1": False,
        "failSwapOn": False,
        "featureGates": {"KubeletCrashLoopBackOffMax": True},
        # An image that is gone cannot be pulled again.
        "imageGCHighThresholdPercent": 100,
        "imagePullCredentialsVerificationPolicy": "NeverVerify",
        "nodeStatusUpdateFrequency": "2s",
        "registryPullQPS": 0,
        "resolvConf": str(folder / "resolv.conf"),
        "tlsCertFile": str(identities.kubelet.certificate),
        "tlsPrivateKeyFile": str(identities.kubelet.key),
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
    }


def kube_proxy(kubeconfig: Path, network: Network, *, node: str) -> Document:
    """The configuration of kube-proxy, which leaves the machine's limits of connections alone."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(kubeconfig)},
        "clusterCIDR": network.pods,
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpCloseWaitTimeout": "0s", "tcpEstablishedTimeout": "0s"},
        "hostnameOverride": node,
        "mode": "nftables",
    }


def coredns(kubeconfig: Path, network: Network) -> str:
    """CoreDNS's configuration: the cluster's names, and "no such name" for all others."""
    return f"""\
{CLUSTER_DOMAIN}:53 {{
  bind {network.node}
  errors
  kubernetes {CLUSTER_DOMAIN} {{
    kubeconfig {kubeconfig}
    ttl 1
  }}
}}
.:53 {{
  bind {network.node}
  template ANY ANY {{
    rcode NXDOMAIN
  }}
}}
"""


def client_kubeconfig(identities: Identities, *, server: str) -> str:
    """The kubelet's own access to the API server."""
    user = {"client-certificate": str(identities.kubelet.certificate), "client-key": str(identities.kubelet.key)}
    cluster = {"server": server, "certificate-authority": str(identities.authority.certificate)}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": cluster}],
        "users": [{"name": "kubelet", "user": user}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "kubelet"}}],
        "current-context": "lab",
    }
    return json.dumps(content, indent=2)


def dns_service(network: Network) -> list[Document]:
    """The Service by which pods ask CoreDNS, which is no pod."""
    name = {"name": "kube-dns", "namespace": "kube-system"}
    ports = [{"name": f"dns-{kind.lower()}", "protocol": kind, "port": 53} for kind in ("UDP", "TCP")]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": name,
            "spec": {"clusterIP": network.dns_service, "ports": ports},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**name, "labels": {"kubernetes.io/service-name": "kube-dns"}},
            "addressType": "IPv4",
            "ports": ports,
            "endpoints": [{"addresses": [network.node], "conditions": {"ready": True}}],
        },
    ]
