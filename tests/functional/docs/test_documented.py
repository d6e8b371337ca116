# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Each command, play and example of a module in the documentation is run, in check mode.

What they bring about is tested elsewhere; here it is that they are what a reader can type.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
import typing as t
from pathlib import Path

import pytest
import yaml

from installer import BY_HAND
from milvus_lab.client import HELMS, Client
from playbook_runner import PROGRAM, Run, follow
from playbooks import fast
from release_states import NAME, NEW_CHART, OLD_CHART, SMALL, Cluster

Json = dict[str, t.Any]

COLLECTION = Path(__file__).resolve().parents[3]
PAGES = [COLLECTION / "README.md", *sorted((COLLECTION / "docs/docsite/rst").glob("*.rst"))]
CHART = f"/srv/charts/milvus-{NEW_CHART}.tgz"
# Examples of modules that are to fail on simulated nodes, and why.
FAILING = {
    "Verify that there are three query nodes, and that Milvus lists them": "registration is required",
    "Wait until a search finds what it found before a scale": "'milvus_reader_token' is undefined",
}


def read_blocks(page: Path, language: str) -> list[str]:
    """The code of a language in a page."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    blocks = re.findall(rf"^\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)", text, flags=re.MULTILINE)
    return [re.sub(r"^   ", "", block, flags=re.MULTILINE) for block in blocks]


def read_commands(page: Path) -> list[str]:
    """The commands of a page that run a playbook."""
    lines = [line for block in read_blocks(page, "shell") for line in block.replace("\\\n", " ").splitlines()]
    return [" ".join(line.split()) for line in lines if line.startswith("ansible-playbook ")]


def read_yaml(page: Path, kind: type) -> list[t.Any]:
    """The YAML of a page whose outermost value is of a kind."""
    return [found for block in read_blocks(page, "yaml") if isinstance(found := yaml.safe_load(block), kind)]


# In check mode all are run, so that some are the same.
COMMANDS = {
    re.sub(r" --(check\b|diff\b|forks \d+)", "", command): page for page in PAGES for command in read_commands(page)
}
PLAYS = [(page.stem, plays) for page in PAGES for plays in read_yaml(page, list) if "hosts" in plays[0]]


class Reader(t.NamedTuple):
    """Somebody who types what is written, with a cluster of their own."""

    lab: Client
    folder: Path
    namespaces: t.Mapping[str, str]  # of the releases, by the version of the chart; "" is one without

    def give(self, version: str) -> Json:
        """The variables that a reader has set for the own cluster."""
        return {
            "milvus_kubeconfig": str(self.lab.kubeconfig),
            "milvus_release": NAME,
            "milvus_namespace": self.namespaces[version],
            "milvus_chart_repo_url": self.lab.chart_repo_url,
            "milvus_helm_binary": str(self.lab.program(HELMS["helm4"])),
            "milvus_upgrade_backup_dir": str(self.folder),
            "milvus_tools_bin_dir": str(self.folder),
            "vault_minio_secret_key": "correct-horse-battery",
            **fast("install"),
            **fast("scale"),
        }

    def run(self, *words: str, given: Json) -> Run:
        """Run ansible-playbook in check mode."""
        variables = self.folder / "given.json"
        variables.write_text(json.dumps(given), encoding="utf-8")
        command = [str(PROGRAM), *words, "--check", "--extra-vars", f"@{variables}"]
        with follow("sh", "-c", 'cd "$0" && exec "$@"', self.folder, *command) as process:
            output = process.communicate()[0]
        return Run(output, process.returncode != 0)


@pytest.fixture(scope="module")
def reader(lab: Client, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Reader]:
    """With a release of each generation of charts, which all of them read and none changes."""
    namespaces = {
        version: f"documented-{version.partition('.')[0] or 'none'}" for version in (NEW_CHART, OLD_CHART, "")
    }
    for namespace in namespaces.values():
        lab.kubectl("create", "namespace", namespace)
    for version, words in {NEW_CHART: BY_HAND, OLD_CHART: SMALL}.items():
        Cluster(lab, namespaces[version], "helm4").install(words, version=version)
    yield Reader(lab, tmp_path_factory.mktemp("reader"), namespaces)
    lab.kubectl("delete", "namespace", *namespaces.values(), "--wait=false")


def test_there_are_some() -> None:
    assert len(COMMANDS) > 15
    assert len(PLAYS) > 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command(command: str, reader: Reader) -> None:
    version = OLD_CHART if "index_node" in command else NEW_CHART
    inventories = [found for found in read_yaml(COMMANDS[command], dict) if "hosts" in found.get("milvus", {})]
    inventory = "-i clusters.yml" in command
    content = yaml.safe_dump(inventories[0] if inventory else {"milvus_scale_query_node": 2})
    for path in set(re.findall(r"/etc/milvus/\S+", content)):
        own = reader.folder / Path(path).name
        own.write_bytes(reader.lab.kubeconfig.read_bytes())
        content = content.replace(path, str(own))
    (reader.folder / "clusters.yml").write_text(content, encoding="utf-8")
    given = reader.give(version)
    words = shlex.split(command.replace(CHART, str(reader.lab.charts / Path(CHART).name)))[1:]
    if inventory:  # which says where they are
        where = ("milvus_release", "milvus_namespace", "milvus_kubeconfig")
        given = {name: value for name, value in given.items() if name not in where}
    run = reader.run(*words, given=given)
    assert not run.failed, run.output
    assert "no hosts matched" not in run.output


@pytest.mark.parametrize(("page", "plays"), PLAYS, ids=[page for page, _plays in PLAYS])
def test_a_play(page: str, plays: list[Json], reader: Reader) -> None:
    playbook = reader.folder / f"{page}.yml"
    environment = {"K8S_AUTH_KUBECONFIG": str(reader.lab.kubeconfig)}
    playbook.write_text(yaml.safe_dump([{**play, "environment": environment} for play in plays]), encoding="utf-8")
    run = reader.run(str(playbook), given=reader.give(NEW_CHART))
    assert not run.failed, run.output


def read_examples(module: str) -> list[Json]:
    tree = ast.parse((COLLECTION / f"plugins/modules/{module}.py").read_text(encoding="utf-8"))
    texts = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}  # type: ignore[attr-defined]
    return t.cast(list[Json], yaml.safe_load(ast.literal_eval(texts["EXAMPLES"])))


@pytest.mark.parametrize("module", ["milvus_info", "milvus_install", "milvus_scale", "milvus_verify"])
def test_the_examples_of(module: str, reader: Reader) -> None:
    """With what is always the same in the defaults of the modules' group."""
    (reader.folder / "values.yaml").write_text("log: {level: info}\n", encoding="utf-8")
    version = "" if module == "milvus_install" else NEW_CHART  # it is installed first
    names = {
        CHART: str(reader.lab.charts / Path(CHART).name),
        "/srv/milvus/values.yaml": str(reader.folder / "values.yaml"),
        "release_namespace: milvus": f"release_namespace: {reader.namespaces[version]}",
    }
    text = yaml.safe_dump(read_examples(module))
    for old, new in names.items():
        text = text.replace(old, new)
    tasks = [{**task, "ignore_errors": task["name"] in FAILING} for task in yaml.safe_load(text)]
    given = reader.give(NEW_CHART)
    defaults = {
        "kubeconfig": given["milvus_kubeconfig"],
        "helm_binary": given["milvus_helm_binary"],
        "chart_repo_url": given["milvus_chart_repo_url"],
    }
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "module_defaults": {"group/milvus.cluster.milvus": defaults},
        "tasks": tasks,
    }
    playbook = reader.folder / f"{module}.yml"
    playbook.write_text(yaml.safe_dump([play]), encoding="utf-8")
    run = reader.run(str(playbook), given=given)
    assert not run.failed, run.output
    expected = [why for name, why in FAILING.items() if any(task["name"] == name for task in tasks)]
    assert run.output.count("...ignoring") == len(expected)
    assert all(why in run.output for why in expected)
