# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Each message that the troubleshooting page quotes is one that the code can print."""

from __future__ import annotations

import ast
import re
import typing as t
from pathlib import Path

import pytest
import yaml

COLLECTION = Path(__file__).parents[2]
PAGE = COLLECTION / "docs/docsite/rst/troubleshooting.rst"
GAP = "…"  # stands for what is put into a message


def read_quotes() -> list[str]:
    """The first column of the tables."""
    return re.findall(r"^   \* - ``(.+)``$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def read_templates() -> set[str]:
    """Every text of the plugins, with gaps, and every text of the roles."""
    found = set()
    for path in (COLLECTION / "plugins").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {template for node in ast.walk(tree) for template in find_templates(node)}
    for path in (COLLECTION / "roles").rglob("tasks/*.yml"):
        found |= {
            re.sub(r"{{.*?}}", GAP, text) for text in find_texts(yaml.safe_load(path.read_text(encoding="utf-8")))
        }
    return {normalize(template) for template in found}


def find_templates(node: ast.AST) -> t.Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.sub(r"{\w*}", GAP, node.value)


def find_texts(node: object) -> t.Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from (text for value in node.values() for text in find_texts(value))
    elif isinstance(node, list):
        yield from (text for value in node for text in find_texts(value))


def normalize(text: str) -> str:
    return re.sub(rf"{GAP}+", GAP, " ".join(text.split()))


TEMPLATES = read_templates()


@pytest.mark.parametrize("quote", read_quotes())
def test_the_code_can_print_it(quote: str) -> None:
    assert len(quote.replace(GAP, "").strip()) > 8
    assert any(normalize(quote) in template for template in TEMPLATES)


def test_there_are_quotes_and_no_message_is_made_up() -> None:
    assert len(read_quotes()) > 30
    assert not any("the moon is full" in template for template in TEMPLATES)
