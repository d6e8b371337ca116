# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of the lab's own to its API server."""

from __future__ import annotations

import json
import ssl
import typing as t
import urllib.request

from .control_plane import Identities
from .layout import Layout

Object = dict[str, t.Any]


class Api:
    """The API server of one lab, asked as its administrator. What fails raises ``OSError``."""

    def __init__(self, layout: Layout, identities: Identities) -> None:
        self._url = layout.api_url
        self._tls = ssl.create_default_context(cafile=str(identities.authority.certificate))
        self._tls.load_cert_chain(identities.admin.certificate, identities.admin.key)

    def list(self, path: str) -> list[Object]:
        """All objects of a collection."""
        items: list[Object] = json.loads(self._send("GET", path))["items"]
        return items

    def create(self, path: str, content: Object) -> None:
        """Create an object in a collection."""
        self._send("POST", path, content=content)

    def delete(self, path: str) -> None:
        """Delete an object."""
        self._send("DELETE", path)

    def lacks(self, path: str) -> str:
        """Why ``path`` cannot be read, or nothing."""
        try:
            self._send("GET", path)
        except OSError as exc:
            return str(exc)
        return ""

    def lacks_nodes(self, count: int) -> str:
        """How far the nodes are from ``count`` ready ones, or nothing."""
        try:
            ready = self._send("GET", "/api/v1/nodes").count(b'"reason":"KubeletReady"')
        except OSError as exc:
            return str(exc)
        return "" if ready == count else f"{ready} of {count} are"

    def _send(self, method: str, path: str, *, content: Object | None = None) -> bytes:
        data = None if content is None else json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, context=self._tls, timeout=5) as response:
            body: bytes = response.read()
            return body
