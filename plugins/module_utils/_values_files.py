# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Files with values, read to what Helm reads in them. PRIVATE to this collection.

Helm takes YAML for JSON with comments: keys and dates are text, `1e3` is a number, `1:30` is none, `y` is true.
PyYAML alone differs in all of these. What Helm passes over silently is refused: a second document, a tag like `!vault`.
"""

from __future__ import annotations

import functools
import json
import math
import re
import typing as t

from ._errors import OptionError
from ._libraries import load_yaml

Json = dict[str, t.Any]

_VAULT_HEADER = b"$ANSIBLE_VAULT;"

# Type → the texts without quotes that have it; the first that fits counts, and all others are text.
_TYPES = {
    "bool": r"y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE|n|N|no|No|NO|off|Off|OFF|false|False|FALSE",
    "null": r"~|null|Null|NULL|",
    "float": r"[-+]?\.?[0-9][\w.+-]*|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",  # as far as _number() finds one in it
    "merge": r"<<",
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)(e[-+]?[0-9]+)?", re.IGNORECASE)
_OLD_OCTAL = re.compile(r"^([-+]?)0(?=[0-7])")


def read_values_files(paths: t.Iterable[str]) -> list[Json]:
    """Read the files in their order. Raises OptionError, which names the file and, for bad YAML, the line."""
    return [_read(path) for path in paths]


def _read(path: str) -> Json:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as exc:
        remedy = "Files are read on the host that runs the module: check the path there."
        raise _refusal(path, exc.strerror or str(exc), remedy=remedy) from None
    if data.startswith(_VAULT_HEADER):
        remedy = "Give it as sensitive_values: \"{{ lookup('ansible.builtin.unvault', path) | from_yaml }}\"."
        raise _refusal(path, "it is encrypted with Ansible Vault", remedy=remedy)
    yaml, _loader = load_yaml()
    try:
        documents = [document for document in yaml.load_all(data, Loader=_loader_class()) if document is not None]
    except (yaml.YAMLError, _NotJsonError, RecursionError) as exc:
        raise _refusal(path, _explain(exc), remedy="Correct the file.") from None
    if len(documents) > 1:
        raise _refusal(path, f"it holds {len(documents)} documents", remedy="Give each of them a file of its own.")
    values = documents[0] if documents else {}
    if not isinstance(values, dict):
        raise _refusal(path, "it holds no mapping", remedy="Begin it with a key of the chart, such as queryNode.")
    return values


def _refusal(path: str, reason: str, *, remedy: str) -> OptionError:
    return OptionError(f"Reading {path} of option values_files", reason=reason, remedy=remedy)


class _NotJsonError(Exception):
    """Something that YAML has and JSON has not."""

    def __init__(self, problem: str, mark: t.Any) -> None:
        super().__init__(problem)
        self.problem = problem
        self.problem_mark = mark


def _explain(exc: Exception) -> str:
    """Say what is wrong in which line. The line itself is not quoted: it may hold a secret."""
    mark = getattr(exc, "problem_mark", None)
    place = f"line {mark.line + 1}: " if mark else ""
    problem = getattr(exc, "problem", None) or getattr(exc, "reason", None) or "nested too deeply"
    return f"it is no YAML of plain values ({place}{problem})"


@functools.cache
def _loader_class() -> t.Any:
    """Return the fastest loader, with Helm's types and none but those."""
    _yaml, base = load_yaml()
    prefix = "tag:yaml.org,2002:"
    types = [(prefix + name, re.compile(rf"(?:{pattern})\Z", re.ASCII)) for name, pattern in _TYPES.items()]
    constructors: dict[str | None, t.Any] = {prefix + name: construct for name, construct in _CONSTRUCTORS.items()}
    members = {
        "yaml_implicit_resolvers": {None: types},  # None: whatever the first letter is
        "yaml_constructors": {**constructors, None: _refuse_tag},
    }
    return type("Loader", (base,), members)


def _refuse_tag(_loader: t.Any, node: t.Any) -> t.NoReturn:
    raise _NotJsonError(f"the tag {node.tag} means nothing to Helm", node.start_mark)


def _construct_map(loader: t.Any, node: t.Any) -> Json:
    loader.flatten_mapping(node)  # for `<<`
    pairs = [(loader.construct_object(key, deep=True), key, value) for key, value in node.value]
    return {_key_text(key, node.start_mark): loader.construct_object(value, deep=True) for key, node, value in pairs}


def _key_text(key: t.Any, mark: t.Any) -> str:
    if key is None or isinstance(key, (dict, list)):
        raise _NotJsonError("a key is no text", mark)
    if isinstance(key, float) and key.is_integer():
        key = int(key)
    return key if isinstance(key, str) else json.dumps(key)


def _construct_number(loader: t.Any, node: t.Any) -> float | str:
    text = loader.construct_scalar(node)
    if text.lower().endswith((".inf", ".nan")):
        raise _NotJsonError(f"JSON has no {text}", node.start_mark)
    return _number(text)


def _number(text: str) -> float | str:
    digits = text.replace("_", "")
    try:
        return int(_OLD_OCTAL.sub(r"\g<1>0o", digits), 0)
    except ValueError:
        number = float(digits) if _FLOAT.fullmatch(digits) else math.inf
        return number if math.isfinite(number) else text


_CONSTRUCTORS: dict[str, t.Callable[[t.Any, t.Any], t.Any]] = {
    "map": _construct_map,
    "seq": lambda loader, node: loader.construct_sequence(node, deep=True),
    "str": lambda loader, node: loader.construct_scalar(node),
    "null": lambda _loader, _node: None,
    "bool": lambda loader, node: loader.construct_scalar(node).lower() in ("y", "yes", "on", "true"),
    "int": _construct_number,
    "float": _construct_number,
}
