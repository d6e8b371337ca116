# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _libraries, _values_files
from ansible_collections.milvus.cluster.plugins.module_utils._errors import OptionError

Json = dict[str, t.Any]


@pytest.fixture(params=["C", "Python"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    """Both of PyYAML's loaders; the one in C is missing where PyYAML was built without libyaml."""
    yaml, fastest = _libraries.load_yaml()
    chosen = fastest if request.param == "C" else yaml.SafeLoader
    monkeypatch.setattr(_values_files, "load_yaml", lambda: (yaml, chosen))
    _values_files._loader_class.cache_clear()
    yield
    _values_files._loader_class.cache_clear()


def read(tmp_path: Path, content: str | bytes) -> Json:
    """Read a file of that content."""
    path = tmp_path / "values.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (values,) = _values_files.read_values_files([str(path)])
    return values


def test_reads_files_in_their_order(tmp_path: Path) -> None:
    paths = [tmp_path / "2.yaml", tmp_path / "1.json"]
    paths[0].write_text("a: {b: 1}", encoding="utf-8")
    paths[1].write_text('{"a": null}', encoding="utf-8")
    assert _values_files.read_values_files(map(str, paths)) == [{"a": {"b": 1}}, {"a": None}]
    assert _values_files.read_values_files([]) == []


@pytest.mark.parametrize("content", ["", "# a comment", "---\n", "---\n...\n", "~", "{}"])
def test_nothing_in_it(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == {}


# What both helms read in a text without quotes; tests/functional compares more of them with the real ones.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24", "2026-11-24"),
        ("2026-11-24T12:00:00Z", "2026-11-24T12:00:00Z"),
        ("1:30", "1:30"),
        ("12", 12),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("1_000", 1000),
        ("0644", 0o644),
        ("0o644", 0o644),
        ("0x1F", 31),
        ("08", 8.0),
        ("1.2.3", "1.2.3"),
        ("1e999", "1e999"),
        ("v2.6.15", "v2.6.15"),
        ("yes", True),
        ("y", True),
        ("Off", False),
        ("oN", "oN"),
        ("~", None),
        ("Null", None),
        ("", None),
        ("=", "="),
        ("'1'", "1"),
        ('"yes"', "yes"),
        ("!!str 12", "12"),
        ('!!int "12"', 12),
        ("|-\n  12", "12"),
    ],
)
def test_types(tmp_path: Path, text: str, expected: t.Any) -> None:
    value = read(tmp_path, f"a: {text}")["a"]
    assert (value, type(value)) == (expected, type(expected))


def test_keys_become_text(tmp_path: Path) -> None:
    content = "1: a\ntrue: b\n1.5: c\n2026-11-24: d\n1e3: e\non: f\n'~': g"
    assert read(tmp_path, content) == {
        "1": "a",
        "true": "f",
        "1.5": "c",
        "2026-11-24": "d",
        "1000": "e",
        "~": "g",
    }


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    content = "a: &a {x: 1, l: [1]}\nb: {<<: *a, z: 2}\nc: {<<: [*a, {z: 3}], x: 4}\nd: *a"
    assert read(tmp_path, content) == {
        "a": {"x": 1, "l": [1]},
        "b": {"x": 1, "l": [1], "z": 2},
        "c": {"x": 4, "l": [1], "z": 3},
        "d": {"x": 1, "l": [1]},
    }


def test_one_document_between_empty_ones(tmp_path: Path) -> None:
    assert read(tmp_path, "---\n---\na: 1\n---\n") == {"a": 1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a: 1\nb: [s3cr3t\nc: 2", r"it is no YAML of plain values \(line 3: .+\)"),
        ("a: 1\n---\na: 2", "it holds 2 documents"),
        ("- a", "it holds no mapping"),
        ("s3cr3t", "it holds no mapping"),
        ("a:\n  b: !vault |\n    s3cr3t", r".+\(line 2: the tag !vault means nothing to Helm\)"),
        ("a: !!set {b}", r".+\(line 1: the tag tag:yaml.org,2002:set means nothing to Helm\)"),
        ("a: 1\nb: .nan", r".+\(line 2: JSON has no .nan\)"),
        ("a: -.INF", r".+\(line 1: JSON has no -.INF\)"),
        ("a: 1\n~: s3cr3t", r".+\(line 2: a key is no text\)"),
        ("a: {[1]: s3cr3t}", r".+\(line 1: a key is no text\)"),
        ("a: &a [*a]", r".+\(line 1: found unconstructable recursive node\)"),
        ("a: *b", r".+\(line 1: found undefined alias.*\)"),
        (b"a: \xff", r".+\(invalid .+\)"),
        (b"a: \x00", r".+\(.+ not allowed\)"),
        (b"$ANSIBLE_VAULT;1.1;AES256\n3336", "it is encrypted with Ansible Vault"),
    ],
)
def test_refuses_what_is_no_values(tmp_path: Path, content: str | bytes, reason: str) -> None:
    with pytest.raises(
        OptionError, match=rf"^Reading .+values\.yaml of option values_files failed: {reason}\. "
    ) as caught:
        read(tmp_path, content)
    assert "s3cr3t" not in str(caught.value)


def test_refuses_what_is_nested_too_deeply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load_all(*_args: t.Any, **_kwargs: t.Any) -> t.NoReturn:
        raise RecursionError

    monkeypatch.setattr(_libraries.load_yaml()[0], "load_all", load_all)
    with pytest.raises(OptionError, match="nested too deeply"):
        read(tmp_path, "a: 1")


@pytest.mark.parametrize(("name", "reason"), [("missing.yaml", "No such file or directory"), (".", "Is a directory")])
def test_refuses_what_cannot_be_read(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(OptionError, match=f"option values_files failed: {reason}"):
        _values_files.read_values_files([str(tmp_path / name)])
