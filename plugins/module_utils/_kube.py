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
    ConflictError,
    ExpiredError,
    ForbiddenError,
    KubeError,
    NotFoundError,
    RefusedError,
    UnauthorizedError,
    UnreachableError,
    UntrustedError,
)
from ._libraries import load_transport
from ._table import Table, TableReader, Watch

if t.TYPE_CHECKING:
    from ._connection import Connection

Json = dict[str, t.Any]

JSON = "application/json"
# Names and labels without the bodies; understood since Kubernetes 1.15.
METADATA_LIST = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# What `kubectl get` prints, a fortieth of the objects' size; understood since Kubernetes 1.15.
TABLE = f"{JSON};as=Table;g=meta.k8s.io;v=v1"

_WITHOUT_OBJECTS = {"includeObject": "None"}

PAGE_SIZE = 500
CONNECT_TIMEOUT = 3.0  # seconds for one attempt
REQUEST_BUDGET = 8.0  # seconds for one request with its repetitions
FIRST_PAUSE = 0.2  # seconds before the first repetition; doubles from one to the next
ATTEMPTS = 5
WATCH_GRACE = 5.0  # seconds after which a watch that the server has not ended counts as dead
_TRY_AGAIN = {429, 500, 502, 503, 504}
_NOT_BEGUN = {429, 503}  # the server turns requests away
_DONE = {200, 201, 202}

TEXT = "text/plain"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"  # takes JSON, too


class Resource(t.NamedTuple):
    """A kind of object and where the API keeps it."""

    kind: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True


SECRETS = Resource("Secret", "secrets")
CONFIG_MAPS = Resource("ConfigMap", "configmaps")
SERVICES = Resource("Service", "services")
CLAIMS = Resource("PersistentVolumeClaim", "persistentvolumeclaims")
PODS = Resource("Pod", "pods")
DEPLOYMENTS = Resource("Deployment", "deployments", "apps")
STATEFUL_SETS = Resource("StatefulSet", "statefulsets", "apps")
WORKLOADS = {resource.kind: resource for resource in (DEPLOYMENTS, STATEFUL_SETS)}
JOBS = Resource("Job", "jobs", "batch")
EVENTS = Resource("Event", "events")
ENDPOINT_SLICES = Resource("EndpointSlice", "endpointslices", "discovery.k8s.io")
BUDGETS = Resource("PodDisruptionBudget", "poddisruptionbudgets", "policy")
QUOTAS = Resource("ResourceQuota", "resourcequotas")
LIMIT_RANGES = Resource("LimitRange", "limitranges")
NODES = Resource("Node", "nodes", namespaced=False)
VOLUMES = Resource("PersistentVolume", "persistentvolumes", namespaced=False)
NAMESPACES = Resource("Namespace", "namespaces", namespaced=False)
STORAGE_CLASSES = Resource("StorageClass", "storageclasses", "storage.k8s.io", namespaced=False)
AUTOSCALERS = Resource("HorizontalPodAutoscaler", "horizontalpodautoscalers", "autoscaling", "v2")
# What they answer is about whoever asks; nothing is stored.
RULES_REVIEWS = Resource("SelfSubjectRulesReview", "selfsubjectrulesreviews", "authorization.k8s.io", namespaced=False)
ACCESS_REVIEWS = Resource(
    "SelfSubjectAccessReview", "selfsubjectaccessreviews", "authorization.k8s.io", namespaced=False
)


class _Verb(t.NamedTuple):
    """How a verb of RBAC is sent, and what it is called in messages. *repeatable*: doing it twice is doing it once."""

    method: str
    doing: str
    repeatable: bool = True


_VERBS = {
    "get": _Verb("GET", "Reading"),
    "list": _Verb("GET", "Listing"),
    "watch": _Verb("GET", "Watching"),
    "patch": _Verb("PATCH", "Patching"),
    "delete": _Verb("DELETE", "Deleting"),
    "create": _Verb("POST", "Creating", repeatable=False),
}


@dataclasses.dataclass(frozen=True)
class Call:
    """One request, as messages and RBAC call it, and as HTTP."""

    verb: str
    resource: Resource
    namespace: str
    name: str = ""
    subresource: str = ""
    query: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    accept: str = JSON
    body: t.Any = None
    content_type: str = JSON

    @property
    def method(self) -> str:
        """The method of HTTP."""
        return _VERBS[self.verb].method

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again when nobody knows what became of it."""
        return _VERBS[self.verb].repeatable

    @property
    def url(self) -> str:
        """What follows the server's address."""
        api = f"apis/{self.resource.group}" if self.resource.group else "api"
        place = f"namespaces/{self.namespace}/" if self.resource.namespaced else ""
        # A name that is to be created stands in the body alone; that of a pod which is sent something does not.
        is_new = self.verb == "create" and not self.subresource
        name = "" if is_new else urllib.parse.quote(self.name, safe="")
        parts = (f"/{api}/{self.resource.version}/{place}{self.resource.plural}", name, self.subresource)
        path = "/".join(filter(None, parts))
        query = urllib.parse.urlencode({key: value for key, value in self.query.items() if value})
        return f"{path}?{query}" if query else path

    @property
    def action(self) -> str:
        """What is being done, for messages."""
        thing = f"{self.resource.kind} {self.name}" if self.name else self.resource.plural
        part = f"the {self.subresource} of " if self.subresource else ""
        where = f" in namespace {self.namespace}" if self.resource.namespaced else ""
        return f"{_VERBS[self.verb].doing} {part}{thing}{where}"

    @property
    def rbac_rule(self) -> Json:
        """The rule a Role needs for it, or a ClusterRole where the kind is not namespaced."""
        resource = "/".join(filter(None, (self.resource.plural, self.subresource)))
        return {"apiGroups": [self.resource.group], "resources": [resource], "verbs": [self.verb]}


@dataclasses.dataclass(frozen=True)
class _PathCall(Call):
    """A request for what is no object: *path* is all of its address."""

    path: str = ""

    @property
    def url(self) -> str:
        """What follows the server's address."""
        return self.path

    @property
    def action(self) -> str:
        """What is being done, for messages."""
        return f"{_VERBS[self.verb].doing} {self.path}"

    @property
    def rbac_rule(self) -> Json:
        """The rule that a ClusterRole needs for it."""
        return {"nonResourceURLs": [self.path], "verbs": [self.verb]}


@dataclasses.dataclass(frozen=True)
class _ServedCall(Call):
    """A request that the API server passes on to a pod: *path* is what the pod is asked for."""

    path: str = ""

    @property
    def url(self) -> str:
        """What follows the server's address."""
        return f"{super().url}/{self.path}"

    @property
    def action(self) -> str:
        """What is being done, for messages."""
        doing = "Reading" if self.verb == "get" else "Sending to"
        return f"{doing} /{self.path} of {self.resource.kind} {self.name} through the API server"


def _serve(namespace: str, pod: str, *, port: int, path: str) -> _ServedCall:
    return _ServedCall("get", PODS, namespace, f"{pod}:{port}", "proxy", accept=f"{TEXT}, {JSON}", path=path)


class PodPort(t.NamedTuple):
    """Where a pod serves HTTP, or with *is_tls* HTTPS, whose certificate the API server does not check."""

    pod: str
    number: int
    is_tls: bool = False

    @property
    def name(self) -> str:
        """As the API has it."""
        return f"{'https:' if self.is_tls else ''}{self.pod}:{self.number}"


class Served(t.NamedTuple):
    """What a pod has answered over HTTP."""

    status: int
    text: str


class _Trial(t.NamedTuple):
    """What came of sending once: an answer or an error, and whether the server may have begun to act."""

    answer: t.Any
    error: KubeError | None
    begun: bool


class KubeClient:
    """Works in one namespace. Every method raises a KubeError when there is no usable answer within 10 seconds.

    *requests* counts what was sent, repetitions included, and *received* the bytes of the bodies as they came in.
    """

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
        self.requests = 0
        self.received = 0

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

    def get_path(self, path: str) -> Json:
        """Read what is no object, such as /version. Raises NotFoundError where the server has no such path."""
        return self._read(_PathCall("get", Resource("", path, namespaced=False), self.namespace, path=path))

    def list(self, resource: Resource, *, selector: str = "", fields: str = "") -> t.Iterator[Json]:
        """Yield the objects that carry the labels of *selector* and the *fields* (a field selector), page by page."""
        for page in self._pages(self._list_call(resource, selector, fields=fields)):
            yield from page.get("items") or ()

    def list_metadata(self, resource: Resource, *, selector: str) -> t.Iterator[Json]:
        """Yield the metadata alone of the matching objects."""
        for page in self._pages(dataclasses.replace(self._list_call(resource, selector), accept=METADATA_LIST)):
            yield from (item["metadata"] for item in page.get("items") or ())

    def list_table(self, resource: Resource, *, selector: str) -> t.Iterator[Json]:
        """Yield what `kubectl get` prints of the matching objects: column name → cell."""
        yield from self.read_table(resource, selector=selector).rows

    def read_table(self, resource: Resource, *, selector: str) -> Table:
        """Return what `kubectl get` prints of the matching objects, and from where a watch can go on."""
        call = self._list_call(resource, selector)
        call = dataclasses.replace(call, accept=TABLE, query={**call.query, **_WITHOUT_OBJECTS})
        pages = tuple(self._pages(call))
        reader = TableReader()
        rows = tuple(row for page in pages for row in reader.read(page))
        version = (pages[-1].get("metadata") or {}).get("resourceVersion") or ""
        return Table(rows, version, reader)

    def watch_table(self, resource: Resource, table: Table, *, selector: str, seconds: int) -> Watch:
        """Watch what `kubectl get --watch` prints, from where *table* ends, for at most *seconds*.

        Raises ForbiddenError when watching is not allowed and ExpiredError when the server no longer knows the place.
        """
        query = {"watch": "1", "labelSelector": selector, "resourceVersion": table.version}
        query = {**query, "timeoutSeconds": str(seconds), **_WITHOUT_OBJECTS}
        call = Call("watch", resource, self.namespace, query=query, accept=TABLE)
        answer, error, _begun = self._try_once(call, seconds + WATCH_GRACE, stream=True)
        if error is not None:
            raise error
        if answer.status != 200:
            raise _refusal(call, answer, body=_parse(answer), server=self.server)
        return Watch(answer, table.reader, count=self._count)

    def read_log(self, pod: str, *, container: str, lines: int, previous: bool = False) -> str:
        """Return the last *lines* that a container of *pod* has written; *previous*: the one before its restart."""
        query = {"container": container, "tailLines": str(lines), "previous": "true" if previous else ""}
        call = Call("get", PODS, self.namespace, pod, "log", query=query, accept=f"{TEXT}, {JSON}")
        answer = self._send(call)
        if answer.status != 200:
            raise _refusal(call, answer, body=_parse(answer), server=self.server)
        return str(answer.data.decode("utf-8", "replace"))

    def read_served(self, pod: str, *, port: int, path: str) -> str:
        """Return the text that a pod serves over HTTP, by way of the API server. It is asked once."""
        call = _serve(self.namespace, pod, port=port, path=path)
        served = self._ask(call)
        if served.status == 200:
            return served.text
        reason = f"the pod answered HTTP {served.status}: {served.text[:80].strip()!r}"
        raise KubeError(call.action, reason=reason, remedy="Look at its log.", **_facts(call, self.server))

    def ask_pod(self, pod: str, *, port: int, path: str) -> Served:
        """Return what a pod answers over HTTP, whatever its status, by way of the API server. It is asked once.

        Raises KubeError when there is no answer of the pod.
        """
        return self._ask(_serve(self.namespace, pod, port=port, path=path))

    def send_pod(self, where: PodPort, path: str, *, body: Json | None, seconds: float) -> Served:
        """Send JSON to a pod, or ask it for *path* where *body* is None, and return its answer, whatever the status.

        It is sent once. Raises UnreachableError when there is no answer within *seconds*, and KubeError when the API
        server does not reach the pod. Credentials for the pod cannot be sent: the API server takes the header for its
        own.
        """
        verb, content = ("get", None) if body is None else ("create", body)
        call = _ServedCall(verb, PODS, self.namespace, where.name, "proxy", accept=JSON, body=content, path=path)
        return self._ask(call, seconds)

    def _ask(self, call: Call, seconds: float = CONNECT_TIMEOUT) -> Served:
        answer, error, _begun = self._try_once(call, seconds)
        if error is not None:
            raise error
        body = _parse(answer)
        if answer.status != 200 and body is not None and body.get("kind") == "Status":
            raise _refusal(call, answer, body=body, server=self.server)
        return Served(answer.status, str(answer.data.decode("utf-8", "replace")))

    def patch(
        self, resource: Resource, name: str, *, body: Json, content_type: str = MERGE_PATCH, **query: str
    ) -> Json:
        """Change one object and return it as it is then. *query*: such as dryRun, fieldManager, force.

        Raises ConflictError when another manager owns a field, RefusedError when admission or validation says no.
        """
        return self._read(
            Call("patch", resource, self.namespace, name, query=query, body=body, content_type=content_type)
        )

    def delete(self, resource: Resource, name: str, **query: str) -> Json:
        """Delete one object. Raises NotFoundError when it does not exist. *query*: such as propagationPolicy."""
        return self._read(Call("delete", resource, self.namespace, name, query=query))

    def create(self, resource: Resource, body: Json, **query: str) -> Json:
        """Create an object. Raises ConflictError when it exists already.

        After an answer that was lost it is not tried again: it may have been created.
        """
        name = body["metadata"]["name"]
        return self._read(Call("create", resource, self.namespace, name, query=query, body=body))

    def _list_call(self, resource: Resource, selector: str, *, fields: str = "") -> Call:
        query = {"labelSelector": selector, "fieldSelector": fields, "limit": str(PAGE_SIZE)}
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
        if answer.status in _DONE and body is not None:
            return body
        raise _refusal(call, answer, body=body, server=self.server)

    def _send(self, call: Call) -> t.Any:
        """Send until there is an answer that is worth reading, or the budget is used up."""
        deadline = self._clock() + REQUEST_BUDGET
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            answer, error, begun = self._try_once(call, deadline - self._clock())
            if error is None and answer.status not in _TRY_AGAIN:
                return answer
            wait = max(pause, _retry_after(answer))
            last = attempt == ATTEMPTS or self._clock() + wait >= deadline
            if last or isinstance(error, UntrustedError) or (begun and not call.repeatable):
                break
            self._sleep(wait)
            pause *= 2
        if error is not None:
            raise error
        return answer

    def _try_once(self, call: Call, budget: float, *, stream: bool = False) -> _Trial:
        """Send once. With *stream* the body of the answer is left to be read."""
        urllib3 = load_transport().urllib3
        budget = max(round(budget, 1), 0.1)  # a message may quote it
        timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT, budget), read=budget)
        arguments: Json = {"headers": self._headers(call, stream=stream), "timeout": timeout, "redirect": False}
        if call.body is not None:
            arguments["body"] = json.dumps(call.body).encode()
        self._count(requests=1)
        try:
            url, content = self.server + call.url, not stream
            answer = self._connect().request(call.method, url, retries=False, preload_content=content, **arguments)
        except (urllib3.exceptions.HTTPError, OSError, ValueError, ImportError) as exc:  # the last for a SOCKS proxy
            error = _failure(call, exc, configuration=self._connection.configuration)
            unsent = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
            return _Trial(None, error, begun=not isinstance(exc, unsent))
        if content:
            self._count(received=answer.tell())
        return _Trial(answer, None, begun=answer.status not in _NOT_BEGUN)

    def _connect(self) -> t.Any:
        if self._pool is None:
            library, configuration = load_transport(), self._connection.configuration
            if not configuration.verify_ssl:
                # It is the module that warns, once, and only of what the user has not chosen.
                library.urllib3.disable_warnings(library.urllib3.exceptions.InsecureRequestWarning)
            self._pool = library.rest_client_class(configuration).pool_manager
        return self._pool

    def _count(self, *, requests: int = 0, received: int = 0) -> None:
        self.requests += requests
        self.received += received

    def _headers(self, call: Call, *, stream: bool) -> t.Any:
        headers = load_transport().urllib3._collections.HTTPHeaderDict()  # a dict cannot repeat Impersonate-Group
        headers["accept"] = call.accept
        if not stream:
            headers["accept-encoding"] = "gzip"  # the API server compresses answers over 128 KiB
        if call.body is not None:
            headers["content-type"] = call.content_type
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
    # The authorizer's words; admission (quota, pod security, policies) says no with 403 as well.
    if answer.status == 403 and (call.method == "GET" or f"cannot {call.verb} resource" in message):
        rule = json.dumps(call.rbac_rule)
        role = f"Role in namespace {call.namespace}" if call.resource.namespaced else "ClusterRole"
        remedy = f"Add this rule to a {role} that is bound to the account: {rule}."
        return ForbiddenError(call.action, reason=message, remedy=remedy, rbac_rule=call.rbac_rule, **facts)
    if answer.status == 401:
        reason = f"{server} does not accept the credentials ({message})"
        remedy = "The token or certificate is unknown there or has expired: renew it, or correct api_key or kubeconfig."
        return UnauthorizedError(call.action, reason=reason, remedy=remedy, **facts)
    if answer.status in _REFUSALS:
        refusal, remedy = _REFUSALS[answer.status]
        return refusal(call.action, reason=message, remedy=remedy, **facts)
    reason = f"{server} answered HTTP {answer.status}: {message}"
    return KubeError(call.action, reason=reason, remedy="Try again when the API server is well.", **facts)


# HTTP status → error and next step.
_REFUSALS: dict[int, tuple[type[KubeError], str]] = {
    400: (RefusedError, "Correct what the message names."),
    403: (RefusedError, "It is not a right that is missing, but a rule of the cluster that says no: see the message."),
    404: (NotFoundError, "Check name and namespace."),
    409: (ConflictError, "Somebody else owns or has changed it: look at the object, then try again."),
    410: (ExpiredError, "List anew."),
    422: (RefusedError, "Correct what the message names."),
}


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
