# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t
from fractions import Fraction

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _kube
from ansible_collections.milvus.cluster.plugins.module_utils._kinds import Kinds
from ansible_collections.milvus.cluster.plugins.module_utils._live import LiveWorkload
from ansible_collections.milvus.cluster.plugins.module_utils._manifest import Item, Manifest
from ansible_collections.milvus.cluster.plugins.module_utils._preflight_check import Check
from ansible_collections.milvus.cluster.plugins.module_utils._preflight_demand import (
    add_up,
    count_objects,
    find_claims,
    find_pod_sets,
)
from ansible_collections.milvus.cluster.plugins.module_utils._preflight_quota import has_compute, judge_quotas
from ansible_collections.milvus.cluster.plugins.module_utils._preflight_storage import find_classless, judge_storage
from ansible_collections.milvus.cluster.plugins.module_utils._readiness import Counts

Json = dict[str, t.Any]


def workload(key: str, replicas: int | None, *, claims: t.Sequence[Json] = (), **requests: str) -> Item:
    kind, _slash, name = key.partition("/")
    pod = {"containers": [{"name": "c", "resources": {"requests": requests}}]}
    spec: Json = {"replicas": replicas, "template": {"spec": pod}, "volumeClaimTemplates": list(claims)}
    return Item(kind, name, {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})


def claim(name: str, **spec: t.Any) -> Json:
    return {"metadata": {"name": name}, "spec": {"resources": {"requests": {"storage": "10Gi"}}, **spec}}


def manifest(*items: Item) -> Manifest:
    return {f"{item.kind}/{item.name}": item for item in items}


def live(name: str, desired: int) -> dict[str, LiveWorkload]:
    counts = Counts(1, 1, desired, desired, desired, desired, desired, 0)
    return {f"Deployment/{name}": LiveWorkload("Deployment", name, counts, "", {}, ())}


NODE = workload("Deployment/r-query", 2, cpu="1", memory="1Gi")
ETCD = workload("StatefulSet/r-etcd", 3, claims=[claim("data")], cpu="500m")


def test_all_is_added_by_an_install() -> None:
    pod_sets = find_pod_sets({}, manifest(NODE, ETCD), live={})
    assert [(one.key, one.added, one.kept) for one in pod_sets] == [
        ("Deployment/r-query", 2, 0),
        ("StatefulSet/r-etcd", 3, 0),
    ]
    claims = find_claims({}, manifest(NODE, ETCD), pod_sets=pod_sets)
    assert [one.name for one in claims] == ["data-r-etcd-0", "data-r-etcd-1", "data-r-etcd-2"]
    total = add_up(pod_sets, claims, objects={"services": 2})
    expected = {
        **dict.fromkeys(("requests.cpu", "cpu"), 3.5),
        "memory": 2 * 2**30,
        "pods": 5,
        "persistentvolumeclaims": 3,
        "requests.storage": 30 * 2**30,
        "services": 2,
    }
    assert {key: float(total[key]) for key in expected} == expected


def test_nothing_is_added_by_the_same_again() -> None:
    same = manifest(NODE, ETCD)
    pod_sets = find_pod_sets(same, same, live={})
    assert find_claims(same, same, pod_sets=pod_sets) == ()
    assert not any(add_up(pod_sets, (), objects={}).values())


def test_the_live_count_is_what_there_is() -> None:
    (one,) = find_pod_sets(manifest(NODE), manifest(NODE), live=live("r-query", 5))
    assert (one.before, one.after) == (5, 2)
    open_count = workload("Deployment/r-query", None)
    (one,) = find_pod_sets(manifest(NODE), manifest(open_count), live=live("r-query", 5))
    assert (one.before, one.after) == (5, 5)
    (one,) = find_pod_sets({}, manifest(open_count), live={})
    assert (one.before, one.after) == (0, 1)


def test_what_goes_is_taken_off() -> None:
    other = workload("Deployment/r-mix", 1, cpu="4")
    pod_sets = find_pod_sets(manifest(NODE), manifest(other), live={})
    total = add_up(pod_sets, (), objects={})
    assert [float(total[key]) for key in ("pods", "cpu", "memory")] == [-1, 2, -2 * 2**30]


def test_growth() -> None:
    larger = workload("Deployment/r-query", 3, cpu="3", memory="1Gi")
    (one,) = find_pod_sets(manifest(NODE), manifest(larger), live={})
    assert (one.added, one.kept, one.growth) == (1, 2, {"cpu": Fraction(2)})


def test_a_claim_of_its_own_and_an_older_way_to_name_the_class() -> None:
    body = {"metadata": {"annotations": {"volume.beta.kubernetes.io/storage-class": "slow"}}, "spec": {}}
    own = Item("PersistentVolumeClaim", "r-own", body)
    (found,) = find_claims({}, manifest(own), pod_sets=())
    assert (found.name, found.storage_class, found.size) == ("r-own", "slow", Fraction(0))
    assert find_claims(manifest(own), manifest(own), pod_sets=()) == ()


def test_objects_are_counted_by_the_keys_of_a_quota() -> None:
    service = Item("Service", "s", {"apiVersion": "v1", "spec": {"type": "LoadBalancer"}})
    kinds = Kinds({("v1", "Service"): _kube.SERVICES, ("apps/v1", "Deployment"): _kube.DEPLOYMENTS}, ())
    assert count_objects(manifest(NODE), manifest(service), kinds=kinds) == {
        **dict.fromkeys(("count/services", "services", "services.loadbalancers", "services.nodeports"), 1),
        "count/deployments.apps": -1,
    }


def quota(hard: Json, used: Json | None = None, **spec: t.Any) -> Json:
    status = {"hard": hard, "used": used} if used is not None else {}
    return {"metadata": {"name": "q"}, "spec": {"hard": hard, **spec}, "status": status}


def judge(*quotas: Json, known: bool = True) -> Check:
    pod_sets = find_pod_sets({}, manifest(NODE, ETCD), live={})
    adds = add_up(pod_sets, find_claims({}, manifest(ETCD), pod_sets=pod_sets), objects={})
    return judge_quotas(quotas, adds, pod_sets=pod_sets, defaults_known=known)


@pytest.mark.parametrize(
    ("hard", "used", "words"),
    [
        ({"pods": "10"}, {"pods": "6"}, "it needs 5 more pods, and ResourceQuota q leaves 4 of 10"),
        ({"requests.cpu": "3"}, {}, "it needs 3500m more requests.cpu, and ResourceQuota q leaves 3 of 3"),
        ({"memory": "1Gi"}, {"memory": "2Gi"}, "it needs 2Gi more memory, and ResourceQuota q leaves 0 of 1Gi"),
        ({"count/persistentvolumeclaims": "1"}, None, "it needs 3 more count/persistentvolumeclaims"),
        ({"limits.cpu": "8"}, {}, "counts limits.cpu, which Deployment/r-query does not set"),
        ({"memory": "80Gi"}, {}, "counts requests.memory, which StatefulSet/r-etcd does not set"),
    ],
)
def test_a_quota_that_is_too_small(hard: Json, used: Json | None, words: str) -> None:
    check = judge(quota(hard, used))
    assert check.outcome == "failed"
    assert words in check.evidence


def test_a_quota_with_room() -> None:
    assert judge(quota({"pods": "10", "requests.cpu": "4"}, {"pods": "5"})).outcome == "passed"
    assert judge().evidence == "there is no quota"
    assert judge(quota({"limits.cpu": "8"}, {}), known=False).outcome == "passed"


def test_a_quota_for_certain_pods_only() -> None:
    assert judge(quota({"pods": "1"}, {}, scopes=["BestEffort"])).outcome == "not checked"
    assert judge(quota({"pods": "1"}, {}, scopes=["NotTerminating"])).outcome == "failed"


def test_only_compute_asks_for_limit_ranges() -> None:
    assert has_compute([quota({"pods": "1"}), quota({"limits.cpu": "1"})])
    assert not has_compute([quota({"pods": "1", "requests.storage": "1Gi"})])


DEFAULT = {"metadata": {"name": "std", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}


def judge_claims(*classes: Json, volumes: list[Json] | None, **spec: t.Any) -> Check:
    etcd = manifest(workload("StatefulSet/r-etcd", 2, claims=[claim("data", **spec)]))
    claims = find_claims({}, etcd, pod_sets=find_pod_sets({}, etcd, live={}))
    return judge_storage(claims, find_classless(claims, classes), volumes=volumes)


def volume(storage_class: str, phase: str = "Available") -> Json:
    return {"spec": {"storageClassName": storage_class}, "status": {"phase": phase}}


def test_storage_classes() -> None:
    other = {"metadata": {"name": "fast"}}
    assert judge_claims(DEFAULT, volumes=None).outcome == "passed"
    assert judge_claims(other, volumes=None, storageClassName="fast").outcome == "passed"
    assert judge_claims(other, volumes=None, storageClassName="").outcome == "passed"
    missing = judge_claims(other, volumes=[])
    assert missing.outcome == "failed"
    assert missing.evidence == "there is no default StorageClass for the 2 volume claims of StatefulSet/r-etcd"
    missing = judge_claims(DEFAULT, volumes=[], storageClassName="fast")
    assert missing.evidence == "there is no StorageClass fast for the 2 volume claims of StatefulSet/r-etcd"
    assert judge_storage((), {}, volumes=None).outcome == "passed"


def test_volumes_made_by_hand() -> None:
    wanted = {"storageClassName": "manual"}
    assert judge_claims(volumes=[volume("manual"), volume("manual")], **wanted).outcome == "passed"
    assert judge_claims(volumes=[volume("manual"), volume("manual", "Bound")], **wanted).outcome == "failed"
    assert judge_claims(volumes=[volume(""), volume("")]).outcome == "passed"
    assert judge_claims(volumes=None, **wanted).outcome == "warned"
