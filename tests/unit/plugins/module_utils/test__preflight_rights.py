# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _kube
from ansible_collections.milvus.cluster.plugins.module_utils._kinds import Kinds
from ansible_collections.milvus.cluster.plugins.module_utils._manifest import Item
from ansible_collections.milvus.cluster.plugins.module_utils._preflight_rights import (
    Need,
    Rights,
    judge_rights,
    list_handed_on,
    list_namespace_needs,
    list_needs,
    make_rules,
    may_hand_on_all,
    read_rights,
)

Json = dict[str, t.Any]

KINDS = Kinds({("v1", "Service"): _kube.SERVICES, ("batch/v1", "Job"): _kube.JOBS}, ())
PODS = Need("", "pods", "list")


def rights(group: str = "", resource: str = "pods", *, verb: str = "list", **more: t.Any) -> Rights:
    return Rights(({"apiGroups": [group], "resources": [resource], "verbs": [verb], **more},), complete=True)


@pytest.mark.parametrize(
    ("given", "need"),
    [
        (rights(), PODS),
        (rights("*", "*", verb="*"), PODS),
        (rights(), PODS._replace(optional=True)),
        (rights(resource="pods/log", verb="get"), Need("", "pods/log", "get")),
        (rights(resource="*/log", verb="get"), Need("", "pods/log", "get")),
        (rights(resourceNames=["a"]), PODS._replace(name="a")),
        (rights("*", "*", verb="*"), Need("*", "*", "*")),
    ],
)
def test_granted(given: Rights, need: Need) -> None:
    assert given.grant(need)


@pytest.mark.parametrize(
    ("given", "need"),
    [
        (rights("apps"), PODS),
        (rights(verb="get"), PODS),
        (rights(resource="pods"), Need("", "pods/log", "list")),
        (rights(resourceNames=["a"]), PODS),
        (rights(resourceNames=["a"]), PODS._replace(name="b")),
        (rights(), Need("", "*", "list")),
        (rights("*", "*", verb="*"), PODS._replace(cluster=True)),
    ],
)
def test_not_granted(given: Rights, need: Need) -> None:
    assert not given.grant(need)


def test_the_answer_of_an_api_server() -> None:
    """As Kubernetes 1.37 answers."""
    rule = {"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews"]}
    found = read_rights({"status": {"resourceRules": [rule], "nonResourceRules": [], "incomplete": False}})
    assert found == Rights((rule,), complete=True)
    assert not read_rights({"status": {"incomplete": True, "evaluationError": "webhook"}}).complete


def service(name: str) -> Item:
    return Item("Service", name, {"apiVersion": "v1"})


def verbs_on(resource: str, needs: t.Iterable[Need]) -> set[str]:
    return {need.verb for need in needs if need.resource == resource and not need.optional}


def test_verbs_follow_what_is_done() -> None:
    job = {"Job/j": Item("Job", "j", {"apiVersion": "batch/v1"})}
    same, other = {"Service/a": service("a")}, {"Service/a": service("a"), "Service/b": service("b")}

    def needs(before: dict[str, Item], after: dict[str, Item]) -> tuple[Need, ...]:
        return list_needs(before, after, kinds=KINDS, record=_kube.SECRETS)

    assert verbs_on("services", needs(same, same)) == {"get", "patch"}
    assert verbs_on("services", needs(same, other)) == {"get", "patch", "create"}
    assert verbs_on("jobs", needs(job, {})) == {"get", "delete", "list"}
    assert verbs_on("secrets", needs(same, same)) == {"get", "list", "create", "update", "patch", "delete"}


def test_the_record_may_be_in_config_maps() -> None:
    needs = list_needs({}, {}, kinds=KINDS, record=_kube.CONFIG_MAPS)
    assert (len(verbs_on("configmaps", needs)), verbs_on("secrets", needs)) == (6, set())


CREATE = Need("", "namespaces", "create", cluster=True)
PATCH = Need("", "namespaces", "patch")


@pytest.mark.parametrize(
    ("major", "exists", "needs"),
    [
        (3, True, (CREATE,)),
        (3, False, (CREATE,)),
        (4, True, (PATCH._replace(name="ns"),)),
        (4, False, (PATCH._replace(cluster=True), CREATE)),
    ],
)
def test_creating_the_namespace(major: int, exists: bool, needs: tuple[Need, ...]) -> None:
    """As Helm 3.22 and 4.3 do."""
    assert list_namespace_needs("ns", exists=exists, helm_major=major) == needs


def role(*rules: Json) -> dict[str, Item]:
    return {"Role/r": Item("Role", "r", {"rules": list(rules)})}


def test_what_a_role_hands_on() -> None:
    rule = {"apiGroups": ["", "apps"], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["a"]}
    assert list_handed_on({}, role(rule)) == (Need("", "pods", "get", "a"), Need("apps", "pods", "get", "a"))
    assert list_handed_on(role(rule), role(rule)) == ()
    assert may_hand_on_all(rights("*", "*", verb="*"))
    assert not may_hand_on_all(rights("rbac.authorization.k8s.io", "roles", verb="escalate"))


def test_rules_are_few() -> None:
    needs = [Need("", one, verb) for one in ("secrets", "pods") for verb in ("list", "get")]
    assert make_rules([*needs, Need("", "pods", "get", "a"), Need("apps", "deployments", "get")]) == [
        {"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"], "verbs": ["get"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
    ]


def test_what_is_missing_is_told_as_roles() -> None:
    missing = [PODS, Need("", "namespaces", "create", cluster=True), Need("", "events", "list", optional=True)]
    check = judge_rights(missing, KINDS, namespace="ns", needed=9)
    assert check.outcome == "failed"
    assert "list on pods" in check.evidence
    role, cluster_role = (json.loads(part) for part in check.remedy[check.remedy.index("{") : -1].split(" and "))
    assert (role["kind"], role["metadata"]["namespace"]) == ("Role", "ns")
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    assert (cluster_role["kind"], "namespace" in cluster_role["metadata"]) == ("ClusterRole", False)


def test_many_are_told_by_their_resources() -> None:
    missing = [Need("apps", "deployments", verb) for verb in "abcdef"]
    evidence = judge_rights(missing, KINDS, namespace="ns", needed=9).evidence
    assert evidence == "the account lacks 6 rights, on deployments.apps"


def test_what_can_be_done_without() -> None:
    check = judge_rights([Need("", "events", "list", optional=True)], KINDS, namespace="ns", needed=9)
    assert (check.outcome, "list on events" in check.evidence) == ("warned", True)
    assert judge_rights([], KINDS, namespace="ns", needed=9).outcome == "passed"


def test_a_kind_that_is_not_served() -> None:
    kinds = Kinds({}, (("monitoring.coreos.com/v1", "ServiceMonitor"),))
    check = judge_rights([PODS], kinds, namespace="ns", needed=9)
    assert check.evidence == (
        "the API server does not know ServiceMonitor of monitoring.coreos.com/v1; the account lacks list on pods"
    )
