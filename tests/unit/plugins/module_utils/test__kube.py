# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import datetime
import gzip
import json
import socket
import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _kube
from ansible_collections.milvus.cluster.plugins.module_utils._connection import connect
from ansible_collections.milvus.cluster.plugins.module_utils._errors import (
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
from ansible_collections.milvus.cluster.plugins.module_utils._kube import (
    APPLY_PATCH,
    AUTOSCALERS,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    SECRETS,
    KubeClient,
)
from ansible_collections.milvus.cluster.plugins.module_utils._table import Watch
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.fake_api import (
    Handler,
    Request,
    make_tls,
    serve,
)

EMPTY: dict[str, t.Any] = {"items": [], "metadata": {}}


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds


def make_client(host: str, clock: Clock | None = None, **options: t.Any) -> KubeClient:
    clock = clock or Clock()
    connection = connect({"host": host, "api_key": "a-token", **options}, {})
    return KubeClient(connection, "ns", clock=clock, sleep=clock.sleep)


def answer_in_turn(*answers: Handler) -> Handler:
    """Give one answer after the other; the last one again and again."""
    left = list(answers)

    def answer(request: Request) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(request)

    return answer


def reply(body: t.Any) -> Handler:
    return lambda request: request.reply(body)


def refuse(status: int, **headers: str) -> Handler:
    return lambda request: request.refuse(status, f"the server says {status}", **headers)


def answer_raw(data: bytes, *, status: int = 200, **headers: str) -> Handler:
    return lambda request: request.reply_raw(data, status=status, **headers)


def test_paths_and_queries() -> None:
    with serve(reply(EMPTY)) as server:
        client = make_client(server.url)
        client.get(SECRETS, "a b/c")
        assert list(client.list(AUTOSCALERS)) == []
        assert list(client.list(DEPLOYMENTS, selector="app.kubernetes.io/instance=r")) == []
    assert [path for path, _headers in server.requests] == [
        "/api/v1/namespaces/ns/secrets/a%20b%2Fc",
        "/apis/autoscaling/v2/namespaces/ns/horizontalpodautoscalers?limit=500",
        "/apis/apps/v1/namespaces/ns/deployments?labelSelector=app.kubernetes.io%2Finstance%3Dr&limit=500",
    ]


def test_headers() -> None:
    with serve(reply(EMPTY)) as server:
        make_client(server.url, impersonate_user="alice", impersonate_groups=["a", "b"]).get(SECRETS, "s")
    ((_path, headers),) = server.requests
    assert headers["authorization"] == "Bearer a-token"
    assert headers["Impersonate-User"] == "alice"
    assert headers["accept"] == "application/json"


def test_repeated_headers_are_sent_one_by_one() -> None:
    seen: list[t.Any] = []

    def answer(request: Request) -> None:
        seen.append(request.headers.get_all("Impersonate-Group"))
        request.reply(EMPTY)

    with serve(answer) as server:
        make_client(server.url, impersonate_groups=["a", "b"]).get(SECRETS, "s")
    assert seen == [["a", "b"]]


def test_one_connection_for_all() -> None:
    ports = set()

    def answer(request: Request) -> None:
        ports.add(request.client_address)
        request.reply(EMPTY)

    with serve(answer) as server:
        client = make_client(server.url)
        for _number in range(5):
            client.get(SECRETS, "s")
    assert len(ports) == 1


def test_pages() -> None:
    pages = [
        {"items": [{"name": 1}, {"name": 2}], "metadata": {"continue": "next/one"}},
        {"items": None, "metadata": {"continue": "last"}},
        {"items": [{"name": 3}], "metadata": {"continue": ""}},
    ]
    with serve(answer_in_turn(*map(reply, pages))) as server:
        assert [item["name"] for item in make_client(server.url).list(SECRETS, selector="a=b")] == [1, 2, 3]
    assert [path.split("limit=500")[1] for path, _headers in server.requests] == [
        "",
        "&continue=next%2Fone",
        "&continue=last",
    ]


def test_pages_are_fetched_when_they_are_needed() -> None:
    page = {"items": [{"name": 1}], "metadata": {"continue": "more"}}
    with serve(reply(page)) as server:
        assert next(make_client(server.url).list(SECRETS))
    assert len(server.requests) == 1


def test_metadata_alone() -> None:
    page = {"items": [{"metadata": {"name": "a"}}]}
    with serve(reply(page)) as server:
        assert list(make_client(server.url).list_metadata(SECRETS, selector="a=b")) == [{"name": "a"}]
    assert "as=PartialObjectMetadataList" in server.requests[0][1]["accept"]


def test_tables() -> None:
    columns = [{"name": "Name"}, {"name": "Status"}]
    first = {"columnDefinitions": columns, "rows": [{"cells": ["a", "Running"]}], "metadata": {"continue": "x"}}
    with serve(answer_in_turn(reply(first), reply({"rows": [{"cells": ["b", "Pending"]}]}))) as server:
        rows = list(make_client(server.url).list_table(PODS, selector="a=b"))
    assert rows == [{"Name": "a", "Status": "Running"}, {"Name": "b", "Status": "Pending"}]
    assert "includeObject=None" in server.requests[0][0]
    assert "as=Table" in server.requests[0][1]["accept"]


def test_compressed_answers() -> None:
    data = gzip.compress(json.dumps(EMPTY).encode())
    compressed = answer_raw(data, Content_Type="application/json", Content_Encoding="gzip")
    with serve(compressed) as server:
        assert make_client(server.url).get(SECRETS, "s") == EMPTY
    assert server.requests[0][1]["accept-encoding"] == "gzip"


def test_the_servers_clock() -> None:
    with serve(reply(EMPTY)) as server:
        server.date = "Wed, 01 Jan 2031 00:00:00 GMT"
        client = make_client(server.url)
        assert client.now().year < 2031
        client.get(SECRETS, "s")
    assert abs(client.now() - datetime.datetime(2031, 1, 1, tzinfo=datetime.timezone.utc)) < datetime.timedelta(
        minutes=5
    )


HTML = answer_raw(b"<html>Log in", Content_Type="text/html")
REDIRECT = answer_raw(b"<html>", status=302, Content_Type="text/html", Location="/login")
TYPELESS = answer_raw(b"{}")
CUT = answer_raw(b'{"items":', Content_Type="application/json")


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refuse(401), UnauthorizedError, "does not accept the credentials (the server says 401)"),
        (refuse(403), ForbiddenError, "the server says 403"),
        (refuse(404), NotFoundError, "the server says 404"),
        (refuse(400), RefusedError, "the server says 400. Correct what the message names"),
        (refuse(409), ConflictError, "the server says 409. Somebody else"),
        (refuse(410), ExpiredError, "the server says 410"),
        (refuse(422), RefusedError, "the server says 422"),
        (refuse(429, Retry_After="1"), KubeError, "answered HTTP 429"),
        (refuse(500), KubeError, "answered HTTP 500"),
        (HTML, KubeError, "answered HTTP 200 with text/html instead of JSON: '<html>Log in'"),
        (REDIRECT, KubeError, "answered HTTP 302 with text/html"),
        (TYPELESS, KubeError, "with something of no type instead of JSON"),
        (CUT, KubeError, "instead of JSON"),
        (reply(["a", "list"]), KubeError, "instead of JSON"),
        (Request.drop, UnreachableError, "no answer from http://127.0.0.1"),
    ],
)
def test_one_error_for_each_fault(answer: Handler, kind: type[KubeError], words: str) -> None:
    clock = Clock()
    with serve(answer) as server, pytest.raises(KubeError) as caught:
        make_client(server.url, clock).get(SECRETS, "s")
    assert caught.type is kind
    assert str(caught.value).startswith("Reading Secret s in namespace ns failed: ")
    assert words in str(caught.value)
    assert {"server": server.url, "verb": "get", "resource": "secrets", "namespace": "ns", "name": "s"}.items() <= (
        caught.value.facts.items()
    )
    assert clock.time < _kube.REQUEST_BUDGET


@pytest.mark.parametrize(
    ("list_it", "rule"),
    [
        (lambda c: list(c.list(SECRETS)), {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}),
        (lambda c: c.get(SECRETS, "s"), {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}),
        (lambda c: list(c.list(DEPLOYMENTS)), {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]}),
    ],
)
def test_a_missing_right_comes_with_the_rule_to_add(list_it: t.Any, rule: t.Any) -> None:
    with serve(refuse(403)) as server, pytest.raises(ForbiddenError) as caught:
        list_it(make_client(server.url))
    assert caught.value.facts["rbac_rule"] == rule
    text = f"Add this rule to a Role in namespace ns that is bound to the account: {json.dumps(rule)}."
    assert str(caught.value).endswith(text)


@pytest.mark.parametrize(
    ("faults", "pauses"),
    [
        ([refuse(429, Retry_After="1")], [1.0]),
        ([refuse(429, Retry_After="soon")], [0.2]),
        ([refuse(500)], [0.2]),
        ([refuse(503), refuse(502), refuse(504)], [0.2, 0.4, 0.8]),
        ([Request.drop], [0.2]),
        ([Request.drop, refuse(500), Request.drop, Request.drop], [0.2, 0.4, 0.8, 1.6]),
    ],
)
def test_recovers(faults: list[Handler], pauses: list[float]) -> None:
    clock = Clock()
    with serve(answer_in_turn(*faults, reply(EMPTY))) as server:
        assert make_client(server.url, clock).get(SECRETS, "s") == EMPTY
    assert clock.pauses == pauses
    assert len(server.requests) == len(faults) + 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_does_not_repeat_what_stays_refused(status: int) -> None:
    clock = Clock()
    with serve(refuse(status)) as server, pytest.raises(KubeError):
        make_client(server.url, clock).get(SECRETS, "s")
    assert clock.pauses == []


def test_does_not_wait_longer_than_the_budget() -> None:
    clock = Clock()
    with serve(refuse(429, Retry_After="60")) as server, pytest.raises(KubeError, match="HTTP 429"):
        make_client(server.url, clock).get(SECRETS, "s")
    assert clock.pauses == []


def test_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kube, "REQUEST_BUDGET", 0.3)
    clock = Clock()
    with serve(Request.hang) as server, pytest.raises(UnreachableError, match="timed out"):
        make_client(server.url, clock).get(SECRETS, "s")
    assert len(server.requests) <= 2


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(UnreachableError) as caught:
            make_client(url).get(SECRETS, "s")
    assert f"no answer from {url} (Failed to establish a new connection: " in str(caught.value)
    assert "object at 0x" not in str(caught.value)


def test_proxy_that_is_not_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        proxy = f"http://user:secret@127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(UnreachableError) as caught:
            make_client("https://192.0.2.1:6443", proxy=proxy).get(SECRETS, "s")
    assert f"through the proxy {proxy.replace('user:secret@', '')}" in str(caught.value)
    assert "secret@" not in str(caught.value)


@pytest.mark.parametrize("options", [{"proxy": "socks5://127.0.0.1:1"}, {"proxy": "ftp://127.0.0.1:1"}])
def test_proxy_of_a_kind_that_the_library_does_not_know(options: dict[str, t.Any]) -> None:
    with pytest.raises(UnreachableError, match=f"through the proxy {options['proxy']}"):
        make_client("https://192.0.2.1:6443", **options).get(SECRETS, "s")


@pytest.mark.parametrize("host", ["ftp://127.0.0.1:1", "https://127.0.0.1:port", "https://"])
def test_host_that_is_none(host: str) -> None:
    with pytest.raises(UnreachableError, match="no answer from"):
        make_client(host).get(SECRETS, "s")


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] CA cert does not include key usage extension",
            "want certificates to be complete",
        ),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] Missing Authority Key Identifier", "want certificates to be complete"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", "Set ca_cert"),
        ("[SSL] PEM lib", "Check the certificates and keys"),
    ],
)
def test_advice_on_tls(words: str, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_client("https://127.0.0.1:1")

    def fail(_self: t.Any) -> None:
        raise OSError(words)

    monkeypatch.setattr(KubeClient, "_connect", fail)
    with pytest.raises(UntrustedError, match=advice):
        client.get(SECRETS, "s")


def test_trusted(tmp_path: Path) -> None:
    context, ca_cert = make_tls(tmp_path)
    with serve(reply(EMPTY), context) as server:
        assert make_client(server.url, ca_cert=ca_cert).get(SECRETS, "s") == EMPTY
        assert make_client(server.url, validate_certs=False).get(SECRETS, "s") == EMPTY


def test_untrusted(tmp_path: Path) -> None:
    context, _ca_cert = make_tls(tmp_path)
    clock = Clock()
    with serve(reply(EMPTY), context) as server, pytest.raises(UntrustedError) as caught:
        make_client(server.url, clock).get(SECRETS, "s")
    assert str(caught.value).startswith(
        f"Reading Secret s in namespace ns failed: no TLS connection to {server.url} ([SSL: CERTIFICATE_VERIFY_FAILED]"
    )
    assert str(caught.value).endswith(
        "Set ca_cert to the cluster's CA certificate; for a name mismatch set tls_server_name."
    )
    assert clock.pauses == []


def test_certificate_of_another_name(tmp_path: Path) -> None:
    context, ca_cert = make_tls(tmp_path, name="kubernetes.example")
    with serve(reply(EMPTY), context) as server:
        assert make_client(server.url, ca_cert=ca_cert, tls_server_name="kubernetes.example").get(SECRETS, "s") == EMPTY
        with pytest.raises(UntrustedError, match="set tls_server_name"):
            make_client(server.url, ca_cert=ca_cert).get(SECRETS, "s")


def test_no_tls_where_it_is_expected() -> None:
    with serve(reply(EMPTY)) as server, pytest.raises(KubeError) as caught:
        make_client(server.url.replace("http:", "https:")).get(SECRETS, "s")
    assert isinstance(caught.value, (UntrustedError, UnreachableError))


def test_garbled_client_certificate(tmp_path: Path) -> None:
    context, ca_cert = make_tls(tmp_path)
    (tmp_path / "garbled").write_text("-----BEGIN", encoding="utf-8")
    garbled = str(tmp_path / "garbled")
    with serve(reply(EMPTY), context) as server, pytest.raises(UntrustedError, match="Check the certificates and keys"):
        make_client(server.url, client_cert=garbled, client_key=garbled, ca_cert=ca_cert).get(SECRETS, "s")


def test_writes() -> None:
    with serve(reply({"kind": "Pod"})) as server:
        client = make_client(server.url)
        client.patch(PODS, "p", body={"a": 1}, content_type=APPLY_PATCH, fieldManager="m", force="true", dryRun="")
        client.delete(PODS, "p", propagationPolicy="Background")
        client.create(NAMESPACES, {"metadata": {"name": "n"}})
        client.get(NAMESPACES, "n")
    assert [path for path, _headers in server.requests] == [
        "/api/v1/namespaces/ns/pods/p?fieldManager=m&force=true",
        "/api/v1/namespaces/ns/pods/p?propagationPolicy=Background",
        "/api/v1/namespaces",
        "/api/v1/namespaces/n",
    ]
    assert server.sent == [
        ("PATCH", {"a": 1}),
        ("DELETE", None),
        ("POST", {"metadata": {"name": "n"}}),
        ("GET", None),
    ]
    assert server.requests[0][1]["content-type"] == "application/apply-patch+yaml"
    assert "content-type" not in server.requests[1][1]


@pytest.mark.parametrize(("status", "tries"), [(429, 2), (503, 2), (500, 1), (504, 1), (409, 1)])
def test_creating_is_repeated_only_where_it_has_not_begun(status: int, tries: int) -> None:
    with serve(answer_in_turn(refuse(status), reply({}))) as server:
        client = make_client(server.url)
        if tries == 1:
            with pytest.raises(KubeError, match="Creating Namespace n failed"):
                client.create(NAMESPACES, {"metadata": {"name": "n"}})
        else:
            client.create(NAMESPACES, {"metadata": {"name": "n"}})
    assert len(server.requests) == client.requests == tries


def test_creating_is_not_repeated_after_a_lost_answer() -> None:
    with serve(answer_in_turn(Request.drop, reply({}))) as server:
        with pytest.raises(UnreachableError, match="Creating Namespace n failed: no answer"):
            make_client(server.url).create(NAMESPACES, {"metadata": {"name": "n"}})
        assert len(server.requests) == 1


def test_patching_is_repeated_after_a_lost_answer() -> None:
    with serve(answer_in_turn(Request.drop, reply({"kind": "Pod"}))) as server:
        assert make_client(server.url).patch(PODS, "p", body={}) == {"kind": "Pod"}
        assert len(server.requests) == 2


def test_a_server_that_cannot_be_reached_is_tried_again_for_a_creation() -> None:
    clock = Clock()
    with pytest.raises(UnreachableError):
        make_client("http://127.0.0.1:1", clock).create(NAMESPACES, {"metadata": {"name": "n"}})
    assert len(clock.pauses) > 1


def test_a_missing_right_is_told_from_a_rule_of_the_cluster() -> None:
    quota = 'pods "p" is forbidden: exceeded quota: small'
    with serve(lambda request: request.refuse(403, quota)) as server, pytest.raises(RefusedError, match=quota):
        make_client(server.url).patch(PODS, "p", body={})
    denied = 'User "u" cannot create resource "namespaces" in API group "" at the cluster scope'
    with serve(lambda request: request.refuse(403, denied)) as server, pytest.raises(ForbiddenError) as caught:
        make_client(server.url).create(NAMESPACES, {"metadata": {"name": "n"}})
    assert "Add this rule to a ClusterRole that" in str(caught.value)
    assert caught.value.facts["rbac_rule"] == {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]}


def test_field_selectors() -> None:
    with serve(reply(EMPTY)) as server:
        assert list(make_client(server.url).list(PODS, fields="type=Warning")) == []
    assert server.requests[0][0] == "/api/v1/namespaces/ns/pods?fieldSelector=type%3DWarning&limit=500"


def test_logs() -> None:
    with serve(answer_raw("häßlich\n".encode(), Content_Type="text/plain")) as server:
        assert make_client(server.url).read_log("p", container="c", lines=20, previous=True) == "häßlich\n"
    assert server.requests[0][0] == "/api/v1/namespaces/ns/pods/p/log?container=c&tailLines=20&previous=true"
    with serve(refuse(403)) as server, pytest.raises(ForbiddenError) as caught:
        make_client(server.url).read_log("p", container="c", lines=20)
    assert caught.value.facts["rbac_rule"]["resources"] == ["pods/log"]


def test_what_a_pod_serves() -> None:
    with serve(answer_raw(b"gauge 3\n", Content_Type="text/plain; version=0.0.4")) as server:
        assert make_client(server.url).read_served("p", port=9091, path="metrics") == "gauge 3\n"
    assert server.requests[0][0] == "/api/v1/namespaces/ns/pods/p%3A9091/proxy/metrics"
    with serve(refuse(403)) as server, pytest.raises(ForbiddenError) as caught:
        make_client(server.url).read_served("p", port=9091, path="metrics")
    assert caught.value.facts["rbac_rule"] == {"apiGroups": [""], "resources": ["pods/proxy"], "verbs": ["get"]}
    with serve(refuse(503)) as server, pytest.raises(KubeError, match="Reading /metrics of Pod p:9091 through"):
        make_client(server.url).read_served("p", port=9091, path="metrics")
    assert len(server.requests) == 1


def test_a_pod_that_serves_something_else() -> None:
    def answer(request: Request) -> None:
        request.reply_raw(b"Not all components are healthy, 0/1", status=500, Content_Type="text/plain")

    with serve(answer) as server, pytest.raises(KubeError, match="the pod answered HTTP 500: 'Not all components"):
        make_client(server.url).read_served("p", port=9091, path="metrics")


def page(*names: str, kind: str = "", columns: bool = True) -> dict[str, t.Any]:
    """A table of names, or with *kind* a change of a watch that has it."""
    rows = [{"cells": [name]} for name in names]
    definitions = [{"name": "Name"}] if columns else None
    table = {"metadata": {"resourceVersion": "7"}, "columnDefinitions": definitions, "rows": rows}
    return {"type": kind, "object": table} if kind else table


def watch(*events: dict[str, t.Any], cut: int = 0) -> tuple[list[tuple[str, str]], Watch, list[str]]:
    """What a watch reports that is sent those events; *cut*: after so many bytes of them a new chunk begins."""
    data = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    chunks = [data[:cut], data[cut:]] if cut else [data]

    def answer(request: Request) -> None:
        if "watch=1" in request.path:
            request.stream(*chunks)
        else:
            request.reply(page("a"))

    with serve(answer) as server:
        client = make_client(server.url)
        table = client.read_table(PODS, selector="x=y")
        stream = client.watch_table(PODS, table, selector="x=y", seconds=5)
        changes = []
        while stream.is_open:
            changes += [(change.type, change.row["Name"]) for change in stream.read(5)]
        return changes, stream, [path for path, _headers in server.requests]


def test_a_watch_reports_changes_and_ends() -> None:
    changes, stream, paths = watch(page("b", kind="ADDED"), page("a", kind="DELETED", columns=False))
    assert changes == [("ADDED", "b"), ("DELETED", "a")]
    assert stream.read(0) == []
    stream.close()
    assert paths[1] == (
        "/api/v1/namespaces/ns/pods?watch=1&labelSelector=x%3Dy&resourceVersion=7&timeoutSeconds=5&includeObject=None"
    )


def test_a_change_may_come_in_pieces() -> None:
    assert watch(page("b", kind="ADDED"), page("c", kind="MODIFIED"), cut=25)[0] == [("ADDED", "b"), ("MODIFIED", "c")]


def test_a_watch_ends_with_an_error_event() -> None:
    gone = {"type": "ERROR", "object": {"kind": "Status", "code": 410}}
    assert watch(page("b", kind="ADDED"), gone, page("c", kind="ADDED"))[0] == [("ADDED", "b")]


def test_a_watch_ends_with_what_is_no_event() -> None:
    assert watch(page("b", kind="ADDED"), {"message": "from a proxy"})[0] == [("ADDED", "b")]


@pytest.mark.parametrize(("status", "kind"), [(403, ForbiddenError), (410, ExpiredError), (500, KubeError)])
def test_a_watch_that_is_refused(status: int, kind: type[KubeError]) -> None:
    with serve(answer_in_turn(reply(page("a")), refuse(status))) as server:
        client = make_client(server.url)
        table = client.read_table(PODS, selector="x=y")
        with pytest.raises(kind, match="Watching pods in namespace ns"):
            client.watch_table(PODS, table, selector="x=y", seconds=5)
        assert len(server.requests) == 2


def test_a_table_in_pages_defines_its_columns_once() -> None:
    first, second = page("a"), page("b", columns=False)
    first["metadata"]["continue"] = "more"
    with serve(answer_in_turn(reply(first), reply(second))) as server:
        table = make_client(server.url).read_table(PODS, selector="x=y")
    assert [row["Name"] for row in table.rows] == ["a", "b"]
