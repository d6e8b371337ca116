# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Milvus' REST API behind a door, for tests: what it answers to each version's bodies.

Version 1 answers as Milvus 2.3.5 does, recorded from one. Version 2 answers as Milvus 2.4 to 2.6 do by their
documentation and source (internal/distributed/proxy/httpserver): no binary of these could be had.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.milvus.cluster.plugins.module_utils._kube import Served

Json = dict[str, t.Any]

NOT_FOUND = Served(404, "404 page not found")
NO_COLLECTION = {"code": 100, "message": "collection not found"}


class Store:
    """What all proxies of a Milvus share."""

    def __init__(self, *names: str) -> None:
        self.rows: dict[str, list[Json]] = {name: [] for name in names}
        self.dropped: list[str] = []


class FakeDoor:
    """A proxy of a Milvus whose data are in *store*; *version* is that of its API.

    *broken* has, by what is done, answers or errors that come first, one for each call; the last one stays for good
    where it is in *lasting*.
    """

    is_anonymous = True

    def __init__(self, store: Store, *, title: str = "pod p", version: int = 1) -> None:
        self.title = title
        self.store = store
        self.version = version
        self.broken: dict[str, list[Served | Exception]] = {}
        self.lasting: set[str] = set()
        self.sent: list[tuple[str, Json | None]] = []

    def send(self, path: str, body: Json | None, *, seconds: float) -> Served:
        assert seconds > 0
        self.sent.append((path, body))
        doing = "list" if path.endswith("collections") else path.rpartition("/")[2]
        waiting = self.broken.get(doing, [])
        if waiting:
            answer = waiting[0] if doing in self.lasting else waiting.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        is_new = path.startswith("v2/vectordb/")
        if is_new != (self.version == 2):
            return NOT_FOUND
        told = getattr(self, f"_{doing}")(body or {}, is_new)
        done = {"code": 0 if is_new else 200, "data": told}
        return Served(200, json.dumps(told if isinstance(told, dict) and "code" in told else done))

    def _list(self, _body: Json, _is_new: bool) -> t.Any:
        return sorted(self.store.rows)

    def _create(self, body: Json, _is_new: bool) -> t.Any:
        assert body["dimension"] > 1
        if body["collectionName"] in self.store.rows:
            return {"code": 65535, "message": "create duplicate collection with different parameters"}
        self.store.rows[body["collectionName"]] = []
        return {}

    def _insert(self, body: Json, _is_new: bool) -> t.Any:
        self.store.rows[body["collectionName"]].extend(body["data"])
        return {"insertCount": len(body["data"]), "insertIds": [str(4000 + each) for each in range(len(body["data"]))]}

    def _search(self, body: Json, is_new: bool) -> t.Any:
        rows = self.store.rows.get(body["collectionName"])
        if rows is None:
            return NO_COLLECTION
        (vector,) = body["data"] if is_new else [body["vector"]]
        assert not is_new or body["annsField"]
        nearest = sorted(rows, key=lambda row: sum((a - b) ** 2 for a, b in zip(row["vector"], vector)))
        fields = ("id", *body["outputFields"])
        found = nearest[: body["limit"]]
        return [{"distance": 0, **{name: row[name] for name in fields if name in row}} for row in found]

    def _drop(self, body: Json, _is_new: bool) -> t.Any:
        if self.store.rows.pop(body["collectionName"], None) is None:
            return NO_COLLECTION
        self.store.dropped.append(body["collectionName"])
        return {}


def refuse(code: int, message: str, *, status: int = 200) -> Served:
    """An answer by which Milvus says no."""
    return Served(status, json.dumps({"code": code, "message": message}))
