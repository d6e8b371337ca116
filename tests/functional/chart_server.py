# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""One chart, as a repository and as a registry, over HTTPS, for those who know the password."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import json
import ssl
import threading
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

from milvus_lab.certificates import Authority

USERNAME, PASSWORD = "reader", "correct-horse-battery"
_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class ChartServer:
    """Where it listens, and the CA certificate that proves it."""

    address: str
    ca_cert: Path


@contextlib.contextmanager
def serve(archive: Path, metadata: dict[str, str], folder: Path) -> t.Iterator[ChartServer]:
    """Serve the packaged chart *archive*, which *metadata* describes; *folder* is for certificates."""
    authority = Authority(folder)
    pair = authority.issue("charts", user="charts")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    answers = {**_repository(archive, metadata), **_registry(archive, metadata)}
    handler = type("Handler", (_Handler,), {"answers": answers})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield ChartServer(f"127.0.0.1:{server.server_port}", authority.certificate)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


Answers = dict[str, tuple[str, bytes]]


def _repository(archive: Path, metadata: dict[str, str]) -> Answers:
    entry = {"apiVersion": "v2", **metadata, "urls": [archive.name]}
    index = {"apiVersion": "v1", "entries": {metadata["name"]: [entry]}}
    return {
        "/charts/index.yaml": ("text/yaml", yaml.safe_dump(index).encode()),
        f"/charts/{archive.name}": ("application/gzip", archive.read_bytes()),
    }


def _registry(archive: Path, metadata: dict[str, str]) -> Answers:
    config, chart = json.dumps(metadata).encode(), archive.read_bytes()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _describe(config, _CONFIG),
            "layers": [_describe(chart, _CHART)],
        }
    ).encode()
    root = f"/v2/charts/{metadata['name']}"
    tags = json.dumps({"name": f"charts/{metadata['name']}", "tags": [metadata["version"]]}).encode()
    return {
        f"{root}/tags/list": ("application/json", tags),
        f"{root}/manifests/{metadata['version']}": (_MANIFEST, manifest),
        f"{root}/manifests/{_digest(manifest)}": (_MANIFEST, manifest),
        f"{root}/blobs/{_digest(config)}": ("application/octet-stream", config),
        f"{root}/blobs/{_digest(chart)}": ("application/octet-stream", chart),
    }


def _describe(content: bytes, media_type: str) -> dict[str, t.Any]:
    return {"mediaType": media_type, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class _Handler(http.server.BaseHTTPRequestHandler):
    answers: t.ClassVar[Answers] = {}

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        pair = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {pair}":
            self._send(401, ("text/plain", b"who is there?"))
        elif self.path in self.answers:
            self._send(200, self.answers[self.path])
        else:
            self._send(404, ("text/plain", b"not here"))

    def _send(self, status: int, answer: tuple[str, bytes]) -> None:
        kind, body = answer
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Docker-Content-Digest": _digest(body)}
        for name, value in {**headers, "WWW-Authenticate": 'Basic realm="charts"'}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass
