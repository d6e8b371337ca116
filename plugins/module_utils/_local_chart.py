# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A chart in a folder or an archive: what it says of itself, and whether its content is the same. PRIVATE."""

from __future__ import annotations

import hashlib
import os
import tarfile
import typing as t
import zlib

from ._errors import OptionError
from ._libraries import load_yaml

_VCS_FOLDERS = {".git", ".hg", ".svn"}
_LARGEST_CHART_FILE = 1024 * 1024  # bytes that are read of a Chart.yaml; the real one has two thousand


class ChartMetadata(t.NamedTuple):
    """What a Chart.yaml says."""

    name: str
    version: str
    app_version: str


def read_metadata(path: str) -> ChartMetadata:
    """Read the Chart.yaml of the chart at *path*. Raises OptionError."""
    yaml, loader = load_yaml()
    try:
        content = yaml.load(_read_chart_file(path), Loader=loader)
        return ChartMetadata(*(str(content.get(key) or "") for key in ("name", "version", "appVersion")))
    except (OSError, EOFError, zlib.error, tarfile.TarError, AttributeError, yaml.YAMLError) as exc:
        reason = f"no Chart.yaml can be read from {path} ({str(exc).splitlines()[0].rstrip('.')})"
        remedy = "Name the folder that has the Chart.yaml, or a packaged chart."
        raise OptionError("Reading the option chart_ref", reason=reason, remedy=remedy) from exc


def compute_digest(path: str) -> str:
    """Return the SHA-256 over the names and contents of all files of the chart at *path*. Raises OptionError."""
    digest = hashlib.sha256()
    try:
        for name, file in _find_files(path) if os.path.isdir(path) else [("", path)]:
            with open(file, "rb") as opened:
                content = opened.read()
            digest.update(f"{len(name)} {len(content)} {name}".encode("utf-8", "surrogateescape") + content)
    except OSError as exc:
        reason = str(exc).rstrip(".")
        raise OptionError("Reading the option chart_ref", reason=reason, remedy="Make the chart readable.") from exc
    return digest.hexdigest()


def _read_chart_file(path: str) -> bytes:
    if os.path.isdir(path):
        with open(os.path.join(path, "Chart.yaml"), "rb") as file:
            return file.read(_LARGEST_CHART_FILE)
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            # The chart is the one folder at the top; its subcharts have a Chart.yaml too, further down.
            if member.isfile() and os.path.normpath(member.name).split("/")[1:] == ["Chart.yaml"]:
                return t.cast("t.IO[bytes]", archive.extractfile(member)).read(_LARGEST_CHART_FILE)
    raise tarfile.TarError("no such file in the archive")


def _find_files(folder: str, prefix: str = "", *, above: tuple[str, ...] = ()) -> t.Iterator[tuple[str, str]]:
    """Yield relative name and path of all files, in order. Links are followed, as Helm does, unless they lead back."""
    here = os.path.realpath(folder)
    if here in above:
        return
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if not entry.is_dir():
            yield f"{prefix}{entry.name}", entry.path
        elif entry.name not in _VCS_FOLDERS:
            yield from _find_files(entry.path, f"{prefix}{entry.name}/", above=(*above, here))
