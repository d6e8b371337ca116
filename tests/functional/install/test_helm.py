# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Both helms do what they are asked, leak nothing, end in order, and their failures come with the next step."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import os
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.milvus.cluster.plugins.module_utils._chart_source import interpret
from ansible_collections.milvus.cluster.plugins.module_utils._connection import connect
from ansible_collections.milvus.cluster.plugins.module_utils._errors import HelmError, HelmMissingError, OvertakenError
from ansible_collections.milvus.cluster.plugins.module_utils._helm import Helm, Operation, open_helm
from milvus_lab.client import HELMS, Client, wait_for

Json = dict[str, t.Any]

NAME = "my-release"
SECRET = "s3cret-of-the-values"
OBJECTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: shown}
data: {size: {{ .Values.size | quote }}}
---
apiVersion: v1
kind: Secret
metadata: {name: hidden}
stringData: {password: {{ .Values.password | quote }}}
"""
# A Job that helm waits for.
HOOK = """
apiVersion: batch/v1
kind: Job
metadata: {name: hook, annotations: {helm.sh/hook: EVENT}}
spec:
  template:
    metadata: {annotations: {sim.milvus.cluster/complete-after: SECONDS}}
    spec: {restartPolicy: Never, containers: [{name: wait, image: registry.k8s.io/pause}]}
"""


class Case(t.NamedTuple):
    """One helm in one namespace, and the folder of a small chart, which tests may add templates to."""

    lab: Client
    namespace: str
    which: str
    chart: Path

    @property
    def binary(self) -> Path:
        return self.lab.program(HELMS[self.which])

    @property
    def helm(self) -> Helm:
        return self.open()

    def open(self, binary: Path | None = None, **access: str) -> Helm:
        """A helm that works as the administrator, or with other *access*."""
        connection = connect(access or {"kubeconfig": str(self.lab.kubeconfig)}, {})
        return open_helm({"helm_binary": str(binary or self.binary)}, connection, environ=self.lab.env)

    def operation(self, *, new: bool = True, chart_ref: str = "", version: str = "", **values: t.Any) -> Operation:
        chart = interpret({"chart_ref": chart_ref or str(self.chart), "chart_repo_url": self.lab.chart_repo_url})
        return Operation(NAME, self.namespace, chart.arguments(version), values, new=new, timeout=60)

    def add(self, name: str, text: str) -> None:
        (self.chart / "templates" / f"{name}.yaml").write_text(text, encoding="utf-8")

    def records(self, selector: str = "") -> list[Json]:
        """The revisions, newest last, as Helm has stored them."""
        items = self.lab.list("secret", namespace=self.namespace, selector=f"owner=helm{selector}")
        return sorted((unpack(item) for item in items), key=lambda record: int(record["version"]))


def unpack(secret: Json) -> Json:
    record: Json = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
    return {**record, "labels": secret["metadata"]["labels"]}


@pytest.fixture(params=sorted(HELMS))
def case(lab: Client, namespace: str, tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    chart = tmp_path / "tiny"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: tiny, version: 1.2.3, appVersion: '9'}")
    (chart / "values.yaml").write_text("{size: 1, password: none}")
    case = Case(lab, namespace, request.param, chart)
    case.add("objects", OBJECTS)
    return case


def test_life_of_a_release(case: Case) -> None:
    helm = case.helm
    first = dataclasses.replace(case.operation(size=2), labels={"a/b": "1.2.c"}, description="By us, job 7")
    case.add("hook", HOOK.replace("EVENT", "post-install").replace("SECONDS", "100ms"))

    rendered = helm.render(first)
    assert (rendered.chart_name, rendered.chart_version, rendered.app_version) == ("tiny", "1.2.3", "9")
    assert [document["data"] for document in yaml.safe_load_all(rendered.manifest) if "data" in document] == [
        {"size": "2"}
    ]
    assert rendered.defaults == {"size": 1, "password": "none"}
    assert [(hook.kind, hook.name, hook.events) for hook in rendered.hooks] == [("Job", "hook", ("post-install",))]
    assert case.records() == []

    helm.upgrade(first)
    (record,) = case.records()
    assert record["info"]["status"] == "deployed"
    assert (record["config"], record["info"]["description"]) == ({"size": 2}, "By us, job 7")
    assert record["labels"]["a/b"] == "1.2.c"

    helm.upgrade(case.operation(new=False, password=SECRET))
    helm.rollback(NAME, case.namespace, revision=1, timeout=60)
    assert [record["config"] for record in case.records()] == [{"size": 2}, {"password": SECRET}, {"size": 2}]

    helm.uninstall(NAME, case.namespace, timeout=60)
    assert case.records() == []


def test_namespace_is_made(case: Case) -> None:
    fresh = f"{case.namespace}-fresh"
    operation = dataclasses.replace(case.operation(), namespace=fresh, create_namespace=True)
    assert case.helm.render(operation).manifest
    assert fresh not in case.lab.kubectl("get", "namespaces", "--output", "name")
    case.helm.upgrade(operation)
    case.lab.kubectl("delete", "namespace", fresh, "--wait=false")


def test_no_secret_is_left_or_shown(case: Case, tmp_path: Path) -> None:
    """A program in front of helm notes what anybody on the machine could see of it."""
    seen, temporary = tmp_path / "seen", tmp_path / "temporary"
    temporary.mkdir()
    spy = tmp_path / "spy"
    look = f'printf "%s\\n" "$0" "$@"; env; grep -rs . {temporary} "${{KUBECONFIG#/proc/*}}"'
    spy.write_text(f'#!/bin/sh\n{{ {look}; }} >>{seen} 2>&1\nexec {case.binary} "$@"\n', encoding="utf-8")
    spy.chmod(0o700)
    case.lab.kubectl("create", "serviceaccount", "worker", "--namespace", case.namespace)
    rights = ("--clusterrole=admin", f"--serviceaccount={case.namespace}:worker", "--namespace", case.namespace)
    case.lab.kubectl("create", "rolebinding", "worker", *rights)
    token = case.lab.kubectl("create", "token", "worker", "--namespace", case.namespace).strip()
    cluster = yaml.safe_load(case.lab.kubeconfig.read_text(encoding="utf-8"))["clusters"][0]["cluster"]
    (tmp_path / "ca.crt").write_bytes(base64.b64decode(cluster["certificate-authority-data"]))
    helm = case.open(spy, host=case.lab.layout.api_url, api_key=token, ca_cert=str(tmp_path / "ca.crt"))

    operation = case.operation(password=SECRET)
    helm.render(operation)
    helm.upgrade(operation)

    (record,) = case.records()
    assert record["config"] == {"password": SECRET}
    noted = seen.read_text(encoding="utf-8")
    assert noted.count("--values=-") == 2
    assert "KUBECONFIG=/proc/self/fd/" in noted
    assert SECRET not in noted
    assert token not in noted


def test_secrets_in_what_helm_says(case: Case) -> None:
    case.add("failing", '{{ fail (printf "password %s is bad" .Values.password) }}')
    operation = dataclasses.replace(case.operation(password=SECRET), secrets={SECRET})
    with pytest.raises(HelmError, match=r"password \*{8} is bad") as caught:
        case.helm.render(operation)
    assert SECRET not in json.dumps(caught.value.facts)


PROGRAM = """
import json, os, signal, sys
from ansible_collections.milvus.cluster.plugins.module_utils._connection import connect
from ansible_collections.milvus.cluster.plugins.module_utils._errors import CancelledError
from ansible_collections.milvus.cluster.plugins.module_utils._chart_source import ChartArguments
from ansible_collections.milvus.cluster.plugins.module_utils._helm import Operation, open_helm

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)  # a shell in the background, or nohup, has them ignored
task = json.load(sys.stdin)
helm = open_helm({"helm_binary": task["binary"]}, connect({"kubeconfig": task["kubeconfig"]}, {}), environ=os.environ)
try:
    if task["do"] == "uninstall":
        helm.uninstall(task["name"], task["namespace"], timeout=60)
    else:
        chart = ChartArguments(task["chart"])
        helm.upgrade(Operation(task["name"], task["namespace"], chart, {}, new=True, timeout=60))
except CancelledError as exc:
    print(json.dumps({"text": str(exc), **exc.facts}))
"""


def interrupt(case: Case, do: str, *, status: str, number: signal.Signals) -> Json:
    """Run helm in a process of its own, which gets a signal once the release has a status; return what it reports."""
    place = {"binary": str(case.binary), "kubeconfig": str(case.lab.kubeconfig), "chart": str(case.chart)}
    task = {"do": do, "name": NAME, "namespace": case.namespace, **place}
    environment = {**case.lab.env, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(task))
        process.stdin.close()
        wait_for(f"a revision {status}", lambda: process.poll() or case.records(f",status={status}"))
        os.killpg(process.pid, number)  # as a terminal does: to all of the group
        report: Json = json.loads(process.stdout.read())
    return report


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_signal_during_an_install(case: Case, number: signal.Signals) -> None:
    case.add("hook", HOOK.replace("EVENT", "pre-install").replace("SECONDS", "1h"))
    report = interrupt(case, "install", status="pending-install", number=number)
    assert report["signal"] == number.name
    assert report["exit_code"] == 1
    assert "context canceled" in report["text"]
    (record,) = case.records()
    assert record["info"]["status"] == "failed"


def test_signal_during_an_uninstall(case: Case) -> None:
    """helm would drop what it does at any signal, and leave the release half gone."""
    case.add("hook", HOOK.replace("EVENT", "pre-delete").replace("SECONDS", "3s"))
    case.helm.upgrade(case.operation())
    report = interrupt(case, "uninstall", status="uninstalling", number=signal.SIGTERM)
    assert (report["signal"], report["exit_code"]) == ("SIGTERM", 0)
    assert case.records() == []


def _own_by_others(case: Case) -> None:
    case.lab.kubectl("create", "configmap", "shown", "--namespace", case.namespace)


def _lock(case: Case) -> None:
    case.helm.upgrade(case.operation())
    (secret,) = case.lab.list("secret", namespace=case.namespace, selector="owner=helm")
    record = unpack(secret)
    record["info"]["status"] = "pending-upgrade"
    body = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode()))).decode()
    labels = {**secret["metadata"]["labels"], "status": "pending-upgrade"}
    patch = json.dumps({"data": {"release": body}, "metadata": {"labels": labels}})
    case.lab.kubectl("patch", "secret", secret["metadata"]["name"], "--namespace", case.namespace, f"--patch={patch}")


def _change_what_is_fixed(case: Case) -> None:
    pod = "{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: registry.k8s.io/pause}]}}"
    spec = "{serviceName: SERVICE, replicas: 0, selector: {matchLabels: {a: b}}, template: " + pod + "}"
    text = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: set}, spec: " + spec + "}"
    case.add("set", text.replace("SERVICE", "one"))
    case.helm.upgrade(case.operation())
    case.add("set", text.replace("SERVICE", "two"))


def _write_schema(case: Case) -> None:
    schema = {"properties": {"size": {"type": "integer"}}}
    (case.chart / "values.schema.json").write_text(json.dumps(schema), encoding="utf-8")


def _add(text: str) -> t.Callable[[Case], None]:
    return lambda case: case.add("more", text)


@dataclasses.dataclass(frozen=True)
class Failure:
    """How helm is brought to fail, and what the message has, besides helm's own words."""

    name: str
    remedy: str
    prepare: t.Callable[[Case], None] = lambda _case: None
    options: Json = dataclasses.field(default_factory=dict)


FAILURES = (
    Failure("no-chart", "Correct chart_ref", options={"chart_ref": "none"}),
    Failure("no-version", "Correct chart_version", options={"chart_ref": "milvus", "version": "99.1.0"}),
    Failure("no-repository", "helm repo add", options={"chart_ref": "nobody/milvus"}),
    Failure("no-registry", "can be reached", options={"chart_ref": "oci://127.0.0.1:1/milvus", "version": "1.0.0"}),
    Failure("schema", "Correct the values", _write_schema, {"size": "big"}),
    Failure("fail", "cannot be rendered", _add('{{ fail "no" }}')),
    Failure("nil", "cannot be rendered", _add("{{ .Values.a.b.c }}")),
    Failure("no-yaml", "cannot be rendered", _add("a: b: c")),
    Failure("no-kind", "lacks an API", _add("{apiVersion: no.such/v1, kind: Thing, metadata: {name: x}}")),
    Failure("ownership", "belongs to another release", _own_by_others),
    Failure("locked", "Wait until the other operation", _lock),
    Failure("fixed-field", "does not let it be changed", _change_what_is_fixed, {"new": False}),
    Failure("not-there", "has gone meanwhile", options={"new": False}),
)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_failures_come_with_the_next_step(case: Case, failure: Failure) -> None:
    failure.prepare(case)
    with pytest.raises((HelmError, OvertakenError)) as caught:
        case.helm.upgrade(case.operation(**failure.options))
    assert failure.remedy in str(caught.value)
    assert caught.value.facts["exit_code"] == 1
    assert caught.value.facts["command"].startswith(f"{case.binary} upgrade {NAME} ")


def test_unreachable_cluster(case: Case) -> None:
    helm = case.open(host="https://127.0.0.1:1", api_key="a-token-of-nobody")
    with pytest.raises(HelmError, match=r"connection refused.* Check that the API server can be reached"):
        helm.render(case.operation())


def test_lack_of_a_right(case: Case) -> None:
    token = case.lab.kubectl("create", "token", "default", "--namespace", case.namespace).strip()
    cluster = yaml.safe_load(case.lab.kubeconfig.read_text(encoding="utf-8"))["clusters"][0]["cluster"]
    ca_cert = case.chart.parent / "ca.crt"
    ca_cert.write_bytes(base64.b64decode(cluster["certificate-authority-data"]))
    helm = case.open(host=case.lab.layout.api_url, api_key=token, ca_cert=str(ca_cert))
    with pytest.raises(HelmError, match=r"cannot list resource.* Add the right"):
        helm.render(case.operation())


def test_impersonation_and_client_certificate(case: Case) -> None:
    user = yaml.safe_load(case.lab.kubeconfig.read_text(encoding="utf-8"))["users"][0]["user"]
    assert "client-key-data" in user
    helm = case.open(kubeconfig=str(case.lab.kubeconfig), impersonate_user="somebody")
    with pytest.raises(HelmError, match='User "somebody" cannot'):
        helm.render(case.operation())


def test_something_else_than_helm(case: Case, tmp_path: Path) -> None:
    binary = tmp_path / "helm"
    binary.write_text("#!/bin/sh\necho v3.13.2\n", encoding="utf-8")
    binary.chmod(0o700)
    with pytest.raises(HelmMissingError, match=r"'v3.13.2', which is too old"):
        case.open(binary).upgrade(case.operation())
