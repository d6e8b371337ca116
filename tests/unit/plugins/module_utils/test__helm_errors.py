# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What both helms have really said, and the step that the message ends with."""

from __future__ import annotations

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._helm_errors import (
    LONGEST,
    find_remedy,
    is_overtaken,
    read_fetch_failure,
    read_words,
)

FAILED = "UPGRADE FAILED: "
SPOKEN = {
    'chart "nochart" not found in http://127.0.0.1:26160 repository': "Correct chart_ref",
    'chart "milvus" version "99.0.0" not found in http://127.0.0.1:26160 repository': "Correct chart_version",
    'looks like "http://127.0.0.1:1" is not a valid chart repository or cannot be reached: Get "http://127.0.0.1:1/'
    'index.yaml": dial tcp 127.0.0.1:1: connect: connection refused': "can be reached from the host",
    'looks like "https://a" is not a valid chart repository or cannot be reached: failed to fetch https://a/index.yaml '
    ": 401 Unauthorized": "Set chart_repo_username",
    'looks like "https://a" is not a valid chart repository or cannot be reached: Get "https://a/index.yaml": tls: '
    "failed to verify certificate: x509: certificate signed by unknown authority": "Set chart_repo_ca_cert",
    "repo nope not found": "helm repo add",
    'failed to perform "FetchReference" on source: Get "https://127.0.0.1:1/v2/charts/milvus/manifests/1.0.0": dial '
    "tcp 127.0.0.1:1: connect: connection refused": "can be reached from the host",
    'GET "http://127.0.0.1:26160/v2/milvus/tags/list": response status code 404: Not Found': "can be reached",
    'failed to perform "FetchReference" on source: GET "https://127.0.0.1:1/v2/charts/milvus/manifests/5.0.19": basic '
    "credential not found": "Set chart_repo_username",
    "kubernetes cluster unreachable: the server has asked for the client to provide credentials": "takes these cred",
    'Kubernetes cluster unreachable: Get "https://127.0.0.1:1/version": tls: failed to verify certificate: x509: '
    "certificate signed by unknown authority": "takes these cred",
    'query: failed to query with labels: secrets is forbidden: User "system:serviceaccount:default:weak" cannot list '
    'resource "secrets" in API group "" in the namespace "default"': "Add the right",
    'create: failed to create: namespaces "nonamespace" not found': "set create_namespace",
    'create: failed to create: secrets "sh.helm.release.v1.ng.v1" is forbidden: unable to create new content in '
    "namespace gone because it is being terminated": "until the namespace is gone",
    "execution error at (tiny/templates/x.yaml:1:3): you must set x": "cannot be rendered",
    'tiny/templates/x.yaml:1:10 executing "tiny/templates/x.yaml" at <.Values.a.b.c>: nil pointer evaluating interface '
    "{}.b": "cannot be rendered",
    "YAML parse error on tiny/templates/x.yaml: error converting YAML to JSON: yaml: line 5: mapping values are not "
    "allowed in this context": "cannot be rendered",
    "values don't meet the specifications of the schema(s) in the following chart(s): tiny: - at '/n': got string, "
    "want integer": "Correct the values",
    'unable to build kubernetes objects from release manifest: resource mapping not found for name: "x" namespace: "" '
    'from "": no matches for kind "Bar" in version "foo/v1" ensure CRDs are installed first': "lacks an API",
    'Unable to continue with install: ConfigMap "own-a" in namespace "default" exists and cannot be imported into the '
    'current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": '
    'must be set to "Helm"': "belongs to another release",
    f"{FAILED}another operation (install/upgrade/rollback) is in progress": "until the other operation is over",
    f'{FAILED}could not get information about the resource: Get "https://a": dial tcp: connect: connection refused': (
        "when the API server can be reached"
    ),
    f"{FAILED}release: already exists": "until the other operation is over",
    "INSTALLATION FAILED: release name check failed: cannot reuse a name that is still in use": "come into being",
    "INSTALLATION FAILED: cannot re-use a name that is still in use": "come into being",
    f'{FAILED}"r" has no deployed releases': "has gone meanwhile",
    "uninstall: Release not loaded: r: release: not found": "has gone meanwhile",
    f'{FAILED}server-side apply failed for object default/stshelm-s apps/v1, Kind=StatefulSet: StatefulSet.apps "a" is '
    'invalid: spec.serviceName: Invalid value: "two": field is immutable': "does not let it be changed",
    f'{FAILED}cannot patch "p" with kind PersistentVolumeClaim: PersistentVolumeClaim "p" is invalid: spec: Forbidden: '
    "spec is immutable after creation except resources.requests": "does not let it be changed",
    f'{FAILED}cannot patch "s" with kind StatefulSet: StatefulSet.apps "s" is invalid: spec: Forbidden: updates to '
    "statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy' are forbidden": (
        "does not let it be changed"
    ),
    f"{FAILED}conflict occurred while applying object default/a apps/v1, Kind=Deployment: Apply failed with 1 "
    'conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas': "Another manager",
    "something new": "Correct what helm names",
}


@pytest.mark.parametrize("words", SPOKEN, ids=lambda words: words[:40])
def test_next_step(words: str) -> None:
    assert SPOKEN[words] in find_remedy(words)


def test_logged_lines_and_breaks_are_left_out() -> None:
    stderr = 'level=WARN msg="upgrade failed" error="a Error: b"\nError: UPGRADE FAILED: a: Error: b\n@@ -6 +6 @@\n\n'
    assert read_words(stderr) == "UPGRADE FAILED: a: Error: b @@ -6 +6 @@"


def test_words_without_the_usual_start() -> None:
    assert read_words("panic: no\n\ngoroutine 1.") == "panic: no goroutine 1"
    assert read_words("") == ""


def test_length() -> None:
    assert len(read_words("Error: " + "x" * 10_000)) == LONGEST + len(" ...")


@pytest.mark.parametrize(
    ("said", "secrets", "shown"),
    [
        ("at '/a': 'the-password' is bad", ["the-password"], "at '/a': '********' is bad"),
        (r'at "the-\"password\""', ['the-"password"'], 'at "********"'),
        ("yaml: could not find second-line", ["the-first-line\nsecond-line"], "yaml: could not find ********"),
        ("the-password-2 the-password", ["the-password", "the-password-2"], "******** ********"),
    ],
)
def test_secrets_are_hidden(said: str, secrets: list[str], shown: str) -> None:
    assert read_words(f"Error: {said}", secrets) == shown


def test_short_texts_are_shown() -> None:
    assert read_words("Error: a 3 is no 4", ["3"]) == "a 3 is no 4"


@pytest.mark.parametrize(
    ("stdout", "reason"),
    [
        (
            '...Unable to get an update from the "mine" chart repository (https://a):\n\tit said 401\nDone.\n',
            "it said 401",
        ),
        ('...Successfully got an update from the "mine" chart repository\n', ""),
    ],
)
def test_index_that_was_not_fetched(stdout: str, reason: str) -> None:
    assert read_fetch_failure(stdout) == reason


@pytest.mark.parametrize(
    "words",
    [
        f"{FAILED}another operation (install/upgrade/rollback) is in progress",
        f"{FAILED}release: already exists",
        "INSTALLATION FAILED: cannot re-use a name that is still in use",
    ],
)
def test_another_operation_came_first(words: str) -> None:
    assert is_overtaken(words)


@pytest.mark.parametrize("words", [f'{FAILED}configmaps "a" already exists', f"{FAILED}context deadline exceeded"])
def test_no_other_operation(words: str) -> None:
    assert not is_overtaken(words)
