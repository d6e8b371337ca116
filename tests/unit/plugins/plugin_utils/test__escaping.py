# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import pytest

from ansible_collections.milvus.cluster.plugins.plugin_utils._escaping import escape_all, escape_html, escape_markdown


@pytest.mark.parametrize(
    ("text", "html", "markdown"),
    [
        ("a → b", "a → b", "a → b"),
        ('<b a="1">\'&', "&lt;b a=&quot;1&quot;&gt;&#x27;&amp;", '\\<b a="1"\\>\'\\&'),
        ("{{ 1 }}{% x %}", "&#123;&#123; 1 &#125;&#125;&#123;% x %&#125;", "\\{\\{ 1 \\}\\}\\{% x %\\}"),
        ("one\n two", "one\n two", "one two"),
        ("a|b `c` [d](e)", "a|b `c` [d](e)", "a\\|b \\`c\\` \\[d\\](e)"),
        ("\x1b[31mred\x00\x9b", "[31mred", "\\[31mred"),
    ],
)
def test_texts(text: str, html: str, markdown: str) -> None:
    assert (escape_html(text), escape_markdown(text)) == (html, markdown)


def test_data() -> None:
    data = {"a": ["<", 1, None, True, ("<", 2.5)], "b": {"c": "<"}}
    assert escape_all(data, escape_html) == {"a": ["&lt;", 1, None, True, ["&lt;", 2.5]], "b": {"c": "&lt;"}}
