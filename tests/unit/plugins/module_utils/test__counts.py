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
        return {"metadata": metadata, "spec": {"replicas": 3, "template": {"spec": {"containers": [{"image": "d:1"}]}}}}

    def patch(self, resource: _kube.Resource, name: str, *, body: Json, content_type: str = "", **query: str) -> Json:
        self.patches.append((body, query))
        if "managedFields" in body.get("metadata", {}):
            if self.conflicts:
                self.conflicts -= 1
                raise ConflictError("Patching", reason="it has changed", remedy="Try again.")
            self.fields = body["metadata"]["managedFields"]
        elif content_type == _kube.APPLY_PATCH and not body["spec"]:
            self.fields = [entry for entry in self.fields if entry.get("manager") != query["fieldManager"]]
        return self.get(resource, name)


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
    foreseen = _counts.rehearse(t.cast(t.Any, client), TAKE)
    assert (foreseen.key, foreseen.image) == ("Deployment/d", "d:1")
    assert client.patches[0][1]["dryRun"] == "All"


def own(manager: str, fields: Json | None, *, operation: str = "Update", subresource: str = "") -> Json:
    entry = {"manager": manager, "operation": operation, "apiVersion": "apps/v1", "time": "2026-01-01T00:00:00Z"}
    more = {"subresource": subresource} if subresource else {}
    return {**entry, **more, "fieldsType": "FieldsV1", **({} if fields is None else {"fieldsV1": fields})}


STATUS: Json = {"f:status": {"f:replicas": {}, "f:conditions": {".": {}}}}
SPEC: Json = {"f:spec": {".": {}, "f:replicas": {}, "f:strategy": {"f:rollingUpdate": {"f:replicas": {}}}}}


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        # what is in the way of helm's next count
        (own("kubectl", COUNT, subresource="scale"), None),
        (own("kube-controller-manager", COUNT, subresource="scale"), None),
        (
            own("kubectl-edit", SPEC),
            own("kubectl-edit", {"f:spec": {key: SPEC["f:spec"][key] for key in (".", "f:strategy")}}),
        ),
        (own("argocd", {**MORE, "f:metadata": {"f:labels": {}}}, operation="Apply"), "the rest"),
        # what is not: the counts of the status are no wish
        (own("kube-controller-manager", STATUS, subresource="status"), "as it is"),
        (own("kubectl", {"f:metadata": {"f:annotations": {"f:replicas": {}}}}), "as it is"),
        (own("kubectl-rollout", {"f:spec": {"f:template": {"f:replicas": {}}}}), "as it is"),
        (own("nobody", None), "as it is"),
        (own("nobody", {}), "as it is"),
        ({key: value for key, value in own("", STATUS).items() if key != "manager"}, "as it is"),
        (own("helm", MORE), "as it is"),
        (own("helm", COUNT, operation="Apply"), "as it is"),
    ],
    ids=str,
)
def test_nothing_but_the_count_is_taken_from_a_manager(entry: Json, left: t.Any) -> None:
    client = FakeClient({"helm": COUNT, "kubectl": COUNT})
    before = client.fields = [client.fields[0], entry, own("other", COUNT)]
    kept = list(before)
    _counts.let_go(t.cast(t.Any, client), [TAKE])
    if left == "the rest":
        left = own("argocd", {"f:spec": {"f:template": {}}, "f:metadata": {"f:labels": {}}}, operation="Apply")
    assert client.fields == [kept[0], *([entry] if left == "as it is" else [left] if left else [])]
    assert {"metadata"} == client.patches[-1][0].keys()
    assert {"resourceVersion", "managedFields"} == client.patches[-1][0]["metadata"].keys()
