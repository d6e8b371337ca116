# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which ways lead to the API server, and what milvus_info says where one does not."""

from __future__ import annotations

import base64
import os
import typing as t
from pathlib import Path

import pytest
import yaml

from accounts import Account, Rule, name_of, split_rules
from milvus_lab.client import Client
from module_runner import run_module
from release_states import SMALL, Cluster

READER = "reader"


@pytest.fixture(scope="module")
def installed(lab: Client) -> t.Iterator[str]:
    """A namespace with a release in it, for tests that change neither."""
    lab.kubectl("create", "namespace", "access")
    Cluster(lab, "access", "helm4").install(SMALL)
    yield "access"
    lab.kubectl("delete", "namespace", "access", "--wait=false")


def test_the_shipped_account_is_enough(lab: Client, namespace: str, tmp_path: Path) -> None:
    Cluster(lab, namespace, "helm4").install()
    account = Account(lab, namespace, stem=READER)
    result = account.run("milvus_info", tmp_path)
    assert (result["exists"], result["mode"], result["error"]) == (True, "cluster", None)
    assert result["warnings"] == []
    assert account.run("milvus_info", tmp_path, release_name="another")["release"]["status"] == "absent"


@pytest.mark.parametrize(
    "missing", [rule for rule in split_rules(READER) if rule["resources"] != ["configmaps"]], ids=name_of
)
def test_each_rule_is_needed(missing: Rule, lab: Client, installed: str, tmp_path: Path) -> None:
    rules = [rule for rule in split_rules(READER) if rule != missing]
    account = Account(lab, installed, stem=READER, rules=rules, variant=f"-without-{name_of(missing)}")
    result = account.run("milvus_info", tmp_path)
    assert result["failed"]
    assert result["error"]["kind"] == "ForbiddenError"
    assert result["error"]["rbac_rule"] == missing
    assert f'User "system:serviceaccount:{installed}:milvus-reader-without-' in result["msg"]
    assert f"Add this rule to a Role in namespace {installed}" in result["msg"]


def test_the_rule_for_config_maps_is_needed_where_no_secret_has_the_release(
    lab: Client, namespace: str, tmp_path: Path
) -> None:
    rules = [rule for rule in split_rules(READER) if rule["resources"] != ["configmaps"]]
    result = Account(lab, namespace, stem=READER, rules=rules).run("milvus_info", tmp_path)
    assert result["exists"] is False
    (warning,) = result["warnings"]
    assert "ConfigMaps are not checked" in warning


def test_a_wrong_token(lab: Client, namespace: str, tmp_path: Path) -> None:
    account = Account(lab, namespace, stem=READER)
    account.token = "not-a-token-of-this-cluster"
    result = account.run("milvus_info", tmp_path)
    assert result["error"]["kind"] == "UnauthorizedError"
    assert "does not accept the credentials" in result["msg"]
    assert account.token not in str(result)


def test_a_server_that_is_not_trusted(lab: Client, namespace: str) -> None:
    account = Account(lab, namespace, stem=READER)
    result = run_module("milvus_info", namespace, host=account.host, api_key=account.token)
    assert result["error"]["kind"] == "UntrustedError"
    assert "Set ca_cert" in result["msg"]


def test_a_credential_of_awx_without_a_ca(lab: Client, namespace: str) -> None:
    account = Account(lab, namespace, stem=READER)
    environ = {"K8S_AUTH_HOST": account.host, "K8S_AUTH_API_KEY": account.token, "K8S_AUTH_VERIFY_SSL": "False"}
    result = run_module("milvus_info", namespace, environ=environ)
    assert result["exists"] is False
    (warning,) = result["warnings"]
    assert "TLS certificates are not verified" in warning


@pytest.fixture
def kubeconfig(lab: Client, tmp_path: Path) -> Path:
    """The lab's kubeconfig with its certificates in files beside it."""
    config = yaml.safe_load(lab.kubeconfig.read_text(encoding="utf-8"))
    folder = tmp_path / "kube"
    folder.mkdir()
    for entry in (config["clusters"][0]["cluster"], config["users"][0]["user"]):
        for key in [key for key in entry if key.endswith("-data")]:
            (folder / key).write_bytes(base64.b64decode(entry.pop(key)))
            entry[key.removesuffix("-data")] = key
    (folder / "config").write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder / "config"


@pytest.mark.parametrize("form", ["path", "list", "joined", "dict", "text", "K8S_AUTH_KUBECONFIG", "KUBECONFIG"])
def test_forms_of_a_kubeconfig(form: str, lab: Client, kubeconfig: Path, namespace: str) -> None:
    text = lab.kubeconfig.read_text(encoding="utf-8")
    forms: dict[str, t.Any] = {
        "path": str(kubeconfig),
        "list": ["/missing", str(kubeconfig)],
        "joined": f"/missing{os.pathsep}{kubeconfig}",
        "dict": yaml.safe_load(text),
        "text": text,
    }
    options: dict[str, t.Any] = {"kubeconfig": forms[form]} if form in forms else {}
    result = run_module("milvus_info", namespace, environ={} if options else {form: str(kubeconfig)}, **options)
    assert (result.get("msg"), result["exists"]) == (None, False)


def test_an_unknown_context(kubeconfig: Path, namespace: str) -> None:
    result = run_module("milvus_info", namespace, kubeconfig=str(kubeconfig), context="nowhere")
    assert result["msg"].startswith(
        f"Loading kubeconfig {kubeconfig} failed: it has no context 'nowhere'. Set context to"
    )


def test_acting_as_another_user(lab: Client, namespace: str) -> None:
    account = f"system:serviceaccount:{namespace}:milvus-reader"
    options: dict[str, t.Any] = {
        "kubeconfig": str(lab.kubeconfig),
        "impersonate_user": account,
        "impersonate_groups": ["system:authenticated"],
    }
    assert run_module("milvus_info", namespace, **options)["error"]["kind"] == "ForbiddenError"
    Account(lab, namespace, stem=READER)
    assert run_module("milvus_info", namespace, **options)["exists"] is False


def test_a_namespace_that_does_not_exist(lab: Client) -> None:
    result = run_module("milvus_info", "there-is-no-such-namespace", kubeconfig=str(lab.kubeconfig))
    assert result["release"]["status"] == "absent"
