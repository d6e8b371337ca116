# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Writes the README's table of what the tests run with, from what decides it: noxfile.py, and the lab's files."""

from __future__ import annotations

import ast
import re
import typing as t
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[3]
README = CHECKOUT / "README.md"
_BEGIN, _END = "### Tested with\n", "\n## Installation\n"
# What go.mod calls it, by the lock file that has it.
_PROGRAMS = {
    "Helm": {"helm3": "helm.sh/helm/v3", "lab": "helm.sh/helm/v4"},
    "Kubernetes": {"lab": "k8s.io/kubernetes"},
}


class Row(t.NamedTuple):
    """A thing, the versions of it that tests run with, and how."""

    thing: str
    versions: str
    how: str


def read_constants(path: Path, *names: str) -> dict[str, t.Any]:
    """Return constants of a Python file that are literals, without running it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: dict[str, t.Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in names:
            found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def list_rows() -> list[Row]:
    """Return the rows of the table."""
    nox = read_constants(CHECKOUT / "noxfile.py", "CORES", "KUBERNETES", "OLDEST_TARGET")
    cores = {core: ", ".join(sorted(pythons, key=_order)) for core, pythons in nox["CORES"].items()}
    generations = yaml.safe_load(_read("tests/lab/charts/generations.yaml"))
    charts = [version for generation in generations.values() for version in generation["versions"]]
    return [
        *(Row("ansible-core", core, f"Python {pythons}: one that the machine has") for core, pythons in cores.items()),
        Row("Python of modules", nox["OLDEST_TARGET"], "compiled, imported and unit tested, where the machine has it"),
        *(
            Row("Python package kubernetes", library, f"unit tests, with ansible-core {core}")
            for library, core in nox["KUBERNETES"].items()
        ),
        *(
            Row(thing, _find_version(folder, module), "tests on the lab")
            for thing, modules in _PROGRAMS.items()
            for folder, module in modules.items()
        ),
        Row("Milvus chart", ", ".join(sorted(charts, key=_order)), "the lab's own, made after the real ones"),
    ]


def _read(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def _find_version(folder: str, module: str) -> str:
    """Return the version of a module in a go.mod. Raises LookupError where it has none."""
    match = re.search(rf"^\s*{re.escape(module)} v(\S+)", _read(f"tests/lab/go/{folder}/go.mod"), flags=re.MULTILINE)
    if not match:
        raise LookupError(f"{folder}/go.mod has no {module}")
    return match[1]


def _order(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def render(rows: t.Iterable[Row]) -> str:
    """Return the table in Markdown."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(["| | Version | How |", "|---|---|---|", *lines]) + "\n"


def find_section(text: str) -> tuple[str, str, str]:
    """Return the README before, in and after the section."""
    before, begin, rest = text.partition(_BEGIN)
    section, end, after = rest.partition(_END)
    return before + begin, section, end + after


if __name__ == "__main__":
    head, _section, tail = find_section(README.read_text(encoding="utf-8"))
    README.write_text(f"{head}\n{render(list_rows())}{tail}", encoding="utf-8")
