# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Replays conversations with a real API server, as tests/functional/info/record_conversations.py has recorded them."""

from __future__ import annotations

import base64
import gzip
import json
import types
import typing as t
from pathlib import Path

from ansible_collections.milvus.cluster.plugins.module_utils._connection import Connection
from ansible_collections.milvus.cluster.plugins.module_utils._kube import KubeClient

FOLDER = Path(__file__).parents[2] / "fixtures/conversations"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))

Exchange = dict[str, t.Any]


class Answer:
    """What urllib3 returns."""

    def __init__(self, exchange: Exchange) -> None:
        self.status = exchange["status"]
        self.reason = "as recorded"
        self.headers = {"content-type": "application/json", "date": exchange["date"]}
        self.data = json.dumps(exchange["body"]).encode()

    def tell(self) -> int:
        return len(self.data)


class ReplayPool:
    """A connection pool that gives the recorded answers to the recorded requests, in their order."""

    def __init__(self, exchanges: t.Sequence[Exchange]) -> None:
        self.left = list(exchanges)

    def request(self, method: str, url: str, *, headers: t.Mapping[str, str], **_rest: t.Any) -> Answer:
        exchange = self.left.pop(0)
        asked = (method, url.split("/", 3)[3], headers["accept"])
        assert asked == ("GET", exchange["url"], exchange["accept"])
        return Answer(exchange)


def read(name: str) -> list[Exchange]:
    """The exchanges of a conversation."""
    exchanges: list[Exchange] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return exchanges


def find_record(name: str) -> dict[str, t.Any]:
    """The newest revision in a conversation, as the Secret or ConfigMap that holds it."""
    record: dict[str, t.Any] = next(x["body"] for x in read(name) if "sh.helm.release" in x["url"])
    return record


def make_client(pool: t.Any, namespace: str, **arguments: t.Any) -> KubeClient:
    """A client that sends its requests to *pool*."""
    configuration = types.SimpleNamespace(
        host="https://replay.invalid", proxy=None, verify_ssl=True, auth_settings=dict
    )
    client = KubeClient(Connection(configuration), namespace, **arguments)
    client._pool = pool
    return client


def change_manifest(record: dict[str, t.Any], *replacements: tuple[str, str]) -> dict[str, t.Any]:
    """A record with texts in its manifest replaced."""
    body = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(record["data"]["release"]))))
    for old, new in replacements:
        assert old in body["manifest"]
        body["manifest"] = body["manifest"].replace(old, new)
    return {**record, "data": {"release": encode(body)}}


def encode(body: t.Any) -> str:
    """The payload of a Secret as Helm writes it."""
    packed = base64.b64encode(gzip.compress(json.dumps(body).encode(), mtime=0))
    return base64.b64encode(packed).decode()
