# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What of a release's values may be shown. Pure. PRIVATE to this collection.

Hidden are the values at the paths of `sensitive_values`, whatever they hold now or held in older revisions, and by
their names what holds a secret in the rest. Texts with settings inside (a `user.yaml`, a NAME=VALUE) are not searched.
"""

from __future__ import annotations

import json
import re
import typing as t

from ._values import MISSING, ValueChange, find, put

Json = dict[str, t.Any]

HIDDEN = "********"
SHORTEST_SECRET = 8  # characters; masking a shorter one would mask half of the output

# Ends of names, in lower case and letters alone, that say that the value is a secret.
_SECRET = re.compile(
    r"(password|passwd|passphrase|pwd|secret|token|credential|jaasconfig|connectionstring"
    r"|(access|account|api|auth|encryption|master|private|secret|shared|signing|ssh)key)s?$"
)
# Names like those, but of what refers to a Secret of Kubernetes.
_REFERENCE = re.compile(r"^existing|(pull|tls|cert|certificate|vars)secrets?$")
_PRIVATE_KEY = "PRIVATE KEY-----"


def redact(values: Json, sensitive: Json) -> Json:
    """Return *values* with HIDDEN for what must not be shown. An absent value, null or "" by its name, is no secret."""
    return {key: _redact(key, value, sensitive=sensitive.get(key, MISSING)) for key, value in values.items()}


def _redact(name: str, value: t.Any, *, sensitive: t.Any) -> t.Any:
    if sensitive is not MISSING:
        if isinstance(value, dict) and isinstance(sensitive, dict) and sensitive:
            return redact(value, sensitive)
        return None if value is None else HIDDEN
    if isinstance(value, dict):
        secret = holds_secret(name)
        return {key: _redact(name if secret else key, item, sensitive=MISSING) for key, item in value.items()}
    if isinstance(value, list):
        return [_redact_item(name, item) for item in value]
    if isinstance(value, str) and value and (holds_secret(name) or _PRIVATE_KEY in value):
        return HIDDEN
    return value


def _redact_item(name: str, item: t.Any) -> t.Any:
    """Redact an element of a list; in `name: X, value: Y`, as containers take their environment, X names Y."""
    if isinstance(item, dict) and isinstance(item.get("name"), str) and "value" in item:
        item = {**item, "value": _redact(item["name"], item["value"], sensitive=MISSING)}
    return _redact(name, item, sensitive=MISSING)


def holds_secret(name: str) -> bool:
    """Whether what has that name is a secret itself: `rootPassword`, but not `secretName` or `tokenTTL`."""
    letters = re.sub(r"[^a-z]", "", name.lower())
    return bool(_SECRET.search(letters)) and not _REFERENCE.search(letters)


def redact_change(change: ValueChange, sensitive: Json) -> ValueChange:
    """Return the change with HIDDEN for what must not be shown, on both sides."""

    def show(value: t.Any) -> t.Any:
        if value is None:
            return None
        shown = find(redact(put({}, change.path, value=value), sensitive), *change.path)
        return HIDDEN if shown is MISSING else shown

    return change._replace(before=show(change.before), after=show(change.after))


def secret_strings(sensitive: Json, *older: Json) -> set[str]:
    """Return the texts in *sensitive*, and what *older* values hold at its paths, that are long enough to mask."""
    nodes = [node for values in (sensitive, *older) for node in _sensitive_nodes(values, sensitive)]
    return {text for node in nodes for text in _strings(node) if len(text) >= SHORTEST_SECRET}


def spell(secrets: t.Iterable[str]) -> set[str]:
    """Return the *secrets* in all the ways that messages have them: as they are, quoted, and line by line."""
    forms = {form for text in secrets for form in (text, *_quote(text), *text.splitlines())}
    return {form for form in forms if len(form) >= SHORTEST_SECRET}


def _quote(text: str) -> t.Iterator[str]:
    for ascii_alone in (True, False):
        yield json.dumps(text, ensure_ascii=ascii_alone)[1:-1]


def mask(text: str, secrets: t.Iterable[str]) -> str:
    """Return a text with HIDDEN for each of the *secrets*, however it is spelt."""
    for form in sorted(spell(secrets), key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text


def _sensitive_nodes(values: Json, sensitive: Json) -> t.Iterator[t.Any]:
    """Yield what *values* hold at the paths of *sensitive*, the same that redact() hides."""
    for key in values.keys() & sensitive:
        value, secret = values[key], sensitive[key]
        if isinstance(value, dict) and isinstance(secret, dict) and secret:
            yield from _sensitive_nodes(value, secret)
        else:
            yield value


def _strings(node: t.Any) -> t.Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, (dict, list)):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _strings(item)
