# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""How measured commands reach the lab: directly where time is taken, through counters where traffic is counted."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import ssl
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from milvus_lab.client import Client
from milvus_lab.paths import REPOSITORY

from .proxy import CountingProxy, Traffic
from .rows import Sample

CALLBACKS = Path(__file__).resolve().parent.parent / "callbacks"

Environment = t.Mapping[str, str]


@dataclass(frozen=True)
class Access:
    """Both ways to the lab, as environments, and the counters of the second one."""

    direct: Environment
    counted: Environment
    traffic: Traffic
    helm_log: Path

    def read_counters(self) -> Sample:
        """What has passed through the counted way so far, metric to figure."""
        processes = self.helm_log.read_bytes().count(b"\n")
        return {"helm_processes": processes, "requests": self.traffic.requests, "bytes": self.traffic.bytes}


@contextlib.contextmanager
def open_access(lab: Client, helm: Path, folder: Path) -> t.Iterator[Access]:
    """Set up both ways below ``folder``; the counting proxy runs as long as the context lasts."""
    link = folder / "collections/ansible_collections/milvus/cluster"
    link.parent.mkdir(parents=True)
    link.symlink_to(REPOSITORY, target_is_directory=True)
    direct, counted = folder / "direct", folder / "counted"
    for way in (direct, counted):
        way.mkdir()
    (direct / "helm").symlink_to(helm)
    log = folder / "helm.log"
    log.touch()
    (folder / "ansible.cfg").touch()
    _write_shim(counted / "helm", helm=helm, log=log)
    with CountingProxy("127.0.0.1", lab.layout.ports["api"], tls=_as_administrator(lab)) as proxy:
        kubeconfig = counted / "kubeconfig"
        kubeconfig.write_text(json.dumps(_kubeconfig(proxy.url)), encoding="utf-8")
        yield Access(
            direct=_environment(lab, direct, kubeconfig=lab.kubeconfig),
            counted=_environment(lab, counted, kubeconfig=kubeconfig),
            traffic=proxy.traffic,
            helm_log=log,
        )


def _write_shim(path: Path, *, helm: Path, log: Path) -> None:
    """A helm that leaves a line in ``log`` and becomes the real one."""
    quoted = [shlex.quote(str(each)) for each in (log, helm)]
    path.write_text('#!/bin/sh\necho >> {}\nexec {} "$@"\n'.format(*quoted), encoding="utf-8")
    path.chmod(0o755)


def _as_administrator(lab: Client) -> ssl.SSLContext:
    certificates = lab.layout.certificates
    context = ssl.create_default_context(cafile=certificates / "ca.crt")
    context.load_cert_chain(certificates / "admin.crt", certificates / "admin.key")
    return context


def _kubeconfig(server: str) -> dict[str, t.Any]:
    """The proxy authenticates, so that its clients have no user."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "counted", "cluster": {"server": server}}],
        "contexts": [{"name": "counted", "context": {"cluster": "counted", "user": ""}}],
        "current-context": "counted",
    }


def _environment(lab: Client, way: Path, *, kubeconfig: Path) -> Environment:
    """The lab's environment with ``way`` first on PATH, and Ansible and Python as they are without anybody's settings.

    With PYTHONDONTWRITEBYTECODE every run would compile the libraries anew.
    """
    inherited = {name: value for name, value in lab.env.items() if not name.startswith(("ANSIBLE_", "PYTHON"))}
    folders = (way, Path(sys.executable).parent, inherited["PATH"])
    return inherited | {
        "PATH": os.pathsep.join(map(str, folders)),
        "KUBECONFIG": str(kubeconfig),
        "KUBECACHEDIR": str(way / "cache"),
        "K8S_AUTH_KUBECONFIG": str(kubeconfig),
        "ANSIBLE_CONFIG": str(way.parent / "ansible.cfg"),
        "ANSIBLE_HOME": str(way.parent / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(way.parent / "collections"),
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_STDOUT_CALLBACK": "task_times",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
