# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Fails for functions longer than 45 lines, or with more than six parameters or two that can be given by position."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

MAX_LINES = 45
MAX_PARAMETERS = 6
MAX_POSITIONAL = 2

Function = ast.FunctionDef | ast.AsyncFunctionDef


def find_faults(path: Path) -> list[str]:
    """Return one line per function of the file that is out of shape."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    return [f"{path}:{node.lineno}: {node.name} has {fault}" for node in functions for fault in judge(node)]


def judge(node: Function) -> list[str]:
    """Return what is wrong with a function. Its docstring does not count as length."""
    positional = [arg for arg in node.args.posonlyargs + node.args.args if arg.arg not in ("self", "cls")]
    parameters = len(positional) + len(node.args.kwonlyargs)
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    lines = (node.end_lineno or first.lineno) - first.lineno + 1
    faults = []
    if lines > MAX_LINES:
        faults.append(f"{lines} lines, more than {MAX_LINES}")
    if parameters > MAX_PARAMETERS:
        faults.append(f"{parameters} parameters, more than {MAX_PARAMETERS}")
    # pytest hands fixtures over by name, whatever their number
    if len(positional) > MAX_POSITIONAL and not (node.name.startswith("test_") or node.decorator_list):
        faults.append(f"{len(positional)} parameters that are not keyword-only, more than {MAX_POSITIONAL}")
    return faults


def main() -> int:
    """Judge every Python file that git knows or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py"]
    listing = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    paths = [path for path in map(Path, filter(None, listing.split("\0"))) if path.is_file()]
    faults = [fault for path in paths for fault in find_faults(path)]
    print("\n".join([*faults, f"{len(paths)} files, {len(faults)} faults"]))
    return int(bool(faults) or not paths)


if __name__ == "__main__":
    sys.exit(main())
