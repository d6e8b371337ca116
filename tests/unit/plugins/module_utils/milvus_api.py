# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Milvus' REST API behind a door, for tests: what it answers to each version's bodies.

Version 1 answers as Milvus 2.3.5 does, recorded from one. Version 2 answers as Milvus 2.4 to 2.6 do by their
documentation and source (internal/distributed/proxy/httpserver): no binary of these could be had.

Resource groups are told as by Milvus 2.5.3 to 2.6: resource_group_handler_v2.go there lists their names as data, and
describes one without code and data; proto/milvus.proto and rg.proto of milvus-proto have its fields, of which Go leaves
out those that are zero.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.milvus.cluster.plugins.module_utils._kube import Served

Json = dict[str, t.Any]

NOT_FOUND = Served(404, "404 page not found")
NO_COLLECTION = {"code": 100, "message": "collection not found"}
NO_GROUP = {"code": 300, "message": "resource group not found"}


class Store:
    """What all proxies of a Milvus share. *groups* has resource groups by name; None where it cannot tell them."""

    def __init__(self, *names: str) -> None:
        self.rows: dict[str, list[Json]] = {name: [] for name in names}
        self.groups: dict[str, Json] | None = None
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
        doing += "_groups" * ("/resource_groups/" in path)
        waiting = self.broken.get(doing, [])
        if waiting:
            answer = waiting[0] if doing in self.lasting else waiting.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        is_new = path.startswith("v2/vectordb/")
        if is_new != (self.version == 2) or (doing.endswith("_groups") and self.store.groups is None):
            return NOT_FOUND
        told = getattr(self, f"_{doing}")(body or {}, is_new)
        done = {"code": 0 if is_new else 200, "data": told}
        is_whole = isinstance(told, dict) and ("code" in told or "resource_group" in told)
        return Served(200, json.dumps(told if is_whole else done))

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

    def _list_groups(self, _body: Json, _is_new: bool) -> t.Any:
        return list(self.store.groups or ())

    def _describe_groups(self, body: Json, _is_new: bool) -> t.Any:
        group = (self.store.groups or {}).get(body["name"])
        return NO_GROUP if group is None else {"resource_group": group}


def make_group(name: str, *addresses: str, requests: int = 0) -> Json:
    """A resource group with nodes at these addresses, numbered from 1, each in a pod of the name "pod-<number>"."""
    nodes = [
        {"node_id": number, "address": address, "hostname": f"pod-{number}"}
        for number, address in enumerate(addresses, 1)
    ]
    limits = {"requests": {"node_num": requests} if requests else {}, "limits": {"node_num": 1000000}}
    found = {"num_available_node": len(nodes), "nodes": nodes} if nodes else {}
    return {"name": name, "capacity": 1000000, "num_loaded_replica": {"products": 1}, "config": limits, **found}


def refuse(code: int, message: str, *, status: int = 200) -> Served:
    """An answer by which Milvus says no."""
    return Served(status, json.dumps({"code": code, "message": message}))
