# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _kube
from ansible_collections.milvus.cluster.plugins.module_utils._errors import ForbiddenError
from ansible_collections.milvus.cluster.plugins.module_utils._manifest import Item
from ansible_collections.milvus.cluster.plugins.module_utils._preflight import (
    Ahead,
    Preflight,
    check_ahead,
    check_removal,
    judge_kubernetes,
)
from ansible_collections.milvus.cluster.plugins.module_utils._preflight_check import Check
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.releases import deployment, observe, release

Json = dict[str, t.Any]

DEPLOYMENT = Item(
    "Deployment",
    "r-new",
    {
        "apiVersion": "apps/v1",
        "metadata": {"name": "r-new"},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "c"}]}}},
    },
)
MONITOR = Item("ServiceMonitor", "m", {"apiVersion": "monitoring.coreos.com/v1"})
NODE = {
    "metadata": {"name": "a"},
    "status": {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {"cpu": "1", "pods": "9"}},
}
ALL: Json = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}


class FakeClient:
    """Answers as a cluster with one node; *allowed* are (resource, verb) by access review, *rules* by rules review."""

    namespace = "ns"

    def __init__(
        self,
        *,
        rules: t.Sequence[Json] = (ALL,),
        incomplete: bool = False,
        allowed: t.Collection[tuple[str, str]] = (),
        forbidden: t.Collection[str] = (),
        quotas: t.Sequence[Json] = (),
    ) -> None:
        self.asked: list[str] = []
        self._review = {"status": {"resourceRules": list(rules), "incomplete": incomplete}}
        self._allowed, self._forbidden = allowed, forbidden
        self._lists = {"nodes": [NODE], "resourcequotas": list(quotas)}

    def get_path(self, path: str) -> Json:
        self.asked.append(path)
        resources = [{"kind": "ServiceMonitor", "name": "servicemonitors", "namespaced": True}]
        answers: Json = {
            "/version": {"gitVersion": "v1.30.4-eks-a"},
            "/apis": {"groups": [{"versions": [{"groupVersion": "monitoring.coreos.com/v1"}]}]},
            "/apis/monitoring.coreos.com/v1": {"resources": [*resources, {"kind": "Status", "name": "a/status"}]},
        }
        return t.cast("Json", answers[path])

    def create(self, resource: _kube.Resource, body: Json) -> Json:
        if resource is _kube.RULES_REVIEWS:
            self._ask("rules")
            return self._review
        asked = body["spec"]["resourceAttributes"]
        self._ask(f"{asked['verb']} {asked['resource']}")
        return {"status": {"allowed": (asked["resource"], asked["verb"]) in self._allowed}}

    def list(self, resource: _kube.Resource, **_selectors: str) -> t.Iterator[Json]:
        self._ask(resource.plural)
        yield from self._lists.get(resource.plural, ())

    def _ask(self, what: str) -> None:
        if what in self._forbidden:
            raise ForbiddenError(f"Listing {what}", reason=f"cannot list {what}", remedy="Add a rule.")
        self.asked.append(what)


def check(client: FakeClient, *after: Item) -> Preflight:
    items = {f"{item.kind}/{item.name}": item for item in after or (DEPLOYMENT,)}
    ahead = Ahead("Installing r", {}, items, "milvus 5.0.19", "4.1.0")
    return check_ahead(
        t.cast("t.Any", client), ahead, found=observe(release(deployment("proxy", 1))), require_capacity=False
    )


def find(preflight: Preflight, name: str) -> Check:
    (found,) = (one for one in preflight.checks if one.name == name)
    return found


def test_requests_of_an_administrator() -> None:
    client = FakeClient()
    preflight = check(client)
    assert {one.outcome for one in preflight.checks} == {"passed"}
    assert client.asked == ["/version", "rules", "resourcequotas", "nodes", "pods"]
    assert (preflight.blockers, preflight.warnings) == ((), ())


def test_what_the_rules_do_not_show_is_asked_for() -> None:
    rules = [{**ALL, "verbs": ["get", "list", "patch", "update", "create", "watch"]}]
    client = FakeClient(rules=rules, incomplete=True, allowed={("secrets", "delete")})
    assert find(check(client), "permissions").outcome == "passed"
    assert client.asked[1:3] == ["rules", "delete secrets"]


def test_rules_that_are_complete_are_proven_once() -> None:
    client = FakeClient(rules=[])
    preflight = check(client)
    assert [one.outcome for one in preflight.checks].count("failed") == 1
    assert client.asked[:4] == ["/version", "rules", "get secrets", "resourcequotas"]
    assert find(preflight, "permissions").evidence.startswith("the account lacks ")


def test_rules_that_hide_rights_are_not_believed() -> None:
    """Such as those of a member of system:masters."""
    needs = [("secrets", verb) for verb in ("get", "list", "create", "update", "patch")]
    client = FakeClient(rules=[], allowed=needs)
    check(client)
    assert client.asked[2:9] == [
        f"{verb} secrets" for verb in ("get", "list", "create", "update", "patch", "delete")
    ] + ["resourcequotas"]


def test_what_may_not_be_read_is_not_checked() -> None:
    preflight = check(FakeClient(forbidden={"nodes", "resourcequotas", "rules"}, allowed=()))
    assert [find(preflight, name).outcome for name in ("quota", "capacity")] == ["not checked"] * 2
    assert find(preflight, "capacity").evidence == "cannot list nodes"
    assert find(preflight, "permissions").outcome == "failed"


def test_a_kind_of_a_custom_resource() -> None:
    client = FakeClient()
    assert find(check(client, MONITOR), "permissions").outcome == "passed"
    other = Item("PodMonitor", "m", MONITOR.body)
    stranger = Item("Ingress", "i", {"apiVersion": "extensions/v1beta1"})
    evidence = find(check(FakeClient(), other, stranger), "permissions").evidence
    assert evidence == (
        "the API server does not know Ingress of extensions/v1beta1, PodMonitor of monitoring.coreos.com/v1"
    )


def test_blockers_and_warnings() -> None:
    full = {"metadata": {"name": "q"}, "status": {"hard": {"pods": "1"}, "used": {"pods": "1"}}}
    crowd = Item("Deployment", "r-new", {**DEPLOYMENT.body, "spec": {**DEPLOYMENT.body["spec"], "replicas": 20}})
    preflight = check(FakeClient(quotas=[full]), crowd)
    (blocker,) = preflight.blockers
    assert (blocker.action, blocker.reason) == (
        "Installing r",
        "it needs 20 more pods, and ResourceQuota q leaves 0 of 1",
    )
    (warning,) = preflight.warnings
    assert warning.startswith("Installing r: no room for 11 pods of Deployment/r-new (cpu 0, memory 0 each); ")


@pytest.mark.parametrize(
    ("spelt", "outcome"),
    [
        ("v1.37.2", "passed"),
        ("v1.23.0", "passed"),
        ("v1.22.17-gke.1", "failed"),
        ("1.30", "passed"),
        ("", "not checked"),
    ],
)
def test_kubernetes_version(spelt: str, outcome: str) -> None:
    assert judge_kubernetes({"gitVersion": spelt}).outcome == outcome


def check_removing(client: FakeClient, *before: Item, deletes_volumes: bool = False) -> Preflight:
    items = {f"{item.kind}/{item.name}": item for item in before or (DEPLOYMENT,)}
    found = observe(release(deployment("proxy", 1)))
    ahead = Ahead("Uninstalling r", items, {})
    return check_removal(t.cast("t.Any", client), ahead, found=found, deletes_volumes=deletes_volumes)


def test_requests_of_an_administrator_who_uninstalls() -> None:
    client = FakeClient()
    assert [one.outcome for one in check_removing(client).checks] == ["passed"]
    assert client.asked == ["rules"]


def test_an_uninstall_names_the_one_right_that_is_missing() -> None:
    """helm says not which, and has removed a part by then."""
    rules = [{**ALL, "verbs": ["get", "list", "patch", "update"]}, {**ALL, "resources": ["secrets"]}]
    preflight = check_removing(FakeClient(rules=rules))
    (blocker,) = preflight.blockers
    assert blocker.reason == "the account lacks delete on deployments.apps"
    assert '"resources": ["deployments"], "verbs": ["delete"]' in blocker.remedy


def test_volumes_are_deleted_by_a_right_of_their_own() -> None:
    rules = [{**ALL, "verbs": ["get", "list", "patch", "update"]}, {**ALL, "resources": ["secrets", "deployments"]}]
    assert not check_removing(FakeClient(rules=rules)).blockers
    (blocker,) = check_removing(FakeClient(rules=rules), deletes_volumes=True).blockers
    assert blocker.reason == "the account lacks delete on persistentvolumeclaims"


def test_an_uninstall_needs_no_right_to_create() -> None:
    rules = [{**ALL, "verbs": ["get", "list", "patch", "update", "delete"]}]
    assert not check_removing(FakeClient(rules=rules), deletes_volumes=True).blockers


def test_a_kind_that_has_gone_keeps_no_release() -> None:
    gone = Item("Gauge", "g", {"apiVersion": "gone.example.com/v1"})
    assert not check_removing(FakeClient(), DEPLOYMENT, gone).blockers
