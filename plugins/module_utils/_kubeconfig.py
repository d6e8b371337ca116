# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A resolved connection written as a kubeconfig, so that helm goes where the API client goes. PRIVATE."""

from __future__ import annotations

import base64
import json
import os
import typing as t

from ._libraries import load_transport

if t.TYPE_CHECKING:
    from ._connection import Connection

Json = dict[str, t.Any]

_NAME = "milvus"


def write_kubeconfig(connection: Connection) -> str:
    """Return the text of a kubeconfig with the one cluster and user of *connection*, tokens as they are by now."""
    named = {"name": _NAME}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": _NAME,
            "contexts": [{**named, "context": {"cluster": _NAME, "user": _NAME}}],
            "clusters": [{**named, "cluster": _filled(_describe_cluster(connection.configuration))}],
            "users": [{**named, "user": _filled(_describe_user(connection))}],
        }
    )


def _describe_cluster(configuration: t.Any) -> Json:
    verify = configuration.verify_ssl
    return {
        "server": configuration.host,
        # client-go refuses a CA certificate beside the wish not to verify.
        "certificate-authority": _absolute(configuration.ssl_ca_cert) if verify else None,
        "insecure-skip-tls-verify": not verify,
        "tls-server-name": configuration.tls_server_name,
        "proxy-url": _find_proxy(configuration),
    }


def _describe_user(connection: Connection) -> Json:
    configuration = connection.configuration
    return {
        "client-certificate": _absolute(configuration.cert_file),
        "client-key": _absolute(configuration.key_file),
        **_split_header(_find_header(connection)),
        "as": next((value for name, value in connection.impersonation if name == "Impersonate-User"), ""),
        "as-groups": [value for name, value in connection.impersonation if name == "Impersonate-Group"],
    }


def _find_header(connection: Connection) -> str:
    if connection.token:
        return f"Bearer {connection.token}"
    settings = connection.configuration.auth_settings().values()
    return str(next((one["value"] for one in settings if one["key"].lower() == "authorization" and one["value"]), ""))


def _split_header(header: str) -> Json:
    scheme, _blank, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return {"token": credentials}
    username, _colon, password = base64.b64decode(credentials).decode().partition(":")
    return {"username": username, "password": password}


def _find_proxy(configuration: t.Any) -> str | None:
    """Return the proxy unless no_proxy has an exception for the server: client-go does not ask it for a proxy-url."""
    if not (configuration.proxy and configuration.no_proxy):
        return t.cast("str | None", configuration.proxy)
    pool = load_transport().rest_client_class(configuration).pool_manager
    return configuration.proxy if pool.proxy else None


def _absolute(path: str | None) -> str | None:
    return os.path.abspath(path) if path else None


def _filled(entries: Json) -> Json:
    return {key: value for key, value in entries.items() if value}
