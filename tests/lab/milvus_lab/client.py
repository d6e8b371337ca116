# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""kubectl and both helms against one lab, as a test or a bench uses them."""

from __future__ import annotations

import json
import os
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from . import charts
from .layout import Layout

Object = dict[str, t.Any]

HELMS = {"helm3": "helm3", "helm4": "helm"}


class CommandFailedError(Exception):
    """A command ended with a non-zero status; its words are the text."""


class PodCounts(t.NamedTuple):
    """How many pods a namespace has, and how many of them are ready or have completed and are not being deleted."""

    total: int
    ready: int
    completed: int

    @property
    def settled(self) -> bool:
        """Whether nothing is left to wait for."""
        return self.total == self.ready + self.completed


@dataclass(frozen=True)
class Client:
    """Commands against the lab that ``layout`` describes."""

    layout: Layout

    @property
    def kubeconfig(self) -> Path:
        return self.layout.kubeconfig

    @property
    def chart_repo_url(self) -> str:
        return charts.repository_url(self.layout.ports["charts"])

    @property
    def charts(self) -> Path:
        """The folder with the packaged charts."""
        return self.layout.charts

    def program(self, name: str) -> Path:
        """The path of a program of the lab, such as ``helm3``."""
        return self.layout.programs / name

    @property
    def env(self) -> dict[str, str]:
        """An environment that leads to this lab and keeps the user's own Helm settings out."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("HELM_", "K8S_AUTH_"))}
        homes = {f"HELM_{kind}_HOME": str(self.layout.folder / "helm" / kind.lower()) for kind in _HELM_HOMES}
        path = f"{self.layout.programs}{os.pathsep}{clean.get('PATH', '')}"
        return {**clean, **homes, "KUBECONFIG": str(self.kubeconfig), "PATH": path, "NO_COLOR": "1"}

    def run(self, *argv: str | Path, stdin: str | None = None) -> str:
        """Run a command and return its standard output."""
        result = subprocess.run(
            [str(word) for word in argv], env=self.env, input=stdin, capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            raise CommandFailedError((result.stderr or result.stdout).strip())
        return result.stdout

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        return self.run(self.program("kubectl"), *words, stdin=stdin)

    def helm(self, which: str, *words: str | Path) -> str:
        """``which`` is ``helm3`` or ``helm4``."""
        return self.run(self.program(HELMS[which]), *words)

    def get(self, kind: str, name: str, *, namespace: str) -> Object:
        """One object."""
        found: Object = json.loads(self.kubectl("get", kind, name, "--namespace", namespace, "--output", "json"))
        return found

    def list(self, kind: str, *, namespace: str, selector: str = "") -> list[Object]:
        """All objects of a kind."""
        words = ("get", kind, "--namespace", namespace, "--output", "json", "--selector", selector)
        items: list[Object] = json.loads(self.kubectl(*words))["items"]
        return items

    def count_pods(self, namespace: str) -> PodCounts:
        """How far the pods of a namespace are."""
        pods = self.list("pods", namespace=namespace)
        staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        completed = sum(pod["status"]["phase"] == "Succeeded" for pod in staying)
        return PodCounts(len(pods), sum(map(is_ready, staying)), completed)

    def apply(self, *objects: Object, namespace: str) -> None:
        """Create or change objects as ``kubectl apply`` does."""
        manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        self.kubectl("apply", "--namespace", namespace, "--filename", "-", stdin=manifest)


_HELM_HOMES = ("CACHE", "CONFIG", "DATA")


def is_ready(item: Object) -> bool:
    """Whether a pod or a node says so."""
    conditions = item["status"].get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


Found = t.TypeVar("Found")


def wait_for(goal: str, look: t.Callable[[], Found], *, seconds: float = 60) -> Found:
    """Call ``look`` until it returns something true, and return that."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {goal}; last seen: {found!r}")
        time.sleep(0.1)
    return found
