# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Milvus over its own REST API, of version 2 where it has that (2.4 and later), else of version 1. PRIVATE.

It is asked through a door: one of its proxies by way of the API server, or an address of it.
"""

from __future__ import annotations

import json
import typing as t

from ._errors import (
    CredentialsError,
    DataError,
    ForbiddenError,
    KubeError,
    UnansweredError,
    UnreachableError,
    UnreachedError,
    UnsupportedError,
)
from ._kube import PodPort, Served

if t.TYPE_CHECKING:
    from ._kube import KubeClient

Json = dict[str, t.Any]

PORT = 19530
_LONGEST = 160  # characters of an answer that nobody expects
_DONE = (0, 200)  # version 2 says 0, and 200 before 2.4.2, which version 1 always says
_NOT_FOUND, _UNAUTHORIZED, _FORBIDDEN = 404, 401, 403
_NEED_AUTHENTICATE = 1800  # of pkg/util/merr
_FIELD = "vector"
_GROUP = "resource_group"  # an answer that has this has neither code nor data (2.5.3 to 2.6)


class Door(t.Protocol):
    """A way to Milvus. *title* names it in messages; *is_anonymous*: it shows no credentials."""

    title: str
    is_anonymous: bool

    def send(self, path: str, body: Json | None, *, seconds: float) -> Served:
        """Send JSON, or ask for *path* without any, and return the answer, whatever its status.

        Raises UnansweredError when there is none in time, and UnreachedError, DataError or ForbiddenError when Milvus
        cannot be asked.
        """


class PodDoor:
    """A proxy of Milvus, by way of the API server, which takes no credentials along."""

    def __init__(self, client: KubeClient, where: PodPort) -> None:
        self.title = f"pod {where.pod}"
        self.is_anonymous = True
        self._client = client
        self._where = where

    def send(self, path: str, body: Json | None, *, seconds: float) -> Served:
        """See Door."""
        try:
            return self._client.send_pod(self._where, path, body=body, seconds=seconds)
        except ForbiddenError:
            raise
        except UnreachableError as exc:
            raise _unanswered(self.title, path, seconds=seconds) from exc
        except KubeError as exc:
            raise UnreachedError(f"Asking {self.title}", reason=exc.reason, remedy="Look at its log.") from exc


class AddressDoor:
    """Milvus at an address that the host which runs the module reaches.

    *credentials* are a token, or "<user>:<password>"; *ca_cert* is the path of the certificate to check HTTPS against.
    """

    def __init__(self, uri: str, *, credentials: str, ca_cert: str) -> None:
        self.title = uri.rstrip("/")
        self.is_anonymous = not credentials
        self._credentials = credentials
        self._ca_cert = ca_cert

    def send(self, path: str, body: Json | None, *, seconds: float) -> Served:
        """See Door."""
        # Here, because most runs need none of it.
        import socket
        import urllib.error

        from ansible.module_utils.urls import open_url

        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._credentials:
            headers["Authorization"] = f"Bearer {self._credentials}"
        data = None if body is None else json.dumps(body).encode()
        options = {"method": "GET" if data is None else "POST", "ca_path": self._ca_cert or None}
        try:
            url = f"{self.title}/{path}"
            with open_url(url, data=data, headers=headers, timeout=seconds, **options) as answer:
                return Served(answer.status, answer.read().decode("utf-8", "replace"))
        except urllib.error.HTTPError as exc:
            return Served(exc.code, exc.read().decode("utf-8", "replace"))
        except (socket.timeout, TimeoutError) as exc:
            raise _unanswered(self.title, path, seconds=seconds) from exc
        except (OSError, ValueError) as exc:
            if isinstance(getattr(exc, "reason", None), socket.timeout):
                raise _unanswered(self.title, path, seconds=seconds) from exc
            raise DataError(f"Asking {self.title}", reason=str(exc), remedy="Check milvus_uri.") from exc


def _unanswered(title: str, path: str, *, seconds: float) -> UnansweredError:
    reason = f"no answer to /{path} within {seconds:.0f} s"
    return UnansweredError(
        f"Asking {title}", reason=reason, remedy="Look at its log, and at those of the coordinators."
    )


class Dialect(t.NamedTuple):
    """A version of the REST API: *paths* by what is done. *is_old*: bodies as version 1 has them."""

    paths: t.Mapping[str, str]
    is_old: bool

    def search(self, vector: t.Sequence[float], field: str) -> Json:
        """Return the part of the body that says what is searched."""
        if self.is_old:
            return {"vector": list(vector)}
        return {"data": [list(vector)], "annsField": field, "consistencyLevel": "Strong"}


_DOINGS = ("list", "create", "drop", "insert", "search")
_NEW = Dialect(
    {
        **{doing: f"v2/vectordb/collections/{doing}" for doing in _DOINGS[:3]},
        **{doing: f"v2/vectordb/entities/{doing}" for doing in _DOINGS[3:]},
        "list_groups": "v2/vectordb/resource_groups/list",
        "describe_group": "v2/vectordb/resource_groups/describe",
    },
    is_old=False,
)
_OLD = Dialect(
    {
        "list": "v1/vector/collections",
        "create": "v1/vector/collections/create",
        "drop": "v1/vector/collections/drop",
        "insert": "v1/vector/insert",
        "search": "v1/vector/search",
    },
    is_old=True,
)


class Query(t.NamedTuple):
    """What is searched: the nearest *limit* rows to a vector, told by the *output* field of each."""

    collection: str
    vector: t.Sequence[float]
    limit: int
    output: str
    field: str = _FIELD
    database: str = ""


class Milvus:
    """Milvus behind a door. Every method raises DataError, and those of it, when Milvus does not do what it is asked.

    *dialect* is found out by the first call, where none is given.
    """

    def __init__(self, door: Door, dialect: Dialect | None = None) -> None:
        self.door = door
        self.dialect = dialect

    def find_dialect(self, *, seconds: float) -> Dialect:
        """Return the version of the API that Milvus has."""
        if self.dialect is None:
            served = self.door.send(_NEW.paths["list"], {}, seconds=seconds)
            self.dialect = _OLD if served.status == _NOT_FOUND else _NEW
        return self.dialect

    def list_collections(self, *, seconds: float) -> tuple[str, ...]:
        """Return the names of the collections of the default database."""
        dialect = self.find_dialect(seconds=seconds)
        names = self._call("list", None if dialect.is_old else {}, seconds=seconds)
        return tuple(map(str, names or ()))

    def create_collection(self, name: str, *, dimension: int, seconds: float) -> None:
        """Create a collection of vectors with an index, and load it."""
        body = {"collectionName": name, "dimension": dimension, "metricType": "L2", "autoID": True, "idType": "Int64"}
        self._call("create", body, seconds=seconds)

    def insert(self, name: str, rows: t.Sequence[Json], *, seconds: float) -> int:
        """Insert rows, and return how many Milvus has taken."""
        told = self._call("insert", {"collectionName": name, "data": list(rows)}, seconds=seconds)
        return int((told if isinstance(told, dict) else {}).get("insertCount") or 0)

    def search(self, query: Query, *, seconds: float) -> tuple[str, ...]:
        """Return the output field of the rows that are found, as texts, the nearest first."""
        dialect = self.find_dialect(seconds=seconds)
        body = {"collectionName": query.collection, "limit": query.limit, "outputFields": [query.output]}
        database = {"dbName": query.database} if query.database else {}
        hits = self._call("search", {**body, **database, **dialect.search(query.vector, query.field)}, seconds=seconds)
        # Of a primary key of another name, some versions call it "id" all the same.
        found = (hit.get(query.output, hit.get("id")) for hit in hits or () if isinstance(hit, dict))
        return tuple(str(one) for one in found)

    def drop_collection(self, name: str, *, seconds: float) -> None:
        """Drop a collection."""
        self._call("drop", {"collectionName": name}, seconds=seconds)

    def list_groups(self, *, seconds: float) -> tuple[str, ...]:
        """Return the names of the resource groups. Raises UnsupportedError where Milvus is older than 2.5.3."""
        dialect = self.find_dialect(seconds=seconds)
        served = None if dialect.is_old else self.door.send(dialect.paths["list_groups"], {}, seconds=seconds)
        if served is None or served.status == _NOT_FOUND:
            reason = "this Milvus does not tell its resource groups over its REST API, which 2.5.3 and later do"
            raise UnsupportedError(f"Asking {self.door.title}", reason=reason, remedy="Upgrade Milvus.")
        return tuple(map(str, self._read(dialect.paths["list_groups"], served) or ()))

    def describe_group(self, name: str, *, seconds: float) -> Json:
        """Return what Milvus tells of a resource group. What is zero or empty is left out."""
        told: Json = self._call("describe_group", {"name": name}, seconds=seconds)
        return told

    def _call(self, doing: str, body: Json | None, *, seconds: float) -> t.Any:
        path = self.find_dialect(seconds=seconds).paths[doing]
        return self._read(path, self.door.send(path, body, seconds=seconds))

    def _read(self, path: str, served: Served) -> t.Any:
        """Return what an answer has, and raise the error that it is otherwise."""
        told = _parse(served.text)
        code = told.get("code")
        if served.status == 200 and code in _DONE:
            return told.get("data")
        if served.status == 200 and isinstance(told.get(_GROUP), dict):
            return told[_GROUP]
        action = f"Asking {self.door.title}"
        words = f"Milvus answered /{path} with {_describe(served, told)}"
        if served.status in (_UNAUTHORIZED, _FORBIDDEN) or code == _NEED_AUTHENTICATE:
            remedy = "Set milvus_uri, and milvus_user and milvus_password, or milvus_token."
            raise CredentialsError(action, reason=words, remedy=remedy)
        raise DataError(action, reason=words, remedy="Read the logs of the proxies and coordinators.")


def _describe(served: Served, told: Json) -> str:
    message = str(told.get("message") or served.text)[:_LONGEST].strip()
    return f"{'HTTP ' + str(served.status) if 'code' not in told else 'code ' + str(told['code'])}: {message!r}"


def _parse(text: str) -> Json:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
