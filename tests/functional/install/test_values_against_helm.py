# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Values mean to the collection what they mean to both helms: merged, stored, and read from files."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.milvus.cluster.plugins.module_utils import _values
from ansible_collections.milvus.cluster.plugins.module_utils._errors import OptionError
from ansible_collections.milvus.cluster.plugins.module_utils._values_files import read_values_files
from milvus_lab.client import HELMS, Client, CommandFailedError

pytestmark = pytest.mark.both_helms

Json = dict[str, t.Any]

DEFAULTS: Json = {"a": {"a": 1, "b": {"c": 2}, "c": [1, {"a": 1}]}, "b": "text"}
TEMPLATE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: shown}
data: {values: {{ toJson .Values | quote }}}
"""

KEYS = st.sampled_from(["a", "b", "c", "a.b"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just("text")
NODES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=10
)
VALUES = st.dictionaries(KEYS, NODES, max_size=3)


class Helm(t.NamedTuple):
    """One of the helms, and a chart whose one object shows the values that its templates see."""

    lab: Client
    which: str
    chart: Path

    def run(self, *words: str | Path, stdin: str = "") -> str:
        return self.lab.run(self.lab.program(HELMS[self.which]), *words, stdin=stdin)

    def read(self, *files: Path, values: Json | None = None) -> tuple[Json, Json]:
        """The user's values as Helm would store them, and the values that templates see."""
        sources: list[str | Path] = [*files, *(["-"] if values is not None else [])]
        flags = [word for source in sources for word in ("--values", source)]
        words = ("install", "r", self.chart, "--dry-run=client", "--output", "json")
        release = json.loads(self.run(*words, *flags, stdin=json.dumps(values)))
        shown = yaml.safe_load(release["manifest"])["data"]["values"]
        return release.get("config") or {}, json.loads(shown)


@pytest.fixture(scope="module", params=sorted(HELMS))
def helm(lab: Client, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    chart = tmp_path_factory.mktemp("chart")
    (chart / "templates").mkdir()
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: shown, version: 1.0.0}", encoding="utf-8")
    (chart / "values.yaml").write_text(json.dumps(DEFAULTS), encoding="utf-8")
    (chart / "templates/shown.yaml").write_text(TEMPLATE, encoding="utf-8")
    return Helm(lab, request.param, chart)


@settings(max_examples=30, deadline=None)
@given(VALUES, VALUES)
def test_merges_as_helm_merges_files(helm: Helm, base: Json, over: Json) -> None:
    file = helm.chart.with_suffix(".json")
    file.write_text(json.dumps(base), encoding="utf-8")
    merged = _values.merge(base, over)
    by_helm, by_us = helm.read(file, values=over), helm.read(values=merged)
    assert _values.compare(by_helm[0], merged) == ()
    assert _values.compare(*(shown for _stored, shown in (by_helm, by_us))) == ()


def test_a_null_takes_a_default_away(helm: Helm) -> None:
    stored, shown = helm.read(values={"a": {"b": None}, "b": None})
    assert stored == {"a": {"b": None}, "b": None}
    assert shown == {"a": {"a": 1, "c": [1, {"a": 1}]}}


AWKWARD: Json = {
    "null": None,
    "map": {"null": None, "empty": {}},
    "list": [None, {"null": None}, [], {}],
    "numbers": [0, -0.0, 1.0, 1e3, 1e22, 1e-7, 1 / 3, 2**31, 2**53 + 1, 2**63 - 1, 10**30],
    "texts": ["", "1", "true", "null", "ü\u2028<>&", "a\nb"],
    "a.b": {"": 1},
}


def test_what_is_stored_compares_equal_to_what_was_given(helm: Helm, namespace: str) -> None:
    words = ("--namespace", namespace, "--reset-values", "--values", "-")
    helm.run("upgrade", "--install", "r", helm.chart, *words, stdin=json.dumps(AWKWARD))
    stored = json.loads(helm.run("get", "values", "r", "--namespace", namespace, "--output", "json"))
    assert _values.compare(stored, AWKWARD) == ()


TEXTS = """
y Y yes Yes YES n no on On ON oN off true True TRUE tRUE false
~ null Null NULL nULL
0 -0 1 +1 -1 00 08 0644 -0644 0777x 0o17 +0o17 0o8 0x 0x1F 0X1f -0x1F 0x1_F 0b11 0b2 -0b11 1_000 1_ _1 0_7
1. 1.0 .5 -.5 +.5 .5e1 1e3 1E3 1e+3 1.5e3 12e03 -1e-3 1e3.5 1_0.5 0.1_0 1e400 1e22 1e-7 . - .e3 1.2.3 v1.2.3
9007199254740993 9223372036854775807 18446744073709551615 123456789012345678901234567890
1:30 190:20:30 1:30:45.5 2026-11-24 2026-11-24T12:00:00Z =
"yes" '1' "" *anchor
"""
FILE = """
anchor: &anchor {1: a, true: b, 1.5: c, on: d, 2026-11-24: e, 1e3: f, 0x10: g, '~': h}
merged: {<<: *anchor, 1: i}
twice: 1
twice: 2
tags: [!!str 12, !!int "12", !!float 3]
empty:
text: |
  two
  lines
"""


def test_files_are_read_as_helm_reads_them(helm: Helm, tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    texts = "".join(f"- {text}\n" for text in TEXTS.split())
    file.write_text(f"{FILE}texts:\n{texts}", encoding="utf-8")
    stored, _shown = helm.read(file)
    (ours,) = read_values_files([str(file)])
    assert _values.compare(stored, ours) == ()


@pytest.mark.parametrize(
    "content", ["a: {~: 1}", "a: {[1]: 1}", "a: .nan", "a: -.inf", "a: &a [*a]", "a: [1", "- a", "a", "a: \x00"]
)
def test_what_helm_refuses_is_refused(helm: Helm, tmp_path: Path, content: str) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(CommandFailedError, match="failed to parse"):
        helm.read(file)
    with pytest.raises(OptionError):
        read_values_files([str(file)])
