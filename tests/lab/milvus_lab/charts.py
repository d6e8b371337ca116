# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The lab's chart repository: the Milvus chart in several versions of two generations, served over loopback."""

from __future__ import annotations

import functools
import gzip
import http.server
import os
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

from .errors import LabError
from .paths import LAB_SOURCE

CHARTS = LAB_SOURCE / "charts"
# The newest of each generation.
NEW_CHART, OLD_CHART = "5.0.19", "4.1.28"
Values: t.TypeAlias = dict[str, t.Any]


@dataclass(frozen=True)
class ChartVersion:
    """One published version: its Milvus version, its dependencies' versions (None = left out), its values' changes."""

    version: str
    app_version: str
    dependencies: dict[str, str | None]
    values: Values


def chart_versions() -> list[ChartVersion]:
    """Every version of every generation, as ``charts/generations.yaml`` lists them."""
    generations: Values = yaml.safe_load((CHARTS / "generations.yaml").read_text(encoding="utf-8"))
    return [
        ChartVersion(
            version=version,
            app_version=own["milvus"],
            dependencies=generation["dependencies"],
            values=functools.reduce(
                merge_values,
                (own.get("values", {}), {"image": {"all": {"tag": f"v{own['milvus']}"}}}),
                generation["values"],
            ),
        )
        for generation in generations.values()
        for version, own in generation["versions"].items()
    ]


def package_all(helm: Path, destination: Path) -> list[Path]:
    """Package every chart version into ``destination`` and write its ``index.yaml``; returns the archives.

    The same sources give the same archives, byte for byte. Raises ``LabError`` when helm fails.
    """
    destination.mkdir(parents=True, exist_ok=True)
    archives = []
    for version in chart_versions():
        archives.append(destination / f"milvus-{version.version}.tgz")
        with tempfile.TemporaryDirectory(prefix="milvus-chart-") as scratch:
            stage(version, Path(scratch) / "milvus")
            _pack(Path(scratch) / "milvus", archives[-1])
    _run_helm(helm, ["repo", "index", str(destination)])
    return archives


def stage(version: ChartVersion, folder: Path) -> None:
    """Write the chart as it is in ``version`` to ``folder``, which must not exist yet."""
    shutil.copytree(CHARTS / "milvus", folder)
    _edit(folder / "values.yaml", lambda values: _without_nulls(merge_values(values, version.values)))
    _edit(folder / "Chart.yaml", functools.partial(_chart_of, version))
    for subchart in (folder / "charts").iterdir():
        if number := version.dependencies.get(subchart.name):
            _edit(subchart / "Chart.yaml", functools.partial(merge_values, overlay={"version": number}))


def serve(directory: Path, port: int) -> http.server.ThreadingHTTPServer:
    """A server of ``directory`` on the loopback address, bound but not yet running; port 0 takes a free one.

    The caller runs ``serve_forever`` (in a thread, if it likes) and ends it with ``shutdown`` and ``server_close``.
    """
    return http.server.ThreadingHTTPServer(
        ("127.0.0.1", port), functools.partial(_QuietHandler, directory=str(directory))
    )


def repository_url(port: int) -> str:
    """What ``helm repo add`` and ``chart_repo_url`` take."""
    return f"http://127.0.0.1:{port}"


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Logs failures alone."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def merge_values(base: Values, overlay: Values) -> Values:
    """``base`` with ``overlay`` merged in: maps merge, everything else, nulls included, replaces."""
    merged = dict(base)
    for key, value in overlay.items():
        both_maps = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge_values(merged[key], value) if both_maps else value
    return merged


def _without_nulls(values: Values) -> Values:
    return {
        key: _without_nulls(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }


def _chart_of(version: ChartVersion, chart: Values) -> Values:
    pinned = [
        {**dependency, "version": version.dependencies.get(name, dependency["version"])}
        for dependency in chart["dependencies"]
        for name in [dependency.get("alias", dependency["name"])]
    ]
    return {
        **chart,
        "version": version.version,
        "appVersion": version.app_version,
        "dependencies": [dependency for dependency in pinned if dependency["version"] is not None],
    }


def _edit(path: Path, change: t.Callable[[Values], Values]) -> None:
    document = change(yaml.safe_load(path.read_text(encoding="utf-8")))
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _pack(folder: Path, archive: Path) -> None:
    """What ``helm package`` does; its own archives hold the subcharts in random order."""
    with gzip.GzipFile(archive, "wb", mtime=0) as compressed, tarfile.open(fileobj=compressed, mode="w") as tar:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(str(path.relative_to(folder.parent)))
            entry.size = path.stat().st_size
            with path.open("rb") as content:
                tar.addfile(entry, content)


def _run_helm(helm: Path, arguments: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HELM_")}
    result = subprocess.run([str(helm), *arguments], env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise LabError(
            f"Indexing the lab's chart repository failed: helm {shlex.join(arguments)}: {result.stderr.strip()}"
        )


def real_chart() -> Path | None:
    """The path that the environment variable ``MILVUS_CHART`` names, None without it."""
    path = os.environ.get("MILVUS_CHART", "")
    if path and not Path(path).exists():
        raise LabError(f"MILVUS_CHART={path} is not there; give the path of a chart's folder or .tgz, or unset it")
    return Path(path).resolve() if path else None
