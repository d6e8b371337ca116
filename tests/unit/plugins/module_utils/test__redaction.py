# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.milvus.cluster.plugins.module_utils import _redaction, _values
from ansible_collections.milvus.cluster.plugins.module_utils._redaction import HIDDEN
from ansible_collections.milvus.cluster.plugins.module_utils._values import ValueChange

settings.register_profile("untimed", deadline=None)  # test machines are noisy
settings.load_profile("untimed")

Json = dict[str, t.Any]


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "rootPassword",
        "MINIO_ROOT_PASSWORD",
        "db-password",
        "accessKey",
        "accesskey",
        "secretKey",
        "secretAccessKey",
        "AWS_SECRET_ACCESS_KEY",
        "apiKey",
        "privateKey",
        "token",
        "bearerToken",
        "clientSecret",
        "credentials",
        "passwords",
        "keystorePassphrase",
        "saslJaasConfig",
        "connectionString",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert _redaction.holds_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "secretName",
        "existingSecret",
        "existingSecretPasswordKey",
        "imagePullSecrets",
        "pullSecrets",
        "extraEnvVarsSecret",
        "tlsSecret",
        "tokenTTL",
        "passwordFile",
        "secretKeyRef",
        "privateKeyPath",
        "key",
        "keyFile",
        "monkey",
        "tokenizer",
        "secretsMount",
        "authType",
        "replicas",
        "",
    ],
)
def test_names_of_what_is_no_secret(name: str) -> None:
    assert not _redaction.holds_secret(name)


def test_redacts_by_name() -> None:
    values: Json = {
        "minio": {"accessKey": "minioadmin", "secretKey": "", "existingSecret": "mine", "password": None},
        "auth": {"tokenTTL": "10m", "token": 5, "credentials": {"user": "u", "retries": 3}, "passwords": ["a", 1]},
        "users": [{"name": "root", "password": "hidden"}, "plain"],
        "extraEnv": [
            {"name": "DB_PASSWORD", "value": "hidden"},
            {"name": "DB_HOST", "value": "db"},
            {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "password"}}},
        ],
        "tls": {"key": "-----BEGIN RSA PRIVATE KEY-----\nMII", "crt": "-----BEGIN CERTIFICATE-----"},
    }
    assert _redaction.redact(values, {}) == {
        "minio": {"accessKey": HIDDEN, "secretKey": "", "existingSecret": "mine", "password": None},
        "auth": {
            "tokenTTL": "10m",
            "token": 5,
            "credentials": {"user": HIDDEN, "retries": 3},
            "passwords": [HIDDEN, 1],
        },
        "users": [{"name": "root", "password": HIDDEN}, "plain"],
        "extraEnv": [
            {"name": "DB_PASSWORD", "value": HIDDEN},
            {"name": "DB_HOST", "value": "db"},
            {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "password"}}},
        ],
        "tls": {"key": HIDDEN, "crt": "-----BEGIN CERTIFICATE-----"},
    }


@pytest.mark.parametrize(
    ("values", "sensitive", "expected"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": "x"}}, {"a": {"b": HIDDEN, "c": 2}}),
        ({"a": {"b": ["old"]}}, {"a": {"b": "new"}}, {"a": {"b": HIDDEN}}),
        ({"a": {"b": {"c": "old"}}}, {"a": {"b": "new"}}, {"a": {"b": HIDDEN}}),
        ({"a": "old"}, {"a": {"b": "new"}}, {"a": HIDDEN}),
        ({"a": {"b": "old"}}, {"a": {}}, {"a": HIDDEN}),
        ({"a": True}, {"a": True}, {"a": HIDDEN}),
        ({"a": None}, {"a": "new"}, {"a": None}),
        ({"b": 1}, {"a": "new"}, {"b": 1}),
    ],
)
def test_redacts_what_is_or_was_at_a_sensitive_path(values: Json, sensitive: Json, expected: Json) -> None:
    assert _redaction.redact(values, sensitive) == expected


@pytest.mark.parametrize(
    ("change", "sensitive", "shown"),
    [
        (ValueChange(("a", "b"), "changed", "old", "new"), {"a": {"b": "new"}}, (HIDDEN, HIDDEN)),
        (ValueChange(("a", "b"), "added", None, "new"), {"a": {"b": "new"}}, (None, HIDDEN)),
        (ValueChange(("a", "b"), "removed", "old", None), {"a": "new"}, (HIDDEN, None)),
        (ValueChange(("a",), "removed", "old", None), {"a": {"b": "new"}}, (HIDDEN, None)),
        (ValueChange(("minio", "secretKey"), "changed", "", "new"), {}, ("", HIDDEN)),
        (ValueChange(("a", "b"), "changed", 1, [{"token": "x"}]), {}, (1, [{"token": HIDDEN}])),
    ],
)
def test_redacts_a_change(change: ValueChange, sensitive: Json, shown: tuple[t.Any, t.Any]) -> None:
    assert _redaction.redact_change(change, sensitive) == change._replace(before=shown[0], after=shown[1])


KEYS = st.sampled_from(["a", "b", "password", "existingSecret"])
PLAIN = st.none() | st.booleans() | st.integers(-3, 3) | st.just("plain")


def trees(leaves: st.SearchStrategy[t.Any], *, keys: st.SearchStrategy[str]) -> st.SearchStrategy[Json]:
    """Values with such leaves."""
    nodes = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
    )
    return st.dictionaries(keys, nodes, max_size=3)


@given(trees(PLAIN, keys=KEYS), trees(st.just("new-secret"), keys=KEYS))
def test_no_secret_is_shown_nor_its_predecessor(values: Json, sensitive: Json) -> None:
    after = _values.merge(values, sensitive)
    before = _values.merge(values, json.loads(json.dumps(sensitive).replace("new-", "old-")))
    changes = [_redaction.redact_change(change, sensitive) for change in _values.compare(before, after)]
    shown = repr([_redaction.redact(before, sensitive), _redaction.redact(after, sensitive), changes])
    assert "-secret" not in shown
    secrets = {"new-secret", "old-secret"} if "new-secret" in json.dumps(sensitive) else set()
    assert _redaction.secret_strings(sensitive, before) == secrets


@given(trees(PLAIN, keys=st.sampled_from(["a", "b", "existingSecret", "tokenTTL"])))
def test_what_holds_no_secret_is_shown_as_it_is(values: Json) -> None:
    assert _redaction.redact(values, {}) == values


def test_strings_to_mask() -> None:
    sensitive = {
        "a": {"long": "long enough", "short": "1234567", "number": 1234567890},
        "l": ["in a list", {"x": "in a map"}],
    }
    older = {"a": {"long": "the old one", "other": "not sensitive"}, "l": {"was": "once a map"}}
    assert _redaction.secret_strings(sensitive, older) == {
        "long enough",
        "in a list",
        "in a map",
        "the old one",
        "once a map",
    }
    assert _redaction.secret_strings({"a": {"b": "x"}}, {"a": "was above it"}) == {"was above it"}
    assert _redaction.secret_strings({}) == set()


def test_spellings_in_messages() -> None:
    secret = 'first line\nthe "second"\nshort'
    quoted = 'first line\\nthe \\"second\\"\\nshort'
    spelt = {secret, quoted, "first line", 'the "second"', "Schlüssel", "Schl\\u00fcssel"}
    assert _redaction.spell({secret, "Schlüssel"}) == spelt
    assert _redaction.mask(f"a {quoted} b Schlüssel c", {secret, "Schlüssel"}) == "a ******** b ******** c"
