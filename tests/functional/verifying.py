# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""milvus_verify at work in the process of the test, which takes a tenth of the time of the module."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import VERIFY
from ansible_collections.milvus.cluster.plugins.module_utils._connection import connect
from ansible_collections.milvus.cluster.plugins.module_utils._errors import MilvusError
from ansible_collections.milvus.cluster.plugins.module_utils._kube import KubeClient
from ansible_collections.milvus.cluster.plugins.module_utils._module import Task
from ansible_collections.milvus.cluster.plugins.module_utils._verify import verify
from module_runner import Result
from release_states import NAME


def make_client(kubeconfig: Path, namespace: str) -> KubeClient:
    """A client as the module has it."""
    return KubeClient(connect({"kubeconfig": str(kubeconfig)}, {}), namespace)


def look(client: KubeClient, **options: t.Any) -> Result:
    """Do the module's work, and return its result, also when it has failed."""
    given = {**{name: spec.get("default") for name, spec in VERIFY.items()}, **options}
    task = Task(client, client._connection, given, NAME, is_check=False, is_diff=False, hide=lambda _texts: None)
    try:
        return verify(task)
    except MilvusError as exc:
        return {**exc.result, "msg": str(exc), "error": exc.facts}


def find_evidence(result: Result, outcome: str = "failed") -> dict[str, str]:
    """Check → its evidence, of those that came out so."""
    return {one["name"]: str(one["evidence"]) for one in result["checks"] if one["outcome"] == outcome}
