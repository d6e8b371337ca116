# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A cluster that takes every image from a mirror: admission rewrites the names, as policy engines do it."""

from __future__ import annotations

import contextlib
import json
import typing as t

from milvus_lab.client import Client, wait_for

Json = dict[str, t.Any]

MIRROR = "mirror.example.com/hub/"
PODS, DEPLOYMENTS = "pods", "deployments"
# Of what is rewritten: the API group, the kind, and where the specification of a pod is.
_PLACES = {PODS: ("", "Pod", ("spec",)), DEPLOYMENTS: ("apps", "Deployment", ("spec", "template", "spec"))}


@contextlib.contextmanager
def mirrored(lab: Client, namespace: str, *, what: str) -> t.Iterator[None]:
    """Rewrite the image of PODS or of DEPLOYMENTS that are written in the namespace meanwhile."""
    name = f"mirror-{namespace}"
    try:
        lab.apply(*_make_policy(name, namespace=namespace, what=what), namespace=namespace)
        wait_for("the policy", lambda: _is_enforced(lab, namespace, what=what))
        yield
    finally:
        lab.kubectl("delete", "mutatingadmissionpolicy,mutatingadmissionpolicybinding", name, "--ignore-not-found")


def _make_policy(name: str, *, namespace: str, what: str) -> tuple[Json, Json]:
    group, _kind, path = _PLACES[what]
    image = f"object.{'.'.join(path)}.containers[0].image"
    change = f'JSONPatch{{op: "replace", path: "/{"/".join(path)}/containers/0/image", value: "{MIRROR}" + {image}}}'
    rule = {"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": [what]}
    policy = {
        **_describe("MutatingAdmissionPolicy", name),
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "matchConditions": [{"name": "once", "expression": f'!{image}.startsWith("{MIRROR}")'}],
            "reinvocationPolicy": "Never",
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": f"[{change}]"}}],
        },
    }
    selector = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    spec = {"policyName": name, "matchResources": selector}
    return policy, {**_describe("MutatingAdmissionPolicyBinding", name), "spec": spec}


def _describe(kind: str, name: str) -> Json:
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}}


def _is_enforced(lab: Client, namespace: str, *, what: str) -> bool:
    group, kind, _path = _PLACES[what]
    labels = {"app": "probe"}
    pod: Json = {"spec": {"containers": [{"name": "c", "image": "probe:1"}]}}
    body = pod if what == PODS else _deploy(pod, labels)
    version = f"{group}/v1" if group else "v1"
    probe = {"apiVersion": version, "kind": kind, "metadata": {"name": "probe"}, **body}
    words = ("create", "--filename=-", f"--namespace={namespace}", "--dry-run=server", "--output=json")
    return f"{MIRROR}probe:1" in lab.kubectl(*words, stdin=json.dumps(probe))


def _deploy(pod: Json, labels: Json) -> Json:
    return {"spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, **pod}}}
