# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The execution environment of the examples, as far as it can be built without a container engine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[3]
EXAMPLE = COLLECTION / "docs/examples/execution_environment"
BUILDER = str(Path(sys.executable).with_name("ansible-builder"))


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context that ansible-builder makes of it."""
    folder = tmp_path_factory.mktemp("context")
    command = [BUILDER, "create", "--context", str(folder), "--output-filename", "Containerfile"]
    subprocess.run(command, cwd=EXAMPLE, check=True, capture_output=True)
    return folder


def test_helm_is_installed_by_the_collection_of_the_image(context: Path) -> None:
    steps = (context / "Containerfile").read_text(encoding="utf-8").splitlines()
    final = steps[steps.index("FROM base AS final") :]
    (run,) = (step for step in final if "milvus.cluster." in step)
    (playbook,) = re.findall(r"milvus\.cluster\.(\w+)", run)
    assert (COLLECTION / f"playbooks/{playbook}.yml").is_file()
    assert final.index("COPY --from=galaxy /usr/share/ansible /usr/share/ansible") < final.index(run)
    assert final.index(run) < final.index("USER 1000")  # who may not write to /usr/local/bin
    (source, target) = next(step.split()[1:] for step in final if step.startswith("COPY _build/helm"))
    assert (context / source).read_text(encoding="utf-8") == (EXAMPLE / "helm.yml").read_text(encoding="utf-8")
    assert f"@{target}" in run


def test_helm_is_pinned() -> None:
    variables: dict[str, t.Any] = yaml.safe_load((EXAMPLE / "helm.yml").read_text(encoding="utf-8"))
    playbook = (COLLECTION / "playbooks/install_tools.yml").read_text(encoding="utf-8")
    assert all(re.search(rf"\b{name}\b", playbook) for name in variables)
    assert re.fullmatch(r"\d+\.\d+\.\d+", variables["milvus_tools_helm_version"])
    checksums = variables["milvus_tools_helm_checksums"]
    assert set(checksums) == {"linux-amd64", "linux-arm64"}
    assert all(re.fullmatch("[0-9a-f]{64}", checksum) for checksum in checksums.values())


def test_the_collection_brings_its_python_packages() -> None:
    collections = os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0]
    command = [BUILDER, "introspect", "--sanitize", collections]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "kubernetes >= 29.0.0  # from collection milvus.cluster" in found
    assert "system: []" in found
