# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The Kubernetes API as raw JSON over one connection. PRIVATE to this collection.

Requests go through the connection pool of the `kubernetes` package, not through its generated classes.
"""

from __future__ import annotations

import dataclasses
import datetime
import email.utils
import json
import re
import time
import typing as t
import urllib.parse

from ._errors import (
    ForbiddenError,
    KubeError,
    NotFoundError,
    UnauthorizedError,
    UnreachableError,
    UntrustedError,
)
from ._libraries import load_transport

if t.TYPE_CHECKING:
    from ._connection import Connection

Json = dict[str, t.Any]

JSON = "application/json"
# Names and labels without the bodies; understood since Kubernetes 1.15.
METADATA_LIST = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# What `kubectl get` prints, a fortieth of the objects' size; understood since Kubernetes 1.15.
TABLE = f"{JSON};as=Table;g=meta.k8s.io;v=v1"

PAGE_SIZE = 500
CONNECT_TIMEOUT = 3.0  # seconds for one attempt
REQUEST_BUDGET = 8.0  # seconds for one request with its repetitions
FIRST_PAUSE = 0.2  # seconds before the first repetition; doubles from one to the next
ATTEMPTS = 5
_TRY_AGAIN = {429, 500, 502, 503, 504}


class Resource(t.NamedTuple):
    """A kind of namespaced object and where the API keeps it."""

    kind: str
    plural: str
    group: str = ""
    version: str = "v1"


SECRETS = Resource("Secret", "secrets")
CONFIG_MAPS = Resource("ConfigMap", "configmaps")
SERVICES = Resource("Service", "services")
CLAIMS = Resource("PersistentVolumeClaim", "persistentvolumeclaims")
PODS = Resource("Pod", "pods")
DEPLOYMENTS = Resource("Deployment", "deployments", "apps")
STATEFUL_SETS = Resource("StatefulSet", "statefulsets", "apps")
AUTOSCALERS = Resource("HorizontalPodAutoscaler", "horizontalpodautoscalers", "autoscaling", "v2")


@dataclasses.dataclass(frozen=True)
class Call:
    """One read, as messages and RBAC call it, and as HTTP."""

    verb: str
    resource: Resource
    namespace: str
    name: str = ""
    query: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    accept: str = JSON

    @property
    def url(self) -> str:
        """What follows the server's address."""
        api = f"apis/{self.resource.group}" if self.resource.group else "api"
        path = f"/{api}/{self.resource.version}/namespaces/{self.namespace}/{self.resource.plural}"
        name = f"/{urllib.parse.quote(self.name, safe='')}" if self.name else ""
        query = urllib.parse.urlencode({key: value for key, value in self.query.items() if value})
        return f"{path}{name}?{query}" if query else f"{path}{name}"

    @property
    def action(self) -> str:
        """What is being done, for messages."""
        thing = f"{self.resource.kind} {self.name}" if self.name else self.resource.plural
        return f"{'Listing' if self.verb == 'list' else 'Reading'} {thing} in namespace {self.namespace}"

    @property
    def rbac_rule(self) -> Json:
        """The rule a Role needs for it."""
        return {"apiGroups": [self.resource.group], "resources": [self.resource.plural], "verbs": [self.verb]}


class KubeClient:
    """Reads one namespace. Every method raises a KubeError when there is no usable answer within 10 seconds."""

    def __init__(
        self,
        connection: Connection,
        namespace: str,
        *,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self.namespace = namespace
        self._connection = connection
        self._clock = clock
        self._sleep = sleep
        self._pool: t.Any = None
        self._clock_offset = datetime.timedelta()

    @property
    def server(self) -> str:
        """The address of the API server."""
        return str(self._connection.configuration.host)

    def now(self) -> datetime.datetime:
        """The time by the API server's clock, as of its latest answer; before the first, by our own."""
        return datetime.datetime.now(datetime.timezone.utc) + self._clock_offset

    def get(self, resource: Resource, name: str) -> Json:
        """Read one object. Raises NotFoundError when it does not exist."""
        return self._read(Call("get", resource, self.namespace, name))

    def list(self, resource: Resource, *, selector: str = "") -> t.Iterator[Json]:
        """Yield the objects that carry the labels of *selector*, fetched page by page."""
        for page in self._pages(self._list_call(resource, selector)):
            yield from page.get("items") or ()

    def list_metadata(self, resource: Resource, *, selector: str) -> t.Iterator[Json]:
        """Yield the metadata alone of the matching objects."""
        for page in self._pages(dataclasses.replace(self._list_call(resource, selector), accept=METADATA_LIST)):
            yield from (item["metadata"] for item in page.get("items") or ())

    def list_table(self, resource: Resource, *, selector: str) -> t.Iterator[Json]:
        """Yield what `kubectl get` prints of the matching objects: column name → cell."""
        call = self._list_call(resource, selector)
        columns: list[str] = []
        for page in self._pages(dataclasses.replace(call, accept=TABLE, query={**call.query, "includeObject": "None"})):
            # Only the first page defines the columns.
            columns = [column["name"] for column in page.get("columnDefinitions") or ()] or columns
            yield from (dict(zip(columns, row["cells"])) for row in page.get("rows") or ())

    def _list_call(self, resource: Resource, selector: str) -> Call:
        query = {"labelSelector": selector, "limit": str(PAGE_SIZE)}
        return Call("list", resource, self.namespace, query=query)

    def _pages(self, call: Call) -> t.Iterator[Json]:
        token = ""
        while True:
            page = self._read(dataclasses.replace(call, query={**call.query, "continue": token}))
            yield page
            token = (page.get("metadata") or {}).get("continue") or ""
            if not token:
                return

    def _read(self, call: Call) -> Json:
        answer = self._send(call)
        self._note_time(answer.headers.get("date") or "")
        body = _parse(answer)
        if answer.status == 200 and body is not None:
            return body
        raise _refusal(call, answer, body=body, server=self.server)

    def _send(self, call: Call) -> t.Any:
        """Send until there is an answer that is worth reading, or the budget is used up."""
        deadline = self._clock() + REQUEST_BUDGET
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            answer, error = self._try_once(call, deadline - self._clock())
            if error is None and answer.status not in _TRY_AGAIN:
                return answer
            wait = max(pause, _retry_after(answer))
            if attempt == ATTEMPTS or isinstance(error, UntrustedError) or self._clock() + wait >= deadline:
                break
            self._sleep(wait)
            pause *= 2
        if error is not None:
            raise error
        return answer

    def _try_once(self, call: Call, budget: float) -> tuple[t.Any, KubeError | None]:
        urllib3 = load_transport().urllib3
        budget = max(round(budget, 1), 0.1)  # a message may quote it
        timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT, budget), read=budget)
        try:
            arguments = {"headers": self._headers(call.accept), "timeout": timeout, "retries": False, "redirect": False}
            return self._connect().request("GET", self.server + call.url, **arguments), None
        except (urllib3.exceptions.HTTPError, OSError, ValueError, ImportError) as exc:  # the last for a SOCKS proxy
            return None, _failure(call, exc, configuration=self._connection.configuration)

    def _connect(self) -> t.Any:
        if self._pool is None:
            library, configuration = load_transport(), self._connection.configuration
            if not configuration.verify_ssl:
                # It is the module that warns, once, and only of what the user has not chosen.
                library.urllib3.disable_warnings(library.urllib3.exceptions.InsecureRequestWarning)
            self._pool = library.rest_client_class(configuration).pool_manager
        return self._pool

    def _headers(self, accept: str) -> t.Any:
        headers = load_transport().urllib3._collections.HTTPHeaderDict()  # a dict cannot repeat Impersonate-Group
        headers["accept"] = accept
        headers["accept-encoding"] = "gzip"  # the API server compresses answers over 128 KiB
        for setting in self._connection.configuration.auth_settings().values():
            if setting["in"] == "header" and setting["value"]:
                headers[setting["key"]] = setting["value"]
        if self._connection.token:
            headers["authorization"] = f"Bearer {self._connection.token}"
        for name, value in self._connection.impersonation:
            headers.add(name, value)
        return headers

    def _note_time(self, date: str) -> None:
        parsed = email.utils.parsedate_tz(date)
        if parsed is not None:
            server = datetime.datetime.fromtimestamp(email.utils.mktime_tz(parsed), datetime.timezone.utc)
            self._clock_offset = server - datetime.datetime.now(datetime.timezone.utc)


def _parse(answer: t.Any) -> Json | None:
    """Return the JSON object of an answer; None when it is something else, such as a login page."""
    if JSON not in (answer.headers.get("content-type") or ""):
        return None
    try:
        body = json.loads(answer.data)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _retry_after(answer: t.Any) -> float:
    """Return the seconds the server asks to wait before the next try."""
    value = answer.headers.get("retry-after", "") if answer is not None else ""
    return float(value) if value.isdigit() else 0.0


def _refusal(call: Call, answer: t.Any, *, body: Json | None, server: str) -> KubeError:
    """Turn an answer that is not the object asked for into an error."""
    facts = {**_facts(call, server), "http_status": answer.status}
    if body is None:
        kind = answer.headers.get("content-type") or "something of no type"
        start = answer.data[:80].decode("utf-8", "replace").strip()
        reason = f"{server} answered HTTP {answer.status} with {kind} instead of JSON: {start!r}"
        remedy = "No Kubernetes API answers there, but maybe a proxy or a login page: check host and proxy."
        return KubeError(call.action, reason=reason, remedy=remedy, **facts)
    message = str(body.get("message") or answer.reason).rstrip(".")
    if answer.status == 403:
        rule = json.dumps(call.rbac_rule)
        remedy = f"Add this rule to a Role in namespace {call.namespace} that is bound to the account: {rule}."
        return ForbiddenError(call.action, reason=message, remedy=remedy, rbac_rule=call.rbac_rule, **facts)
    if answer.status == 401:
        reason = f"{server} does not accept the credentials ({message})"
        remedy = "The token or certificate is unknown there or has expired: renew it, or correct api_key or kubeconfig."
        return UnauthorizedError(call.action, reason=reason, remedy=remedy, **facts)
    if answer.status == 404:
        return NotFoundError(call.action, reason=message, remedy="Check name and namespace.", **facts)
    reason = f"{server} answered HTTP {answer.status}: {message}"
    return KubeError(call.action, reason=reason, remedy="Try again when the API server is well.", **facts)


def _failure(call: Call, exc: Exception, *, configuration: t.Any) -> KubeError:
    """Turn the lack of an answer into an error."""
    server, proxy, text = str(configuration.host), configuration.proxy, _plain(exc)
    facts = _facts(call, server)
    if "SSL" in type(exc).__name__ or "SSL" in text or "certificate" in text:
        reason = f"no TLS connection to {server} ({text})"
        remedy = next(advice for sign, advice in _TLS_ADVICE.items() if sign in text)
        return UntrustedError(call.action, reason=reason, remedy=remedy, **facts)
    where = f"{server} through the proxy {_without_password(proxy)}" if proxy else server
    remedy = "Check that the address is right and can be reached from the host that runs the module."
    return UnreachableError(call.action, reason=f"no answer from {where} ({text})", remedy=remedy, **facts)


# Part of OpenSSL's words → the next step; the first that fits counts.
_TLS_ADVICE = {
    "key usage": "Python 3.13 and later want certificates to be complete: add this to the cluster's.",
    "Key Identifier": "Python 3.13 and later want certificates to be complete: add this to the cluster's.",
    "CERTIFICATE_VERIFY": "Set ca_cert to the cluster's CA certificate; for a name mismatch set tls_server_name.",
    "": "Check the certificates and keys in the options or the kubeconfig.",
}


def _facts(call: Call, server: str) -> Json:
    place = {"verb": call.verb, "resource": call.resource.plural, "namespace": call.namespace, "name": call.name}
    return {"server": server, **place}


def _plain(exc: Exception) -> str:
    """Return the cause in an exception of urllib3 without the connection objects it prints."""
    return re.sub(r"(<[^>]*>|\bHTTPS?Connection(Pool)?\([^)]*\)): ", "", str(exc)).rstrip(".")


def _without_password(url: str) -> str:
    return re.sub(r"//[^@/]*@", "//", url)
