# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Writes the changelog of the version in galaxy.yml, unless it has been released, into the copy that it is run in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml


def main(folder: Path) -> int:
    """Have antsibull-changelog make a release of the fragments, and return its exit status."""
    galaxy = yaml.safe_load((folder / "galaxy.yml").read_text(encoding="utf-8"))
    changelog = yaml.safe_load((folder / "changelogs/changelog.yaml").read_text(encoding="utf-8"))
    if galaxy["version"] in (changelog.get("releases") or {}):
        print(f"{galaxy['version']} has been released")
        return 0
    command = ["antsibull-changelog", "release", "--version", galaxy["version"], "--reload-plugins"]
    return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
