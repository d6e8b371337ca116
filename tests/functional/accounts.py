# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The accounts whose manifests the collection ships, and variants of them with fewer rights."""

from __future__ import annotations

import base64
import json
import typing as t
from pathlib import Path

import yaml

from milvus_lab.client import Client
from module_runner import Result, run_module
from release_states import NAME

FOLDER = Path(__file__).resolve().parents[2] / "docs/examples/rbac"

Rule = dict[str, list[str]]


def read_manifest(stem: str) -> list[dict[str, t.Any]]:
    """The objects of a shipped manifest."""
    objects: list[dict[str, t.Any]] = yaml.safe_load((FOLDER / f"{stem}.yaml").read_text(encoding="utf-8"))["items"]
    return objects


def split_rules(stem: str) -> list[Rule]:
    """The rules of a shipped Role, each split up until it is about one verb on one resource."""
    (role,) = (item for item in read_manifest(stem) if item["kind"] == "Role")
    return [
        {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


def name_of(rule: Rule) -> str:
    return f"{rule['verbs'][0]}-{rule['resources'][0].replace('/', '.')}"


class Account:
    """A shipped account in one namespace, or a *variant* of it with other rules, and ways to use it."""

    def __init__(
        self, lab: Client, namespace: str, stem: str, *, rules: list[Rule] | None = None, variant: str = ""
    ) -> None:
        name = f"milvus-{stem}{variant}"
        objects = json.loads(json.dumps(read_manifest(stem)).replace(f'"milvus-{stem}"', f'"{name}"'))
        for item in objects:
            if item["kind"] == "Role" and rules is not None:
                item["rules"] = rules
        lab.apply(*objects, namespace=namespace)
        self.namespace = namespace
        self.host = lab.layout.api_url
        self.token = lab.kubectl("create", "token", name, "--namespace", namespace).strip()
        cluster = yaml.safe_load(lab.kubeconfig.read_text(encoding="utf-8"))["clusters"][0]["cluster"]
        self.ca = base64.b64decode(cluster["certificate-authority-data"])

    def run(self, module: str, folder: Path, **options: t.Any) -> Result:
        """Run a module as this account; *folder* is for the CA's file."""
        ca_cert = folder / "ca.crt"
        ca_cert.write_bytes(self.ca)
        access = {"host": self.host, "api_key": self.token, "ca_cert": str(ca_cert)}
        return run_module(module, self.namespace, **{"release_name": NAME, **access, **options})
