# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes of a real node: a folder for each claim, shared by all pods that name it, gone with the claim."""

from __future__ import annotations

import os
import shutil
import threading
import time
import typing as t
from pathlib import Path

from .api import Api, Object

PROVISIONER = "lab.milvus.cluster/folders"
_CLAIMS, _VOLUMES = "/api/v1/persistentvolumeclaims", "/api/v1/persistentvolumes"
_PAUSE = 0.3  # seconds between two looks
_CHOSEN = "volume.kubernetes.io/storage-provisioner"
_MADE = "pv.kubernetes.io/provisioned-by"


def storage_class() -> Object:
    """The default StorageClass of the lab."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "folders", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


class Provisioner:
    """Gives claims their folders below ``root``, in a thread of its own."""

    def __init__(self, api: Api, root: Path) -> None:
        self._api, self._root = api, root

    def start(self) -> None:
        self._root.mkdir(exist_ok=True)
        threading.Thread(target=self._run, name="volumes", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except OSError as exc:  # the API server is away, or another look will find the same again
                print(f"volumes: {exc}", flush=True)
            time.sleep(_PAUSE)

    def look(self) -> None:
        """Give folders to the claims that wait, and remove those whose claims are gone."""
        volumes = self._api.list(_VOLUMES)
        names = {volume["metadata"]["name"] for volume in volumes}
        for claim in self._api.list(_CLAIMS):
            if waits(claim) and volume_name(claim) not in names:
                content = volume_for(claim, self._root)
                folder = Path(content["spec"]["hostPath"]["path"])
                folder.mkdir(exist_ok=True)
                # A kubelet gives a hostPath to no group, and containers run as whatever user they like.
                os.chmod(folder, 0o777)
                self._api.create(_VOLUMES, content)
        for volume in filter(is_over, volumes):
            shutil.rmtree(volume["spec"]["hostPath"]["path"], ignore_errors=True)
            self._api.delete(f"{_VOLUMES}/{volume['metadata']['name']}")


def waits(claim: Object) -> bool:
    """Whether a claim waits for this provisioner."""
    metadata = claim["metadata"]
    return (
        metadata.get("annotations", {}).get(_CHOSEN) == PROVISIONER
        and claim["status"]["phase"] == "Pending"
        and "volumeName" not in claim["spec"]
        and "deletionTimestamp" not in metadata
    )


def is_over(volume: Object) -> bool:
    """Whether a volume of this provisioner has lost its claim, and its policy lets it go."""
    return (
        volume["metadata"].get("annotations", {}).get(_MADE) == PROVISIONER
        and volume["status"].get("phase") == "Released"
        and volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
        and "deletionTimestamp" not in volume["metadata"]
    )


def volume_name(claim: Object) -> str:
    """The name of the volume that a claim gets."""
    return f"pvc-{claim['metadata']['uid']}"


def volume_for(claim: Object, root: Path) -> Object:
    """The volume for a claim: a folder of its own below ``root``."""
    metadata, spec = claim["metadata"], claim["spec"]
    reference: dict[str, t.Any] = {key: metadata[key] for key in ("name", "namespace", "uid")}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": volume_name(claim), "annotations": {_MADE: PROVISIONER}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "storageClassName": spec["storageClassName"],
            "persistentVolumeReclaimPolicy": "Delete",
            "hostPath": {"path": str(root / volume_name(claim)), "type": "Directory"},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **reference},
        },
    }
