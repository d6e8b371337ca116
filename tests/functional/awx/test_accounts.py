# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The shipped accounts that change a release have what that takes, and nothing else.

An account that is given what it is told to need, time after time, ends with the shipped rules.
"""

from __future__ import annotations

import itertools
import json
import re
import tarfile
import time
import typing as t
from pathlib import Path

import pytest
import yaml

from accounts import Account, Rule, split_rules
from installer import BARE, Installer
from milvus_lab.client import HELMS, Client
from module_runner import Result
from release_states import NAME, Cluster
from watched_helm import WatchedHelm

Json = dict[str, t.Any]
Right = tuple[str, str, str]  # group, resource, verb

RBAC = "rbac.authorization.k8s.io"
# What the Roles of charts give to Pulsar's brokers; who installs them has to have that himself.
PULSAR = [
    {
        "apiGroups": ["", "extensions", "apps"],
        "resources": ["pods", "services", "deployments", "secrets", "statefulsets"],
        "verbs": ["list", "get", "watch", "create", "update", "delete", "patch"],
    },
    {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]},
]
# Optional reads of what lies in no namespace, so that no Role can grant them.
OUTSIDE = {("", "nodes", "list"), ("storage.k8s.io", "storageclasses", "list")}
# Read beside quotas of CPU and memory; without it these are not checked, and the rule is not named.
QUIET = {("", "limitranges", "list")}
# What a first look at a release takes. An account that lacks one of these is told of one at a time.
TO_BEGIN = [
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]},
    {"apiGroups": ["", "apps"], "resources": ["deployments", "statefulsets"], "verbs": ["list"]},
]
# What the API server says, and what the collection makes of it.
_REFUSED = re.compile(r'cannot (\w+) resource "([\w/]+)" in API group "([\w.]*)"')
_RULES = re.compile(r'\{"apiGroups": .*?\]\}')


def read_rules(rules: t.Iterable[Rule]) -> set[Right]:
    return {right for rule in rules for right in itertools.product(rule["apiGroups"], rule["resources"], rule["verbs"])}


def list_texts(node: t.Any) -> t.Iterator[str]:
    """Yield all texts of a result."""
    if isinstance(node, str):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from list_texts(child)


def find_rights(result: Result) -> set[Right]:
    """The rights of which a result says that they are missing."""
    text = "\n".join(list_texts(result))
    told = {(group, resource, verb) for verb, resource, group in _REFUSED.findall(text)}
    return told | read_rules(json.loads(rule) for rule in _RULES.findall(text))


class Growing:
    """An account that is given what it is told to need."""

    def __init__(self, installer: Installer, *, stem: str, folder: Path) -> None:
        cluster = installer.cluster
        self.installer = installer
        self.account = Account(cluster.lab, cluster.namespace, stem=stem, rules=[])
        self.name = f"milvus-{stem}"
        self.folder = folder
        self.rights: set[Right] = set()

    def run(self, **options: t.Any) -> None:
        """Run the module until nothing is missing any more, not even of what it can do without."""
        for _time in range(30):
            result = self.attempt(**options)
            missing = find_rights(result) - self.rights
            if not missing and "failed" not in result:
                return
            if "rbac_rule" in (result.get("error") or {}):
                assert find_rights(result) == read_rules([result["error"]["rbac_rule"]])  # no more than this
            self.give(missing)
        raise AssertionError(result["msg"])

    def attempt(self, **options: t.Any) -> Result:
        """Run the module with the rights that the account has."""
        given = {
            "helm_binary": str(self.installer.helm.binary),
            "chart_repo_url": self.installer.cluster.lab.chart_repo_url,
            "stable_seconds": 0,
            "wait_timeout": 60,
        }
        return self.account.run(self.installer.module, self.folder, **{**given, **options})

    def give(self, rights: set[Right]) -> None:
        """Let the account have them too."""
        self.rights |= rights
        rules = [{"apiGroups": [group], "resources": [name], "verbs": [verb]} for group, name, verb in self.rights]
        role = {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": {"name": self.name}, "rules": rules}
        cluster = self.installer.cluster
        cluster.lab.apply(role, namespace=cluster.namespace)
        time.sleep(0.2)  # the API server takes a moment to know of it


def make_objects() -> t.Iterator[Json]:
    """One object of each kind that the real chart has or can have."""
    metadata = {"metadata": {"name": "more"}}
    spec = {"containers": [{"name": "more", "image": "more"}]}
    template = {"metadata": {"labels": {"more": "more"}}, "spec": spec}
    sets = {"replicas": 0, "selector": {"matchLabels": {"more": "more"}}, "template": template}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "more"}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    backend = {"service": {"name": "more", "port": {"number": 80}}}
    role = {"apiGroup": RBAC, "kind": "Role", "name": "more"}
    specs: dict[tuple[str, str], Json] = {
        ("apps/v1", "Deployment"): sets,
        ("apps/v1", "StatefulSet"): {**sets, "serviceName": "more"},
        ("batch/v1", "Job"): {"suspend": True, "template": {"spec": {**spec, "restartPolicy": "Never"}}},
        ("v1", "Service"): {"ports": [{"port": 80}]},
        ("v1", "PersistentVolumeClaim"): claim,
        ("autoscaling/v2", "HorizontalPodAutoscaler"): {"scaleTargetRef": target, "maxReplicas": 1},
        ("policy/v1", "PodDisruptionBudget"): {"maxUnavailable": 1},
        ("networking.k8s.io/v1", "NetworkPolicy"): {"podSelector": {}, "policyTypes": []},
        ("networking.k8s.io/v1", "Ingress"): {"defaultBackend": backend},
    }
    for (version, kind), content in specs.items():
        yield {"apiVersion": version, "kind": kind, **metadata, "spec": content}
    for kind in ("ConfigMap", "Secret", "ServiceAccount"):
        yield {"apiVersion": "v1", "kind": kind, **metadata}
    yield {"apiVersion": f"{RBAC}/v1", "kind": "Role", **metadata, "rules": PULSAR}
    yield {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", **metadata, "roleRef": role}


def make_chart(installer: Installer, folder: Path) -> str:
    """The lab's chart, with those objects where the value `more` is true."""
    with tarfile.open(installer.cluster.chart("5.0.19")) as archive:
        archive.extractall(folder, filter="data")
    texts = {each["kind"]: yaml.safe_dump(each) for each in make_objects()}
    claim = texts.pop("PersistentVolumeClaim")  # an upgrade that takes one away is refused
    objects = "---\n".join(texts.values())
    text = f"{claim}---\n{{{{ if .Values.more }}}}\n{objects}\n{{{{ end }}}}\n"
    (folder / "milvus/templates/more.yaml").write_text(text, encoding="utf-8")
    return str(folder / "milvus")


def make_installer(lab: Client, folder: Path, *, module: str, helm: str) -> Installer:
    """A module in a namespace that has a quota, so that quotas are read."""
    name = f"accounts-{module.replace('_', '-')}"
    lab.kubectl("create", "namespace", name)
    lab.kubectl("create", "quota", "large", "--hard=pods=100", "--namespace", name)
    return Installer(Cluster(lab, name, helm), WatchedHelm(lab.program(HELMS[helm]), folder / "starts"), module)


@pytest.fixture(scope="module")
def needed(lab: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Right]]:
    """What each account was told to need."""
    folder = tmp_path_factory.mktemp("scaler")
    scaler = make_installer(lab, folder, module="milvus_scale", helm="helm3")
    scaler.cluster.install()
    scaling = Growing(scaler, stem="scaler", folder=folder)
    scaling.run(replicas={"query_node": 2})
    scaling.run(autoscaling={"data_node": {"min_replicas": 1, "max_replicas": 3}})
    scaling.run(autoscaling={"data_node": {"enabled": False}})

    folder = tmp_path_factory.mktemp("installer")
    installer = make_installer(lab, folder, module="milvus_install", helm="helm4")
    installing = Growing(installer, stem="installer", folder=folder)
    installing.give(read_rules(TO_BEGIN))
    chart = make_chart(installer, folder)
    for more in (False, True, False):  # the Job and the claim are not meant to get ready
        installing.run(chart_ref=chart, release_values={**BARE, "more": more}, wait=False)
    removal = {"state": "absent", "delete_volumes": True, "confirm": NAME, "wait": False}
    installing.run(**removal)
    for name in (scaler.cluster.namespace, installer.cluster.namespace):
        lab.kubectl("delete", "namespace", name, "--wait=false")
    # The playbook site scales too.
    return {"scaler": scaling.rights | QUIET, "installer": installing.rights | scaling.rights | QUIET}


def list_resources() -> list[tuple[str, str, str]]:
    """What the Roles of the shipped accounts name: account, group, resource."""
    rights = ((stem, right) for stem in ("scaler", "installer") for right in read_rules(split_rules(stem)))
    return sorted({(stem, group, resource) for stem, (group, resource, _verb) in rights})


@pytest.mark.parametrize(("stem", "group", "resource"), list_resources())
def test_each_verb_is_needed(stem: str, group: str, resource: str, needed: dict[str, set[Right]]) -> None:
    place = (group, resource)
    shipped = {verb for *where, verb in read_rules(split_rules(stem)) if tuple(where) == place}
    assert shipped == {verb for *where, verb in needed[stem] if tuple(where) == place}


@pytest.mark.parametrize("stem", ["scaler", "installer"])
def test_nothing_is_missing(stem: str, needed: dict[str, set[Right]]) -> None:
    assert needed[stem] - OUTSIDE <= read_rules(split_rules(stem))
