# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Every kind of chart source reaches both helms, with credentials that nobody else sees."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._chart_source import interpret
from ansible_collections.milvus.cluster.plugins.module_utils._connection import connect
from ansible_collections.milvus.cluster.plugins.module_utils._errors import HelmError
from ansible_collections.milvus.cluster.plugins.module_utils._helm import Operation, Rendered, open_helm
from chart_server import PASSWORD, USERNAME, ChartServer, serve
from milvus_lab.client import HELMS, Client

VERSION = "5.0.19"
WHO = {"chart_repo_username": USERNAME, "chart_repo_password": PASSWORD}


class Renderer:
    """Renders a chart by one of the helms."""

    def __init__(self, lab: Client, namespace: str, *, which: str) -> None:
        connection = connect({"kubeconfig": str(lab.kubeconfig)}, {})
        options = {"helm_binary": str(lab.program(HELMS[which]))}
        self.helm = open_helm(options, connection, environ=lab.env)
        self.namespace = namespace

    def render(self, version: str = "", **options: str) -> Rendered:
        chart = interpret(options).arguments(version)
        return self.helm.render(Operation("my-release", self.namespace, chart, {}, new=True))


@pytest.fixture(params=sorted(HELMS))
def renderer(lab: Client, namespace: str, request: pytest.FixtureRequest) -> Renderer:
    return Renderer(lab, namespace, which=request.param)


@pytest.fixture(scope="module")
def server(lab: Client, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[ChartServer]:
    metadata = {"name": "milvus", "version": VERSION, "appVersion": "2.6.15"}
    with serve(lab.charts / f"milvus-{VERSION}.tgz", metadata, tmp_path_factory.mktemp("server")) as running:
        yield running


def test_repository(renderer: Renderer, lab: Client) -> None:
    assert renderer.render("<5", chart_repo_url=lab.chart_repo_url).chart_version.startswith("4.")
    assert renderer.render(chart_repo_url=f"{lab.chart_repo_url}/").chart_version == VERSION


def test_archive_and_folder(renderer: Renderer, lab: Client, tmp_path: Path) -> None:
    archive = lab.charts / f"milvus-{VERSION}.tgz"
    assert renderer.render(chart_ref=str(archive)).chart_version == VERSION
    lab.run("tar", "-xzf", archive, "-C", tmp_path)
    rendered = renderer.render(chart_ref=str(tmp_path / "milvus"))
    assert (rendered.chart_name, rendered.chart_version, rendered.app_version) == ("milvus", VERSION, "2.6.15")
    assert rendered.defaults["queryNode"]["replicas"] == 1


def test_alias(renderer: Renderer, lab: Client) -> None:
    lab.helm("helm3", "repo", "add", "lab", lab.chart_repo_url)
    assert renderer.render("5.0.x", chart_ref="lab/milvus").chart_version == VERSION


def test_a_name_is_no_path(renderer: Renderer, lab: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "milvus").mkdir()
    assert renderer.render(chart_repo_url=lab.chart_repo_url).chart_name == "milvus"


def test_repository_with_a_password(renderer: Renderer, server: ChartServer) -> None:
    place = {"chart_repo_url": f"https://{server.address}/charts", "chart_repo_ca_cert": str(server.ca_cert)}
    assert renderer.render(VERSION, **place, **WHO).chart_version == VERSION


def test_registry_with_a_password(renderer: Renderer, server: ChartServer) -> None:
    place = {"chart_ref": f"oci://{server.address}/charts/milvus", "chart_repo_ca_cert": str(server.ca_cert)}
    assert renderer.render(VERSION, **place, **WHO).chart_version == VERSION
    assert renderer.render("^5", **place, **WHO).chart_version == VERSION


@pytest.mark.parametrize("kind", ["repository", "registry"])
@pytest.mark.parametrize("lacks", ["password", "ca_cert"])
def test_what_is_lacking(renderer: Renderer, server: ChartServer, *, kind: str, lacks: str) -> None:
    url = f"https://{server.address}/charts"
    place = {"chart_repo_url": url} if kind == "repository" else {"chart_ref": f"oci://{server.address}/charts/milvus"}
    given = WHO if lacks == "ca_cert" else {"chart_repo_ca_cert": str(server.ca_cert)}
    with pytest.raises(HelmError, match=f"Set chart_repo_.*{lacks}") as caught:
        renderer.render(VERSION, **place, **given)
    assert PASSWORD not in f"{caught.value}{caught.value.facts}"


def test_wrong_password(renderer: Renderer, server: ChartServer) -> None:
    place = {"chart_repo_url": f"https://{server.address}/charts", "chart_repo_ca_cert": str(server.ca_cert)}
    with pytest.raises(HelmError, match="401"):
        renderer.render(VERSION, **place, chart_repo_username=USERNAME, chart_repo_password="wrong-password")
