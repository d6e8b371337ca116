# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What runs in a bench: the peer's version, the helm that it can use, the versions that a figure depends on."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import sysconfig
from pathlib import Path

import yaml

from milvus_lab import charts
from milvus_lab.client import Client

from .work import BenchError

PACKAGES = ("ansible", "ansible-core", "kubernetes")
HELM_4_SINCE = (6, 4)
"""Before, kubernetes.core calls ``helm list --all``, a flag that Helm 4 does not have."""


def kubernetes_core() -> str:
    """The version of kubernetes.core in this environment."""
    manifest = Path(sysconfig.get_path("purelib"), "ansible_collections/kubernetes/core/MANIFEST.json")
    if not manifest.exists():
        raise BenchError("the peer, kubernetes.core, is not installed here; run 'make bench', or pip install ansible")
    version: str = json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"]
    return version


def helm_for(lab: Client, core: str) -> Path:
    """The newest helm that this version of kubernetes.core can use."""
    major, minor = (int(number) for number in core.split(".")[:2])
    return lab.program("helm" if (major, minor) >= HELM_4_SINCE else "helm3")


def helm_version(lab: Client, helm: Path) -> str:
    return lab.run(helm, "version", "--template", "{{.Version}}").lstrip("v")


def chart(lab: Client) -> str:
    """The path of the chart that ``MILVUS_CHART`` names, else of the lab's own."""
    return str(charts.real_chart() or lab.charts / f"milvus-{charts.NEW_CHART}.tgz")


def setting(lab: Client, *, helm: Path, chart_path: str) -> dict[str, str | int]:
    """What figures depend on."""
    about = yaml.safe_load(lab.run(helm, "show", "chart", chart_path))
    server = json.loads(lab.kubectl("version", "--output", "json"))["serverVersion"]["gitVersion"]
    origin = "of the lab" if Path(chart_path).is_relative_to(lab.charts) else "real"
    return {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
        "kubernetes.core": kubernetes_core(),
        "helm": helm_version(lab, helm),
        "api_server": server.lstrip("v"),
        "chart": f"{about['name']} {about['version']}, {origin}",
        "cores": os.cpu_count() or 0,
    }
