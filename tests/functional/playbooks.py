# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Playbooks of the collection on the release of a test."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

from installer import Installer
from playbook_runner import Run, run_playbook
from release_states import NAME


@dataclasses.dataclass(frozen=True)
class Playbooks:
    """Runs playbooks on one release, with *variables* that each run may override."""

    installer: Installer
    variables: t.Mapping[str, t.Any]

    def run(self, playbook: str | Path, *words: str, **variables: t.Any) -> Run:
        """Run it, which must not fail."""
        run = self.attempt(playbook, *words, **variables)
        assert not run.failed, run.output
        return run

    def attempt(self, playbook: str | Path, *words: str, **variables: t.Any) -> Run:
        """Run it."""
        cluster = self.installer.cluster
        release = {
            "milvus_release": NAME,
            "milvus_namespace": cluster.namespace,
            "milvus_chart_repo_url": cluster.lab.chart_repo_url,
            "milvus_helm_binary": str(self.installer.helm.binary),
        }
        return run_playbook(cluster.lab, playbook, *words, variables={**release, **self.variables, **variables})


def fast(role: str) -> dict[str, str]:
    """Variables with which a role does not wait for more than a test needs."""
    return {f"milvus_{role}_stable_seconds": "0", f"milvus_{role}_wait_timeout": "60"}
