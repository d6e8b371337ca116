# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing that the API server would send to a simulated pod leaves the lab; it is refused in clear words."""

from __future__ import annotations

import typing as t

import pytest

from milvus_lab.client import Client, CommandFailedError, Object, wait_for

POD: Object = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "labels": {"app": "p"}},
    "spec": {
        "containers": [{"name": "c", "image": "example/p:1", "ports": [{"name": "metrics", "containerPort": 9091}]}]
    },
}
SERVICE: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "s"},
    "spec": {"selector": {"app": "p"}, "ports": [{"name": "metrics", "port": 9091, "targetPort": "metrics"}]},
}


@pytest.fixture
def address(lab: Client, namespace: str) -> str:
    """The address of a ready pod ``p`` behind the Service ``s``."""
    lab.apply(POD, SERVICE, namespace=namespace)

    def endpoints() -> list[t.Any]:
        slices = lab.list("endpointslices", namespace=namespace)
        return [entry for each in slices for entry in each["endpoints"] or [] if entry["conditions"]["ready"]]

    return str(wait_for("the Service has an endpoint", endpoints)[0]["addresses"][0])


@pytest.mark.parametrize("path", ["pods/p:9091", "services/s:9091", "services/s:metrics"])
def test_the_proxy_to_a_simulated_pod_is_refused(lab: Client, namespace: str, address: str, path: str) -> None:
    with pytest.raises(CommandFailedError, match=f"refused by the lab: {address}:9091 is simulated and has no network"):
        lab.kubectl("get", "--raw", f"/api/v1/namespaces/{namespace}/{path}/proxy/healthz")


def test_addresses_are_of_a_range_that_no_network_routes(address: str) -> None:
    assert address.startswith("198.18.")


def test_exec_is_refused(lab: Client, namespace: str, address: str) -> None:
    assert address
    with pytest.raises(CommandFailedError, match='no exec found for container "c"'):
        lab.kubectl("exec", "p", "--namespace", namespace, "--", "true")


def test_a_webhook_is_not_called_outside_the_lab(lab: Client, namespace: str) -> None:
    webhook = {
        "name": "outside.example.org",
        "clientConfig": {"url": "https://198.18.255.1/validate"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
    }
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    lab.apply({**kind, "metadata": {"name": namespace}, "webhooks": [webhook]}, namespace=namespace)

    def refusal() -> str:
        try:
            lab.kubectl("create", "configmap", "c", "--namespace", namespace, "--dry-run=server")
        except CommandFailedError as exc:
            return str(exc)
        return ""

    try:
        assert "198.18.255.1:443 is simulated and has no network" in wait_for("the webhook is asked", refusal)
    finally:
        lab.kubectl("delete", "validatingwebhookconfiguration", namespace)


def test_logs_come_from_the_lab(lab: Client, namespace: str, address: str) -> None:
    assert address
    assert lab.kubectl("logs", "p", "--namespace", namespace).startswith("simulated container: started\n")
