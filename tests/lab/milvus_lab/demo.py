# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make demo`` shows: a Milvus release on a lab, made by plain Helm, and its pods."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import typing as t
from pathlib import Path

from . import labs
from .client import Client, wait_for
from .errors import LabError
from .toolchain import say_plainly

LAB, NAMESPACE, RELEASE = "demo", "milvus", "my-release"
CHART_VERSION = "5.0.19"


@contextlib.contextmanager
def step(title: str) -> t.Iterator[None]:
    """Print the title, then how long it took."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    yield
    print(f"   {time.monotonic() - started:.1f} s", flush=True)


def run() -> None:
    """Bring the lab up, install Milvus where it is not installed yet, list its pods, say how to go on."""
    with step("A Kubernetes control plane with six simulated nodes"):
        lab = Client(labs.up(LAB, say=say_plainly))
    with step("Milvus from " + (os.environ.get("MILVUS_CHART") or f"the lab's own chart, version {CHART_VERSION}")):
        install(lab)
    with step("Waiting until every pod is ready"):
        wait_until_ready(lab)
    with step("The pods"):
        print(lab.kubectl("get", "pods", "--namespace", NAMESPACE, "--output", "wide"))
    print(
        "\nThe pods are simulated: they look ready, but no Milvus runs in them.\n"
        f"Look around:  export KUBECONFIG={lab.kubeconfig} PATH={lab.layout.programs}:$PATH\n"
        f"              kubectl get all --namespace {NAMESPACE}\n"
        f"End the lab:  tests/lab/lab down --name {LAB}",
        flush=True,
    )


def install(lab: Client) -> None:
    if RELEASE in lab.helm("helm4", "list", "--short", "--namespace", NAMESPACE).split():
        print(f"   release {RELEASE} is there already")
        return
    chart = real_chart() or ("milvus", "--repo", lab.chart_repo_url, "--version", CHART_VERSION)
    lab.helm("helm4", "install", RELEASE, *chart, "--namespace", NAMESPACE, "--create-namespace")


def real_chart() -> tuple[str, ...]:
    """The chart that the environment variable ``MILVUS_CHART`` names, or nothing."""
    path = os.environ.get("MILVUS_CHART", "")
    if path and not Path(path).exists():
        raise LabError(f"MILVUS_CHART={path} is not there; give the path of a chart's folder or .tgz, or unset it")
    return (str(Path(path).resolve()),) if path else ()


def wait_until_ready(lab: Client) -> None:
    told = ""

    def all_ready() -> bool:
        nonlocal told
        phases = [pod["status"] for pod in lab.list("pods", namespace=NAMESPACE)]
        done = sum(status["phase"] == "Succeeded" for status in phases)
        ready = sum(
            any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions", []))
            for status in phases
        )
        line = f"   {ready} ready and {done} completed of {len(phases)} pods"
        if line != told:
            told = line
            print(line, flush=True)
        return bool(phases) and ready + done == len(phases)

    wait_for("every pod is ready", all_ready, seconds=300)


if __name__ == "__main__":
    try:
        run()
    except LabError as exc:
        sys.exit(f"demo: error: {exc}")
