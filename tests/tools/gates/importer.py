# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Runs galaxy-importer on the one artifact of a folder; its warnings count as errors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def main(folder: Path) -> int:
    """Import the artifact and return the exit status."""
    (artifact,) = folder.glob("*.tar.gz")
    command = [sys.executable, "-m", "galaxy_importer.main", str(artifact)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout)
    complaints = re.findall(r"^(?:WARNING|ERROR|CRITICAL).*", done.stdout, flags=re.MULTILINE)
    return done.returncode or int(bool(complaints))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
