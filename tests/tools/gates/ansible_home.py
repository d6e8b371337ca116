# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What ansible-test finds in its home folder, which is not the user's: pip's settings and a stand-in for a download."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from . import pip_settings

# ansible-test downloads get-pip.py of the version that it pins (constants in its python_requirements.py) unless the
# file is in its cache. Python's own ensurepip does the same without a download that many networks do not allow, and uv
# in a tenth of the time. ansible-test passes no environment on, so the script holds uv's.
PIP_PINS = ("23_1_2", "24_2", "25_2")
GET_PIP = """\
import os
import subprocess
import sys

packages = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
packages = [package for package in packages if package != "--disable-pip-version-check"]
uv = {uv!r}
pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
if uv:
    environment = dict(os.environ, **{environment!r})
    subprocess.check_call([uv, "pip", "install", "--quiet", "--python", sys.executable] + packages, env=environment)
else:
    subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
    subprocess.check_call(pip + ["install"] + packages)
    subprocess.call(pip + ["uninstall", "--yes", "setuptools"])
"""


def prepare(home: Path, environment: dict[str, str]) -> None:
    """Write pip's settings and the get-pip stand-ins below home.

    environment: what uv and pip are to run with, caches and indexes
    """
    settings = pip_settings.read() | {"cache-dir": environment["PIP_CACHE_DIR"]}
    script = GET_PIP.format(uv=find_uv(), environment=environment)
    files = {home / ".pip/pip.conf": pip_settings.as_pip_conf(settings)}
    files |= {home / f".ansible/test/cache/get_pip_{pin}.py": script for pin in PIP_PINS}
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def find_uv() -> str | None:
    """Return the path of nox's uv or of one on PATH, if there is any."""
    return shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
