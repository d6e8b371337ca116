# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import base64
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._connection import connect
from ansible_collections.milvus.cluster.plugins.module_utils._kubeconfig import write_kubeconfig

HOST = {"host": "https://api.example:6443", "api_key": "a-token"}


def write(**options: t.Any) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The cluster and the user of the kubeconfig for a task's options."""
    config = json.loads(write_kubeconfig(connect(options, {})))
    (cluster,), (user,), (context,) = config["clusters"], config["users"], config["contexts"]
    assert context == {"name": config["current-context"], "context": {"cluster": "milvus", "user": "milvus"}}
    return cluster["cluster"], user["user"]


def test_host_and_token() -> None:
    assert write(**HOST) == ({"server": "https://api.example:6443"}, {"token": "a-token"})


def test_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ca.crt", "client.crt", "client.key"):
        (tmp_path / name).touch()
    cluster, user = write(
        host="https://api.example",
        ca_cert="ca.crt",
        client_cert="client.crt",
        client_key="client.key",
        tls_server_name="kubernetes",
        proxy="http://proxy.example:3128",
        impersonate_user="ops",
        impersonate_groups=["a", "b"],
    )
    assert cluster == {
        "server": "https://api.example",
        "certificate-authority": str(tmp_path / "ca.crt"),
        "tls-server-name": "kubernetes",
        "proxy-url": "http://proxy.example:3128",
    }
    assert user == {
        "client-certificate": str(tmp_path / "client.crt"),
        "client-key": str(tmp_path / "client.key"),
        "as": "ops",
        "as-groups": ["a", "b"],
    }


def test_certificates_that_are_not_verified(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").touch()
    cluster, _user = write(**HOST, ca_cert=str(tmp_path / "ca.crt"), validate_certs=False)
    assert cluster == {"server": "https://api.example:6443", "insecure-skip-tls-verify": True}


@pytest.mark.parametrize(("no_proxy", "is_used"), [("api.example", False), ("other.example", True)])
def test_exceptions_from_the_proxy(no_proxy: str, *, is_used: bool) -> None:
    cluster, _user = write(**HOST, proxy="http://proxy.example:3128", no_proxy=no_proxy)
    assert ("proxy-url" in cluster) is is_used


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"token": "of-the-file"}, {"token": "of-the-file"}),
        ({"username": "me", "password": "a:b"}, {"username": "me", "password": "a:b"}),
    ],
)
def test_identity_of_a_kubeconfig(user: dict[str, str], expected: dict[str, str]) -> None:
    config = {
        "current-context": "one",
        "clusters": [{"name": "one", "cluster": {"server": "https://one"}}],
        "users": [{"name": "one", "user": user}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
    }
    assert write(kubeconfig=config) == ({"server": "https://one"}, expected)


def test_certificate_within_a_kubeconfig() -> None:
    data = base64.b64encode(b"-----BEGIN").decode()
    config = {
        "current-context": "one",
        "clusters": [{"name": "one", "cluster": {"server": "https://one", "certificate-authority-data": data}}],
        "users": [{"name": "one", "user": {"client-certificate-data": data, "client-key-data": data}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
    }
    cluster, user = write(kubeconfig=config)
    for path in (cluster["certificate-authority"], user["client-certificate"], user["client-key"]):
        assert Path(path).read_bytes() == b"-----BEGIN"
