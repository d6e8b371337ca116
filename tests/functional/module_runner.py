# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Runs a module as Ansible does, without a play around it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t

Result = dict[str, t.Any]

_MODULES = "ansible_collections.milvus.cluster.plugins.modules"


def run_module(
    module: str, namespace: str, *, environ: t.Mapping[str, str] | None = None, timeout: float = 120, **options: t.Any
) -> Result:
    """Run a module in a process of its own and return its result, with its warnings as plain texts.

    *environ* is added to an environment that says nothing about clusters.
    """
    return Started(module, namespace, environ=environ, **options).finish(timeout)


class Started:
    """A module at work in a process of its own."""

    def __init__(
        self, module: str, namespace: str, *, environ: t.Mapping[str, str] | None = None, **options: t.Any
    ) -> None:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("K8S_AUTH_", "KUBE", "HELM_"))}
        root = os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0]
        arguments = {"release_name": "my-release", "release_namespace": namespace, **options}
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"{_MODULES}.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**clean, "PYTHONPATH": root, **(environ or {})},
            text=True,
        )
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
        self.process.stdin.close()
        self.process.stdin = None

    def finish(self, timeout: float = 120) -> Result:
        """Wait for its end and return its result."""
        output, complaints = self.process.communicate(timeout=timeout)
        assert "Traceback" not in complaints, complaints
        result: Result = json.loads(output)
        result["warnings"] = [_text(warning) for warning in result.get("warnings", [])]
        return result


def _text(warning: t.Any) -> str:
    """The words of a warning; since ansible-core 2.19 it is an object on its way to the controller."""
    return warning if isinstance(warning, str) else str(warning["event"]["msg"])


def pick(node: t.Any, path: str) -> t.Any:
    """The value at a path such as ``release.status``, ``drift[0].live`` or, for each element, ``components[].type``."""
    if not path:
        return node
    head, _dot, rest = path.partition(".")
    match = re.fullmatch(r"(\w+)(?:\[(\d*)\])?", head)
    assert match, path
    value = node[match[1]]
    if match[2] is None:
        return pick(value, rest)
    if match[2]:
        return pick(value[int(match[2])], rest)
    return [pick(element, rest) for element in value]
