# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Texts that come from elsewhere, made harmless where they are written. Pure. PRIVATE to this collection.

All texts of a report are escaped in one place, so that a template cannot forget one.
"""

from __future__ import annotations

import html
import re
import typing as t

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>#|~&$!])")
# Braces as well: with older versions of Ansible they could begin an expression.
_BRACES = str.maketrans({"{": "&#123;", "}": "&#125;"})
# What cannot be written in either, such as the escape sequences of a log.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def escape_html(text: str) -> str:
    """Return a text that can stand between tags of HTML and in an attribute."""
    return html.escape(_CONTROL.sub("", text)).translate(_BRACES)


def escape_markdown(text: str) -> str:
    """Return a text that can stand in a line of Markdown, a cell of a table too."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(_CONTROL.sub("", text).split()))


ESCAPES: t.Mapping[str, t.Callable[[str], str]] = {"html": escape_html, "markdown": escape_markdown}


def escape_all(node: t.Any, escape: t.Callable[[str], str]) -> t.Any:
    """Return data with each of its texts escaped; keys are the collection's own."""
    if isinstance(node, str):
        return escape(node)
    if isinstance(node, dict):
        return {key: escape_all(inner, escape) for key, inner in node.items()}
    if isinstance(node, (list, tuple)):
        return [escape_all(inner, escape) for inner in node]
    return node
