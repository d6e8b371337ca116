# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What the cluster would not take is told before anything is touched; what may not be read stops nothing."""

from __future__ import annotations

import json
import re
import tarfile
import typing as t
from pathlib import Path

import pytest
import yaml

from installer import BARE, FEW, Installer
from milvus_lab.client import wait_for
from release_states import NAME

Json = dict[str, t.Any]

INSTALLER = Path(__file__).resolve().parents[3] / "docs/examples/rbac/installer.yaml"
CHECKS = [
    *("kubernetes_version", "helm_version", "chart_version", "permissions", "quota", "storage_class", "capacity"),
    "names",
]
# What the module has to read before it can make a plan at all.
TO_BEGIN = [
    {"apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": ["get", "list"]},
    {"apiGroups": [""], "resources": ["services"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["list"]},
    {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]},
]
RBAC = "rbac.authorization.k8s.io"

one_helm = pytest.mark.parametrize("installer", ["helm4"], indirect=True)


def outcomes(result: Json) -> dict[str, str]:
    return {one["check"]: one["outcome"] for one in result["plan"]["preflight"]}


def evidence(result: Json, check: str) -> str:
    (found,) = (one["evidence"] for one in result["plan"]["preflight"] if one["check"] == check)
    return str(found)


def block(installer: Installer, check: str, **options: t.Any) -> str:
    """Run the module, which must be stopped by that check alone and touch nothing, and return what it says."""
    before = installer.look()
    result = installer.attempt(**options)
    assert installer.look() == before
    assert result.get("failed"), result
    assert result["error"]["kind"] == "BlockedError", result["msg"]
    assert [name for name, outcome in outcomes(result).items() if outcome == "failed"] == [check], result["msg"]
    assert len(result["plan"]["blockers"]) == 1
    assert not result["changed"]
    return str(result["msg"])


def make_account(installer: Installer, name: str, *, rules: list[Json]) -> Json:
    """Make an account with those rules, and return the options to act as it."""
    namespace = installer.cluster.namespace
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
    role = {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules}
    installer.cluster.lab.apply(account, role, bind(name, name), namespace=namespace)
    return act_as(installer, name)


def bind(account: str, role: str) -> Json:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": role},
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account}],
    }


def act_as(installer: Installer, account: str) -> Json:
    return {
        "impersonate_user": f"system:serviceaccount:{installer.cluster.namespace}:{account}",
        "impersonate_groups": ["system:serviceaccounts", "system:authenticated"],
    }


def make_quota(installer: Installer, **hard: str) -> None:
    """Make a quota, and wait until it counts what there is."""
    namespace = installer.cluster.namespace
    spec = {"hard": {key.replace("__", "."): value for key, value in hard.items()}}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": spec}
    installer.cluster.lab.apply(quota, namespace=namespace)
    wait_for(
        "the quota counts",
        lambda: installer.cluster.lab.get("resourcequota", "small", namespace=namespace).get("status", {}).get("used"),
    )


def test_a_plain_install_passes(installer: Installer) -> None:
    done = installer.dance(release_values=FEW)
    assert list(outcomes(done)) == CHECKS
    assert set(outcomes(done).values()) == {"passed"}
    assert re.match(r"helm [34]\.", evidence(done, "helm_version"))
    assert re.match(r"room for \d+ more pods, ", evidence(done, "capacity"))
    assert installer.keep(release_values=FEW)["plan"]["preflight"] == []


def test_the_role_that_is_asked_for_is_enough(installer: Installer) -> None:
    """Helm's dry run ends at the first right that is missing; all of them are told at once, as a Role to apply."""
    account = make_account(installer, "few", rules=TO_BEGIN)
    message = block(installer, "permissions", **account)
    role = json.loads(message[message.index("{") : message.rindex("}") + 1])
    assert role["metadata"]["namespace"] == installer.cluster.namespace
    installer.cluster.lab.apply(role, bind("few", role["metadata"]["name"]), namespace=installer.cluster.namespace)
    values = {"etcd": {"replicaCount": 1}}
    done = installer.run(release_values=values, **account)
    assert outcomes(done)["permissions"] == "warned"  # events, logs and watches
    assert [outcomes(done)[name] for name in ("quota", "capacity")] == ["not checked"] * 2
    assert any("without which less is told of failures" in warning for warning in done["warnings"])
    installer.keep(release_values=values, **account)


def test_the_shipped_account_is_enough(installer: Installer) -> None:
    objects = yaml.safe_load(INSTALLER.read_text(encoding="utf-8"))["items"]
    installer.cluster.lab.apply(*objects, namespace=installer.cluster.namespace)
    account = act_as(installer, "milvus-installer")
    done = installer.run(**account)
    assert {name: outcome for name, outcome in outcomes(done).items() if outcome != "passed"} == {
        "storage_class": "not checked",
        "capacity": "not checked",
    }
    assert done["warnings"] == []
    installer.keep(**account)
    done = installer.run(release_values={"queryNode": {"replicas": 2}, "log": {"level": "debug"}}, **account)
    assert outcomes(done)["permissions"] == "passed"
    installer.check_all_ready()
    installer.run(state="absent", delete_volumes=True, confirm=NAME, **account)
    assert (installer.find_uids("pods"), installer.find_uids("pvc")) == ({}, {})


@one_helm
def test_a_single_right_is_named(installer: Installer) -> None:
    (role,) = (
        item for item in yaml.safe_load(INSTALLER.read_text(encoding="utf-8"))["items"] if item["kind"] == "Role"
    )
    rules = [rule for rule in role["rules"] if rule["apiGroups"] != ["autoscaling"]]
    account = make_account(installer, "almost", rules=rules)
    message = block(installer, "permissions", release_values=BARE, **account)
    assert "the account lacks list on horizontalpodautoscalers.autoscaling. Apply this" in message


def test_a_namespace_that_may_not_be_created(installer: Installer) -> None:
    """Helm 3 creates it though it is there; Helm 4 patches it, by the rights in it."""
    account = make_account(installer, "homely", rules=[{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])
    wanted = {"create_namespace": True, "release_values": BARE, **account}
    if installer.cluster.which == "helm4":
        installer.run(**wanted)
        return
    message = block(installer, "permissions", **wanted)
    assert "the account lacks create on namespaces. Apply this" in message
    assert '"kind": "ClusterRole"' in message


@one_helm
@pytest.mark.parametrize("knows", [True, False], ids=["administrator", "account"])
def test_an_api_that_is_not_there(installer: Installer, tmp_path: Path, *, knows: bool) -> None:
    with tarfile.open(installer.cluster.chart("5.0.19")) as archive:
        archive.extractall(tmp_path, filter="data")
    monitor = {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "m"}}
    (tmp_path / "milvus/templates/monitor.yaml").write_text(yaml.safe_dump(monitor), encoding="utf-8")
    account = {} if knows else make_account(installer, "few", rules=TO_BEGIN)
    chart = {"chart_repo_url": None, "chart_ref": str(tmp_path / "milvus")}
    message = block(installer, "permissions", **chart, **account)
    assert "the API server does not know ServiceMonitor of monitoring.coreos.com/v1" in message
    assert ("the account lacks" in message) != knows


@one_helm
def test_a_quota(installer: Installer) -> None:
    make_quota(installer, pods="3", persistentvolumeclaims="1", requests__storage="1Gi")
    message = block(installer, "quota", release_values=FEW)
    assert re.search(r"it needs \d+ more pods, and ResourceQuota small leaves 3 of 3", message)
    assert "it needs 2 more volume claims, and ResourceQuota small leaves 1 of 1" in message
    assert re.search(r"it needs \d+Gi more requests.storage, and ResourceQuota small leaves 1Gi of 1Gi", message)


@one_helm
def test_a_quota_that_is_used_up_does_not_stop_what_adds_nothing(installer: Installer) -> None:
    installer.run(release_values=BARE)
    pods = len(installer.find_uids("pods"))
    make_quota(installer, pods=str(pods))
    calm = {**BARE, "service": {"annotations": {"a": "b"}}}
    assert outcomes(installer.run(check=True, release_values=calm))["quota"] == "passed"
    more = {**BARE, "queryNode": {"replicas": 3}}
    message = block(installer, "quota", release_values=more)
    assert f"it needs 2 more pods, and ResourceQuota small leaves 0 of {pods}" in message


@one_helm
def test_a_storage_class_that_is_not_there(installer: Installer) -> None:
    values = {**FEW, "etcd": {"replicaCount": 1, "persistence": {"storageClass": "none-such"}}}
    message = block(installer, "storage_class", release_values=values)
    assert f"there is no StorageClass none-such for the 1 volume claims of StatefulSet/{NAME}-etcd" in message
    volume: Json = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"by-hand-{installer.cluster.namespace}"},
        "spec": {
            "storageClassName": "none-such",
            "capacity": {"storage": "20Gi"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/by-hand"},
        },
    }
    installer.cluster.lab.apply(volume, namespace=installer.cluster.namespace)
    name = volume["metadata"]["name"]
    lab = installer.cluster.lab
    wait_for("a free volume", lambda: lab.get("pv", name, namespace="")["status"].get("phase") == "Available")
    assert outcomes(installer.run(check=True, release_values=values))["storage_class"] == "passed"
    lab.kubectl("delete", "pv", name)


@one_helm
def test_no_default_storage_class(installer: Installer) -> None:
    lab, default = installer.cluster.lab, "storageclass.kubernetes.io/is-default-class"
    (name,) = (item["metadata"]["name"] for item in lab.list("storageclasses", namespace="default"))
    lab.kubectl("annotate", "storageclass", name, "--overwrite", f"{default}=false")
    try:
        message = block(installer, "storage_class", release_values=FEW)
        assert outcomes(installer.run(check=True, release_values=BARE))["storage_class"] == "passed"
    finally:
        lab.kubectl("annotate", "storageclass", name, "--overwrite", f"{default}=true")
    assert "there is no default StorageClass for the 2 volume claims" in message


@one_helm
def test_too_little_room(installer: Installer) -> None:
    huge = {**BARE, "queryNode": {"resources": {"requests": {"cpu": "1000", "memory": "1Gi"}}}}
    foretold = installer.run(check=True, release_values=huge)
    assert outcomes(foretold)["capacity"] == "warned"
    words = f"no room for 1 pod of Deployment/{NAME}-milvus-querynode (cpu 1000, memory 1Gi each)"
    assert any(words in warning for warning in foretold["warnings"])
    assert words in block(installer, "capacity", release_values=huge, require_capacity=True)

    installer.run(release_values=BARE, require_capacity=True)
    assert "the growth of 1 pod of" in block(installer, "capacity", release_values=huge, require_capacity=True)


@one_helm
def test_names_that_are_too_long(installer: Installer) -> None:
    name = "a-release-of-milvus-with-a-name-of-fifty-characters"
    message = block(installer, "names", release_values=BARE, release_name=name)
    assert f"StatefulSet {name}-etcd has {len(name) + 5} characters, and 52 are the most" in message
    assert "Take a release_name that is" in message
