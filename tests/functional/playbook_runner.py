# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Runs a playbook of the collection as a user does."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

from milvus_lab.client import Client

PROGRAM = Path(sys.executable).with_name("ansible-playbook")
_SETTINGS = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_NOCOLOR": "true", "ANSIBLE_SHOW_CUSTOM_STATS": "true"}


class Run(t.NamedTuple):
    """What a playbook has printed, and whether it has failed."""

    output: str
    failed: bool

    @property
    def changed(self) -> int:
        """How many tasks have changed something."""
        match = re.search(r"changed=(\d+)", self.output)
        assert match, self.output
        return int(match[1])

    @property
    def rows(self) -> list[str]:
        """The messages that its tasks have printed."""
        return re.findall(r'^ +"msg": "(.*)"$', self.output, re.MULTILINE)


def environment(added: t.Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment for Ansible that says nothing about clusters but what is *added*."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("K8S_AUTH_", "KUBE", "HELM_"))}
    return {**clean, **_SETTINGS, **(added or {})}


def run_playbook(
    lab: Client,
    playbook: str | Path,
    *words: str,
    variables: t.Mapping[str, t.Any] | None = None,
    environ: t.Mapping[str, str] | None = None,
) -> Run:
    """Run a playbook against the lab; *environ* is added to an environment that says nothing about clusters."""
    given = {"milvus_kubeconfig": str(lab.kubeconfig), **(variables or {})}
    command = [PROGRAM, playbook, "--extra-vars", json.dumps(given), *words]
    process = subprocess.run(command, env=environment(environ), capture_output=True, text=True, check=False)
    return Run(process.stdout + process.stderr, process.returncode != 0)


@contextlib.contextmanager
def follow(*command: str | Path, environ: t.Mapping[str, str] | None = None) -> t.Iterator[subprocess.Popen[str]]:
    """Yield a program of Ansible at work, whose standard output has the complaints too; it is not left running."""
    with subprocess.Popen(
        command,
        env=environment(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
