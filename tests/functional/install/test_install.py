# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The life of a release, with both helms and on charts of both generations.

``MILVUS_CHART=<folder or .tgz>`` adds a real chart.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import typing as t
from pathlib import Path

import pytest
import yaml

from installer import FEW, Installer
from release_states import NAME

Json = dict[str, t.Any]

REAL_CHART = os.environ.get("MILVUS_CHART", "")
# A claim of the user's own, with the labels of the release.
BYSTANDER = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "backup", "labels": {"app.kubernetes.io/instance": NAME, "release": NAME}},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
NOTES = ("release", "chart-version", "app-version")


class Move(t.NamedTuple):
    """The options for a chart and a newer one, and for what is taken over volumes of the newer one."""

    old: Json
    new: Json
    later: Json


def in_repository(old: str, new: str) -> t.Callable[[Path], Move]:
    return lambda _folder: Move({"chart_version": old}, {"chart_version": new}, {})


def in_folders(folder: Path) -> Move:
    """The real chart, and before it a copy that says to be older."""
    new, old = folder / "new", folder / "old"
    if Path(REAL_CHART).is_dir():
        shutil.copytree(REAL_CHART, new)
    else:
        with tarfile.open(REAL_CHART) as archive:
            archive.extractall(folder, filter="data")
        (folder / "milvus").rename(new)
    shutil.copytree(new, old)
    metadata = yaml.safe_load((new / "Chart.yaml").read_text(encoding="utf-8"))
    line, _dot, patch = metadata["version"].rpartition(".")
    older = {**metadata, "version": f"{line}.{int(patch) - 1}"}
    (old / "Chart.yaml").write_text(yaml.safe_dump(older), encoding="utf-8")
    return Move({"chart_ref": str(old)}, {"chart_ref": str(new)}, {"chart_ref": str(new)})


CHARTS = [
    pytest.param(in_repository("5.0.17", "5.0.19"), id="5.0"),
    pytest.param(in_repository("4.1.28", "4.1.30"), id="4.1"),
    pytest.param(in_folders, id="real", marks=pytest.mark.skipif(not REAL_CHART, reason="MILVUS_CHART is not set")),
]


@pytest.mark.parametrize("charts", CHARTS)
def test_life(charts: t.Callable[[Path], Move], installer: Installer, tmp_path: Path) -> None:
    move = charts(tmp_path)
    installer.cluster.lab.apply(BYSTANDER, namespace=installer.cluster.namespace)
    _grow_up(installer, move)
    version = installer.record["chart"].removeprefix("milvus-")
    claims = _leave(installer, version)

    installer.run(release_values=FEW, **move.later)
    installer.keep(release_values=FEW, **move.later)
    installer.check_all_ready()
    assert installer.record["chart"] == f"milvus-{version}"
    assert installer.find_uids("pvc") == claims
    assert not any(_read_notes(installer).values())

    end = {"state": "absent", "delete_volumes": True, "confirm": NAME}
    foretold = installer.run(check=True, **end)["plan"]["actions"]
    doomed = {f"PersistentVolumeClaim/{claim}" for claim in claims} - {"PersistentVolumeClaim/backup"}
    assert {action["object"] for action in foretold if action["object"].startswith("Persist")} == doomed
    assert installer.find_uids("pvc") == claims
    installer.run(**end)
    installer.keep(**end)
    assert set(installer.find_uids("pvc")) == {"backup"}


def _grow_up(installer: Installer, move: Move) -> None:
    """Install, change values, take one back, and go to the newer chart."""
    values = {**FEW, "queryNode": {"replicas": 2, "resources": {"requests": {"cpu": "10m"}}}}
    done = installer.dance(release_values=values, **move.old)
    installer.check_all_ready()
    assert done["plan"]["actions"][0]["action"] == "install"
    assert installer.values == {**values, "cluster": {"enabled": True}}
    assert (installer.query_nodes, installer.record["revision"]) == (2, 1)

    values = {**values, "log": {"level": "debug"}, "proxy": {"replicas": 2}}
    done = installer.dance(release_values=values, **move.old)
    installer.check_all_ready()
    assert {"action": "set value", "object": "log.level", "before": None, "after": "debug"} in done["plan"]["actions"]
    assert f"scale Deployment/{NAME}-milvus-proxy: 1 -> 2" in done["plan"]["summary"]
    assert not any(restart["kind"] == "StatefulSet" for restart in done["plan"]["restarts"])

    del values["log"]
    done = installer.run(release_values=values, values_policy="replace", **move.old)
    installer.keep(release_values=values, values_policy="replace", **move.old)
    installer.check_all_ready()
    assert "remove value log.level: debug" in done["plan"]["summary"]
    assert "log" not in installer.values

    done = installer.dance(release_values=values, **move.new)
    installer.check_all_ready()
    assert done["plan"]["actions"][0]["action"] == "upgrade"
    assert (installer.query_nodes, installer.record["revision"]) == (2, 4)


def _leave(installer: Installer, version: str) -> dict[str, str]:
    """Uninstall and return the claims that are left, with their uids."""
    claims = installer.find_uids("pvc")
    done = installer.dance(state="absent")
    assert (installer.find_uids("pods"), installer.find_uids("deployments"), installer.find_uids("secrets")) == (
        {},
        {},
        {},
    )
    assert installer.find_uids("pvc") == claims
    assert {volume["name"] for volume in done["volumes"]} == set(claims)
    notes = _read_notes(installer)
    assert notes.pop("backup") == []
    assert len(notes) == 2
    assert all(note[:2] == [NAME, version] for note in notes.values())
    return claims


def _read_notes(installer: Installer) -> dict[str, list[str]]:
    """What is noted on each claim."""
    found = {item["metadata"]["name"]: item["metadata"].get("annotations", {}) for item in installer.read("pvc")}
    return {
        name: [notes[f"milvus.cluster/{key}"] for key in NOTES if f"milvus.cluster/{key}" in notes]
        for name, notes in found.items()
    }
