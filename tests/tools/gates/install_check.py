# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Installs the one archive of a folder where nothing else is, and compares what is there with its manifest."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path


def main(folder: Path) -> int:
    """Install and verify it, and return the exit status."""
    (archive,) = folder.glob("*.tar.gz")
    print(f"{archive.name}: {archive.stat().st_size / 1024:.0f} KiB")
    with tempfile.TemporaryDirectory() as target:
        environ = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": target}
        for words in (["install", "--offline", "-p", target, str(archive)], ["verify", "--offline", "milvus.cluster"]):
            done = subprocess.run(["ansible-galaxy", "collection", *words], env=environ, check=False)
            if done.returncode:
                return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
