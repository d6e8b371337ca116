# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The archive that a release publishes, where there is nothing else of this project: ansible-core and the archive."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import typing as t
from pathlib import Path

import pytest

from installer import BARE
from milvus_lab.client import HELMS, Client
from playbook_runner import Run, environment
from playbooks import fast
from release_states import NAME

COLLECTION = Path(__file__).resolve().parents[3]
FRESH = os.environ.get("FRESH_ANSIBLE_PLAYBOOK", "")
LARGEST = 2**19  # bytes of the archive

# A playbook of the user's own, with the roles.
OWN_SITE = """
- name: Have Milvus
  hosts: localhost
  connection: local
  gather_facts: false
  roles:
    - role: milvus.cluster.milvus_install
    - role: milvus.cluster.milvus_scale
    - role: milvus.cluster.milvus_verify
"""

pytestmark = pytest.mark.skipif(not FRESH, reason="FRESH_ANSIBLE_PLAYBOOK is not set: nox makes that environment")


class Fresh(t.NamedTuple):
    """An environment with ansible-core and its libraries, a folder to work in, and a home."""

    folder: Path

    def run(self, program: str, *words: str | Path) -> Run:
        """Run a program of Ansible that knows nothing of the checkout."""
        home = self.folder / "home"
        known = environment({"HOME": str(home), "ANSIBLE_HOME": str(home / ".ansible")})
        clean = {key: value for key, value in known.items() if key not in ("ANSIBLE_COLLECTIONS_PATH", "PYTHONPATH")}
        command: list[str | Path] = [Path(FRESH).with_name(program), *words]
        done = subprocess.run(command, cwd=self.folder, env=clean, capture_output=True, text=True, check=False)
        return Run(done.stdout + done.stderr, done.returncode != 0)

    def do(self, program: str, *words: str | Path) -> Run:
        """Run it, which must not fail."""
        run = self.run(program, *words)
        assert not run.failed, run.output
        return run


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection as it would be published."""
    folder = tmp_path_factory.mktemp("archive")
    program = Path(sys.executable).with_name("ansible-galaxy")
    command: list[str | Path] = [program, "collection", "build", COLLECTION, "--output-path", folder]
    subprocess.run(command, env=environment(), check=True, capture_output=True)
    (built,) = folder.glob("milvus-cluster-*.tar.gz")
    return built


@pytest.fixture
def fresh(archive: Path, tmp_path: Path) -> Fresh:
    """The environment with the archive installed."""
    (tmp_path / "home").mkdir()
    made = Fresh(tmp_path)
    made.do("ansible-galaxy", "collection", "install", "--offline", archive)
    return made


def test_what_is_in_it(archive: Path) -> None:
    size = archive.stat().st_size
    print(f"{archive.name}: {size / 1024:.0f} KiB")
    assert size < LARGEST
    with tarfile.open(archive) as tar:
        tops = {name.partition("/")[0] for name in tar.getnames()}
    assert {"plugins", "roles", "playbooks", "docs", "extensions", "meta", "MANIFEST.json", "README.md"} <= tops
    assert tops.isdisjoint(
        {".git", ".nox", ".cache", ".venv", ".ci", "noxfile.py", "Makefile", "pyproject.toml", "tests"}
    )


def test_it_is_whole(fresh: Fresh) -> None:
    assert (
        "Successfully verified"
        in fresh.do("ansible-galaxy", "collection", "verify", "--offline", "milvus.cluster").output
    )
    listed = json.loads(fresh.do("ansible-galaxy", "collection", "list", "--format", "json").output)
    assert [name for found in listed.values() for name in found] == ["milvus.cluster"]


def test_the_playbook_and_the_roles(fresh: Fresh, lab: Client, namespace: str) -> None:
    given = {
        "milvus_kubeconfig": str(lab.kubeconfig),
        "milvus_release": NAME,
        "milvus_namespace": namespace,
        "milvus_chart_repo_url": lab.chart_repo_url,
        "milvus_helm_binary": str(lab.program(HELMS["helm4"])),
        "milvus_install_release_values": BARE,
        "milvus_scale_query_node": 2,
        **fast("install"),
        **fast("scale"),
    }
    variables = ("--extra-vars", json.dumps(given))
    site = fresh.do("ansible-playbook", "milvus.cluster.site", *variables)
    assert site.changed == 2
    assert lab.get("deployment", f"{NAME}-milvus-querynode", namespace=namespace)["status"]["readyReplicas"] == 2
    playbook = fresh.folder / "site.yml"
    playbook.write_text(OWN_SITE, encoding="utf-8")
    again = fresh.do("ansible-playbook", playbook, *variables)
    assert again.changed == 0
    assert any(row.startswith("passed counts: ") for row in again.rows)
