# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What every demo does: steps with their times, and playbooks as a user runs them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from milvus_lab.client import Client
from milvus_lab.errors import LabError

LAB, NAMESPACE, RELEASE = "demo", "milvus", "my-release"


@contextlib.contextmanager
def step(title: str) -> t.Iterator[None]:
    """Print the title, then how long it took."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    yield
    print(f"   {time.monotonic() - started:.1f} s", flush=True)


def play(lab: Client, playbook: str, **variables: str) -> None:
    """Run a playbook of the collection as a user does, and print the command."""
    where = {"milvus_release": RELEASE, "milvus_namespace": NAMESPACE}
    words = [word for name, value in {**where, **variables}.items() for word in ("-e", f"{name}={value}")]
    argv = ["ansible-playbook", f"milvus.cluster.{playbook}", *words]
    print("$ " + " ".join(argv), flush=True)
    environ = {**lab.env, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{lab.env['PATH']}"}
    environ |= {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
    if subprocess.run(argv, env=environ, check=False).returncode:
        raise LabError(f"the playbook {playbook} has failed, see above")


def say_how_to_go_on(lab: Client) -> None:
    """Print how to look around, and how to end."""
    print(
        f"Look around:  export KUBECONFIG={lab.kubeconfig} PATH={lab.layout.programs}:$PATH\n"
        f"              kubectl get all --namespace {NAMESPACE}\n"
        f"End the lab:  tests/lab/lab down --name {LAB}",
        flush=True,
    )
