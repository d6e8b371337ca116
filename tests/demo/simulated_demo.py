# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make demo`` shows: a Milvus cluster on a lab, made and read by the playbooks of the collection."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import yaml

from . import labs
from .charts import real_chart
from .client import Client
from .errors import LabError
from .toolchain import say_plainly

LAB, NAMESPACE, RELEASE = "demo", "milvus", "my-release"
CHART_VERSION = "5.0.19"
# How many there shall be of the worker types that all charts have.
COUNTS = {"query_node": 3, "data_node": 2, "proxy": 2}
# Simulated pods that are ready stay so: there is no need to look for long.
STABLE = {"milvus_install_stable_seconds": "1", "milvus_scale_stable_seconds": "1"}


@contextlib.contextmanager
def step(title: str) -> t.Iterator[None]:
    """Print the title, then how long it took."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    yield
    print(f"   {time.monotonic() - started:.1f} s", flush=True)


def run() -> None:
    """Bring the lab up, install and scale Milvus, do it again, read it, say how to go on."""
    with step("A Kubernetes control plane with six simulated nodes"):
        lab = Client(labs.up(LAB, say=say_plainly))
    wanted = {**chart(lab), **counts(lab), **STABLE}
    with step(f"Install Milvus from {real_chart() or 'the chart of the lab'}, and scale each worker type"):
        play(lab, "site", milvus_install_create_namespace="true", **wanted)
    with step("Once more: nothing is left to do, and nothing is done"):
        play(lab, "site", **wanted)
    with step("What is there"):
        play(lab, "status")
        print(lab.kubectl("get", "pods", "--namespace", NAMESPACE, "--output", "wide"))
    print(
        "\nThe pods are simulated: they look ready, but no Milvus runs in them.\n"
        f"Look around:  export KUBECONFIG={lab.kubeconfig} PATH={lab.layout.programs}:$PATH\n"
        f"              kubectl get all --namespace {NAMESPACE}\n"
        f"End the lab:  tests/lab/lab down --name {LAB}",
        flush=True,
    )


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


def chart(lab: Client) -> dict[str, str]:
    """The chart that the environment variable ``MILVUS_CHART`` names, else the lab's, as variables."""
    path = real_chart()
    if path is not None:
        return {"milvus_chart_ref": str(path)}
    return {"milvus_chart_repo_url": lab.chart_repo_url, "milvus_install_chart_version": CHART_VERSION}


def counts(lab: Client) -> dict[str, str]:
    """How many workers there shall be, as variables. Charts before 5 have index nodes, later ones streaming nodes."""
    path = real_chart()
    version = CHART_VERSION if path is None else yaml.safe_load(lab.helm("helm4", "show", "chart", path))["version"]
    own = "streaming_node" if int(version.partition(".")[0]) >= 5 else "index_node"
    return {f"milvus_scale_{worker}": str(count) for worker, count in {**COUNTS, own: 2}.items()}


if __name__ == "__main__":
    try:
        run()
    except LabError as exc:
        sys.exit(f"demo: error: {exc}")
