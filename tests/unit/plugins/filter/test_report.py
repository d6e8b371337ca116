# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a report says, and the files that its templates make of it."""

from __future__ import annotations

import html.parser
import re
import xml.etree.ElementTree
from pathlib import Path

import jinja2
import pytest
import yaml

from ansible_collections.milvus.cluster.plugins.filter.report import FilterModule
from ansible_collections.milvus.cluster.tests.unit.plugins.plugin_utils.results import (
    COMMON,
    RESULTS,
    VERIFY,
    Json,
    at,
    check,
    fail,
    place,
)

ROOT = Path(__file__).parents[4]
TEMPLATES = ROOT / "roles/milvus_report/templates"
NASTY = '<script src="https://evil.invalid/x.js">alert(1)</script> {{ lookup("pipe", "id") }} | `x` \x1b[31m'
HARMLESS = fail("scale", msg=NASTY, warnings=[NASTY])
# As Ansible's module `template` has it.
ENVIRONMENT = jinja2.Environment(  # the filter escapes
    loader=jinja2.FileSystemLoader(TEMPLATES), trim_blocks=True, undefined=jinja2.StrictUndefined
)
VOID = {"meta", "link", "br", "rect", "path", "circle", "line"}


def report(results: Json, *arguments: str) -> Json:
    made: Json = FilterModule().filters()["report"](results, *arguments)
    return made


def render(results: Json, format: str) -> str:  # noqa: A002  # as the option is called
    ending = {"html": "html", "markdown": "md"}[format]
    template = ENVIRONMENT.get_template(f"report.{ending}.j2")
    return template.render(__milvus_report=report(results, format))


class Page(html.parser.HTMLParser):
    """A page whose tags close each other, its texts and its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style" and data.strip():
            self.texts.append(data.strip())


@pytest.mark.parametrize(
    ("results", "outcome", "title", "words"),
    [
        (
            RESULTS,
            "passed",
            "Verified",
            "Pods: query node 0 → 3, data node 0 → 1, streaming node 0 → 1, proxy 0 → 2. Checks: 1 passed, 1 skipped.",
        ),
        ({"verify": VERIFY}, "passed", "Verified", "Nothing was changed. Checks: 1 passed, 1 skipped."),
        (
            {"install": {**COMMON, "changed": True}},
            "skipped",
            "Not verified",
            "The release was changed; every count is as it was.",
        ),
        (fail("install"), "failed", "Install failed", None),
        (
            fail("verify", checks=[check("pods", "failed"), check("release")], changed=False),
            "failed",
            "Verify failed",
            None,
        ),
        ({}, "skipped", "Not verified", "Nothing was changed."),
        (
            {"verify": VERIFY, "install": {**COMMON, "changed": True, "started_at": at(31), "ended_at": at(40)}},
            "skipped",
            "Not verified",
            "The release was changed; every count is as it was. Checks: 1 passed, 1 skipped, before the last change.",
        ),
        (
            {"verify": VERIFY, "install": {**COMMON, "started_at": at(31), "ended_at": at(40)}},
            "passed",
            "Verified",
            "Nothing was changed. Checks: 1 passed, 1 skipped.",
        ),
    ],
)
def test_the_verdict(results: Json, outcome: str, title: str, words: str | None) -> None:
    verdict = report(results)["verdict"]
    assert (verdict["outcome"], verdict["title"], words or verdict["words"]) == (outcome, title, verdict["words"])


def test_what_a_job_gets() -> None:
    made = report(RESULTS)
    assert made["before"] == {"query_node": 0, "data_node": 0, "streaming_node": 0, "proxy": 0}
    assert made["after"] == {"query_node": 3, "data_node": 1, "streaming_node": 1, "proxy": 2}
    assert report({"verify": VERIFY})["before"] == {}


def test_the_facts() -> None:
    facts = {fact["name"]: fact["words"] for fact in report(RESULTS)["facts"]}
    assert facts == {
        "Milvus": "2.6.15",
        "Chart": "milvus 5.0.19",
        "Revision": "3, deployed",
        "Pods": "11 of 11 ready",
        "Nodes": "2, in 2 zones",
        "Endpoints": "my-release-milvus.milvus.svc:19530 (milvus), my-release-milvus.milvus.svc:9091 (metrics)",
        "Time": "2026-11-29 06:00:00 to 06:00:30 UTC, 30.0 s",
    }
    unknown = {"verify": {**VERIFY, "placement": [place("proxy", "a", None, 1)]}}
    assert {fact["name"]: fact["words"] for fact in report(unknown)["facts"]}["Nodes"] == "1"


def test_what_is_documented_is_returned() -> None:
    documented = yaml.safe_load((ROOT / "plugins/filter/report.yml").read_text(encoding="utf-8"))
    assert set(report({})) == set(documented["RETURN"]["_value"]["contains"])


CASES = pytest.mark.parametrize(
    "results",
    [RESULTS, HARMLESS, fail("install"), fail("verify"), {"install": {**COMMON, "components": [], "endpoints": []}}],
    ids=["all", "nasty", "install", "verify", "little"],
)


@CASES
def test_the_page_is_whole_and_asks_for_nothing(results: Json) -> None:
    text = render(results, "html")
    page = Page(text)
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        xml.etree.ElementTree.fromstring(svg)
    sources = [value for _tag, name, value in page.attributes if name in ("src", "href", "srcset", "data", "action")]
    assert sources == ["data:,"]
    assert not {tag for tag, _name, _value in page.attributes} & {"script", "img", "iframe", "object", "form"}
    assert not [name for _tag, name, _value in page.attributes if name.startswith("on")]
    assert "@import" not in text
    assert re.findall(r"url\((.*?)\)", text) == ["#hatch"]
    assert "default-src 'none'" in text


def test_the_figures_of_both_are_those_of_the_results() -> None:
    texts = " ".join(Page(render(RESULTS, "html")).texts)
    markdown = render(RESULTS, "markdown")
    for words in ("query node 0 → 3", "3 of 3 ready", "11 of 11 ready", "2026-11-29 06:00:00 to 06:00:30 UTC, 30.0 s"):
        assert words in re.sub(r"\s+", " ", texts)
        assert words in markdown
    assert "| query node | 0 | 3 | 3 |" in markdown
    assert "| west | node-2 | 1 | 1 |  | 1 | 1 |  | 4 | 4 |" in markdown
    assert "| scale query\\_node 1 → 3 | changed | 06:00:15 | 06:00:20 | 5.0 s | 2.0 s |" in markdown
    assert "- **passed release**: revision 3 is deployed" in markdown
    assert "  - not checked: it is not" in markdown


def test_texts_of_others_do_no_harm() -> None:
    page, markdown = render(HARMLESS, "html"), render(HARMLESS, "markdown")
    assert NASTY.partition(" \x1b")[0] in " ".join(Page(page).texts)
    assert "<script" not in page
    assert "{{" not in page
    assert "<script" not in markdown.replace("\\<", "")
    assert "{{" not in markdown


def test_a_hundred_pods_on_thirty_nodes_are_no_large_file() -> None:
    kinds = ("query_node", "data_node", "streaming_node", "proxy")
    placement = [place(kind, f"node-{number}", f"zone-{number % 3}", 1) for number in range(30) for kind in kinds]
    results = {"verify": {**VERIFY, "placement": placement}}
    assert len(render(results, "html").encode()) < 60_000
    assert len(render(results, "markdown").encode()) < 20_000
