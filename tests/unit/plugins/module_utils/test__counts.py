# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _counts, _kube
from ansible_collections.milvus.cluster.plugins.module_utils._draft import Take
from ansible_collections.milvus.cluster.plugins.module_utils._errors import ConflictError

Json = dict[str, t.Any]

COUNT: Json = {"f:spec": {"f:replicas": {}}}
MORE: Json = {"f:spec": {"f:replicas": {}, "f:template": {}}, "f:metadata": {}}
TAKE = Take("Deployment", "d", 3, hold=False)


class FakeClient:
    """A Deployment whose managers are *owned*; the first patches of managers meet *conflicts*."""

    def __init__(self, owned: dict[str, Json], conflicts: int = 0) -> None:
        self.fields: list[Json] = [
            {"manager": manager, "operation": "Apply", "fieldsV1": fields} for manager, fields in owned.items()
        ]
        self.conflicts = conflicts
        self.patches: list[tuple[Json, dict[str, str]]] = []

    def get(self, _resource: _kube.Resource, name: str) -> Json:
        metadata = {"name": name, "resourceVersion": "7", "managedFields": self.fields}
        return {"metadata": metadata, "spec": {"replicas": 3, "template": {"spec": {}}}}

    def patch(self, _resource: _kube.Resource, _name: str, *, body: Json, content_type: str = "", **query: str) -> None:
        self.patches.append((body, query))
        if "managedFields" in body.get("metadata", {}):
            if self.conflicts:
                self.conflicts -= 1
                raise ConflictError("Patching", reason="it has changed", remedy="Try again.")
            self.fields = body["metadata"]["managedFields"]
        elif content_type == _kube.APPLY_PATCH and not body["spec"]:
            self.fields = [entry for entry in self.fields if entry["manager"] != query["fieldManager"]]


def let_go(client: FakeClient) -> dict[str, Json]:
    _counts.let_go(t.cast(t.Any, client), [TAKE])
    return {entry["manager"]: entry["fieldsV1"] for entry in client.fields}


def test_helm_is_left_alone_with_a_count() -> None:
    client = FakeClient({"helm": MORE, "milvus.cluster": COUNT, "kubectl": COUNT, "kubectl-edit": MORE})
    assert let_go(client) == {"helm": MORE, "kubectl-edit": {"f:spec": {"f:template": {}}, "f:metadata": {}}}
    assert client.patches[-1][0]["metadata"]["resourceVersion"] == "7"


def test_a_conflict_is_tried_again() -> None:
    assert let_go(FakeClient({"helm": COUNT, "kubectl": COUNT}, conflicts=2)) == {"helm": COUNT}
    with pytest.raises(ConflictError):
        let_go(FakeClient({"helm": COUNT, "kubectl": COUNT}, conflicts=99))


@pytest.mark.parametrize("owned", [{"milvus.cluster": COUNT}, {"helm": COUNT}, {"kubectl": COUNT}])
def test_the_last_owner_stays(owned: dict[str, Json]) -> None:
    assert let_go(FakeClient(owned)) == owned


def test_what_is_held_is_not_let_go() -> None:
    client = FakeClient({"milvus.cluster": COUNT, "helm": COUNT})
    _counts.let_go(t.cast(t.Any, client), [TAKE._replace(hold=True)])
    assert client.patches == []


def test_a_step_under_either_way_of_helm() -> None:
    client = FakeClient({})
    for server_side in (True, False):
        _counts.step(t.cast(t.Any, client), [TAKE], server_side=server_side)
    (forced, as_helm) = client.patches
    assert forced[1] == {"fieldManager": "milvus.cluster", "force": "true"}
    assert as_helm == ({"spec": {"replicas": 3}}, {"fieldManager": "helm"})


def test_a_rehearsal_changes_nothing() -> None:
    client = FakeClient({})
    _counts.rehearse(t.cast(t.Any, client), [TAKE])
    assert client.patches[0][1]["dryRun"] == "All"
