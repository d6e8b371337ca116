# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The files that a run leaves behind: their figures are those of its result, whether it went well or not."""

from __future__ import annotations

import html
import json
import re
import typing as t
from pathlib import Path

import pytest

from installer import BARE, Installer
from playbook_runner import Run
from playbooks import Playbooks, fast
from release_states import NAME

Json = dict[str, t.Any]

SITE, VERIFY = "milvus.cluster.site", "milvus.cluster.verify"
COUNTS = {"query_node": 60, "data_node": 15, "streaming_node": 12, "proxy": 10}
OTHERS = 3  # the coordinator, etcd and the storage
# A play for a host that is reached in another way, and whose tasks another user does.
ELSEWHERE = """
- hosts: localhost
  connection: nowhere
  become: true
  gather_facts: false
  tasks:
    - name: Report
      ansible.builtin.import_role:
        name: milvus.cluster.milvus_report
      vars:
        milvus_report_install_result:
          release: {name: other, namespace: milvus, status: deployed}
          failed: true
          msg: "{{ '{{' }} 1 + 1 }} is <b>wrong</b>. Correct it."
"""


@pytest.fixture
def playbooks(installer: Installer) -> Playbooks:
    return Playbooks(installer, {**fast("install"), **fast("scale")})


def read_result(run: Run) -> Json:
    """What the playbook hands to the job."""
    stats, _end = json.JSONDecoder().raw_decode(run.output.partition("RUN: ")[2])
    return t.cast(Json, stats["milvus_result"])


def read(folder: Path, installer: Installer) -> tuple[str, str]:
    """The texts of the page, on one line, and the Markdown."""
    stem = f"localhost-{installer.cluster.namespace}-{NAME}"
    assert {file.name for file in folder.iterdir()} == {f"{stem}.html", f"{stem}.md"}
    page, markdown = (folder / f"{stem}.{ending}" for ending in ("html", "md"))
    assert page.stat().st_size < 100_000
    body = page.read_text(encoding="utf-8").partition("<body>")[2]
    texts = html.unescape(re.sub(r"<[^>]*>", " ", body))
    return re.sub(r"\s+", " ", texts), markdown.read_text(encoding="utf-8")


def read_table(markdown: str, title: str) -> list[list[str]]:
    """The rows of a table below a heading."""
    part = markdown.partition(f"## {title}\n\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines()[2:]]


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_a_hundred_pods(playbooks: Playbooks, tmp_path: Path) -> None:
    installer, folder = playbooks.installer, tmp_path / "made" / "for it"
    wanted = {
        "milvus_install_release_values": BARE,
        "milvus_report_path": str(folder),
        **{f"milvus_scale_{kind}": str(count) for kind, count in COUNTS.items()},
    }
    assert playbooks.run(SITE, "--check", **wanted).changed > 0
    assert not folder.exists()

    result = read_result(playbooks.run(SITE, **wanted))
    pods = sum(COUNTS.values()) + OTHERS
    assert (result["before"], result["after"]) == (dict.fromkeys(COUNTS, 0), COUNTS)
    page, markdown = read(folder, installer)
    assert f"{pods} of {pods} ready" in page
    assert f"| Pods | {pods} of {pods} ready |" in markdown
    for kind, count in COUNTS.items():
        title = kind.replace("_", " ")
        assert f"{title} 0 → {count}" in page
        assert [title, "0", str(count), str(count)] in read_table(markdown, "Workers")
    for name, outcome in result["checks"].items():
        assert f" {name} {outcome} " in page
        assert f"- **{outcome} {name}**" in markdown.replace("\\", "")
    placement = read_table(markdown, "Placement")
    live = installer.cluster.lab.list("pods", namespace=installer.cluster.namespace)
    found = [pod["spec"]["nodeName"] for pod in live if not pod["metadata"].get("deletionTimestamp")]
    assert {row[1]: int(row[-1]) for row in placement} == {node: found.count(node) for node in found}
    steps = [row[0].replace("\\", "") for row in read_table(markdown, "Timeline")]
    assert steps[:2] == ["install", "scale query_node 1 → 60"]
    assert steps[-1] == "verify"

    again = playbooks.run(SITE, **wanted)
    assert again.changed == 0
    assert read_result(again)["before"] == read_result(again)["after"] == COUNTS
    assert "Nothing was changed." in read(folder, installer)[0]


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_a_run_that_fails(playbooks: Playbooks, tmp_path: Path) -> None:
    """No two data nodes find a node of the cluster."""
    term = {"topologyKey": "kubernetes.io/os", "labelSelector": {"matchLabels": {"component": "datanode"}}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    wanted = {
        "milvus_install_release_values": {**BARE, "dataNode": {"affinity": affinity}},
        "milvus_scale_unschedulable_timeout": "1",
        "milvus_scale_query_node": "2",
        "milvus_report_path": str(tmp_path / "report"),
    }
    failed = playbooks.attempt(SITE, milvus_scale_data_node="2", **wanted)
    assert failed.failed
    page, markdown = read(tmp_path / "report", playbooks.installer)
    assert "Scale failed" in page
    assert "no node can take the pods" in page
    assert "Add nodes that fit" in page
    assert "data node 0 → 2 1 ready" in page
    assert "What failed: scale" in markdown
    assert read_table(markdown, "Timeline")[-1][:2] == ["scale data\\_node 1 → 2", "failed"]
    result = read_result(failed)
    assert (result["after"]["data_node"], result["changed"], result["checks"]) == (2, True, {})

    refused = playbooks.attempt(SITE, milvus_install_chart_version="none", **wanted)
    assert refused.failed
    assert "Install failed" in read(tmp_path / "report", playbooks.installer)[0]

    wrong = playbooks.attempt(VERIFY, milvus_verify_replicas={"proxy": 7}, **wanted)
    assert wrong.failed
    page, markdown = read(tmp_path / "report", playbooks.installer)
    assert "Verify failed" in page
    assert "- **failed counts**: proxy has 1 pods" in markdown


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_the_role(playbooks: Playbooks, tmp_path: Path) -> None:
    role = tmp_path / "role.yml"
    role.write_text(ELSEWHERE, encoding="utf-8")
    folder = tmp_path / "out"
    assert playbooks.run(role, milvus_report_path="").changed == 0
    assert not folder.exists()
    given = {"milvus_report_path": str(folder), "milvus_report_name": "mine"}
    assert playbooks.run(role, milvus_report_formats=" html", **given).changed == 0
    (page,) = folder.iterdir()
    assert page.name == "mine.html"
    text = page.read_text(encoding="utf-8")
    assert "&#123;&#123; 1 + 1 &#125;&#125; is &lt;b&gt;wrong&lt;/b&gt;. Correct it." in text
    playbooks.run(role, milvus_report_formats="", **given)
    assert {file.name for file in folder.iterdir()} == {"mine.html", "mine.md"}
    unknown = playbooks.attempt(role, milvus_report_formats=["html", "pdf"], **given)
    assert "milvus_report_formats names pdf; there are html and markdown." in unknown.output
    misspelled = playbooks.attempt(role, milvus_report_paths="x")
    assert "did you mean milvus_report_path?" in misspelled.output
