# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _kube
from ansible_collections.milvus.cluster.plugins.module_utils._edits import Edit, find_edits
from ansible_collections.milvus.cluster.plugins.module_utils._errors import (
    ConflictError,
    ForbiddenError,
    KubeError,
    UnreachableError,
)
from ansible_collections.milvus.cluster.plugins.module_utils._live import LiveWorkload, read_workload
from ansible_collections.milvus.cluster.plugins.module_utils._manifest import read_manifest

Json = dict[str, t.Any]

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {replicas: 3, template: {spec: {containers: [{name: c, image: a, env: null}]}}}
"""
TEMPLATE = {"spec": {"containers": [{"name": "c", "image": "a", "env": None}]}}
WORDS = 'Apply failed with 2 conflicts: conflicts with "kubectl-edit" using apps/v1:\n- .spec.a\n- .spec.b'


class FakeClient:
    """Answers with an error, or with the Deployment at a *generation*."""

    def __init__(self, generation: int = 5, error: KubeError | None = None) -> None:
        self.generation, self.error = generation, error
        self.patches: list[tuple[Json, str, dict[str, str]]] = []

    def patch(self, _resource: _kube.Resource, _name: str, *, body: Json, content_type: str, **query: str) -> Json:
        self.patches.append((body, content_type, query))
        if self.error:
            raise self.error
        return {"metadata": {"generation": self.generation}}


def make_live(*managers: str) -> LiveWorkload:
    fields = [
        {"manager": manager, "operation": "Update", "fieldsV1": {"f:spec": {"f:template": {}}}} for manager in managers
    ]
    counts = {"manager": "kubectl", "operation": "Update", "subresource": "scale"}
    fields.append({**counts, "fieldsV1": {"f:spec": {"f:replicas": {}}}})
    item = {
        "metadata": {"name": "d", "generation": 5, "managedFields": fields},
        "spec": {"template": {"spec": {}}},
    }
    return read_workload(item, "Deployment")


def find(client: FakeClient, *managers: str, server_side: bool) -> list[Edit]:
    manifest = read_manifest(MANIFEST, where="a test")
    return list(find_edits(t.cast(t.Any, client), [make_live(*managers)], manifest=manifest, server_side=server_side))


@pytest.mark.parametrize("server_side", [True, False])
def test_nobody_is_asked_where_nobody_has_edited(server_side: bool) -> None:
    client = FakeClient()
    assert find(client, "helm", "milvus.cluster", server_side=server_side) == []
    assert client.patches == []


def test_a_conflict() -> None:
    client = FakeClient(error=ConflictError("Patching", reason=WORDS, remedy="Look."))
    (edit,) = find(client, "kubectl-edit", server_side=True)
    assert (edit.workload.key, edit.evidence) == ("Deployment/d", " ".join(WORDS.split()))
    ((body, kind, query),) = client.patches
    assert (kind, query) == (_kube.APPLY_PATCH, {"fieldManager": "helm", "dryRun": "All"})
    assert body["spec"] == {"template": TEMPLATE}
    assert find(FakeClient(), "kubectl-edit", server_side=True) == []


def test_a_reversal() -> None:
    client = FakeClient(generation=6)
    (edit,) = find(client, "kubectl-edit", "helm", "ours", server_side=False)
    assert (edit.workload.key, edit.evidence) == ("Deployment/d", "written to by kubectl-edit, ours")
    ((body, kind, query),) = client.patches
    assert (body, kind) == ({"spec": {"template": TEMPLATE}}, _kube.STRATEGIC_PATCH)
    assert query["dryRun"] == "All"
    assert find(FakeClient(generation=5), "kubectl-edit", server_side=False) == []


def test_what_may_not_be_asked_is_told_by_others() -> None:
    assert find(FakeClient(error=ForbiddenError("a", reason="b", remedy="c")), "kubectl-edit", server_side=True) == []
    with pytest.raises(UnreachableError):
        find(FakeClient(error=UnreachableError("a", reason="b", remedy="c")), "kubectl-edit", server_side=True)
