# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What the cluster says of a fault: the message of a failed task, and pods with their events to be kept."""

from __future__ import annotations

import contextlib
import json
import os
import re
import typing as t
from pathlib import Path

from milvus_lab.client import Client, is_ready

Json = dict[str, t.Any]

# A folder that takes what is recorded; unit tests judge what was recorded once.
FOLDER = "RECORD_EVIDENCE"


def find_message(output: str) -> str:
    """The message of the task that has failed, from what Ansible has printed."""
    found = re.findall(r'"msg": ("(?:[^"\\]|\\.)*")', output[output.find("fatal: ") :])
    return str(json.loads(found[0])) if found else output


@contextlib.contextmanager
def recorded(lab: Client, name: str, *, namespace: str) -> t.Iterator[None]:
    """Write the pods that are not ready and the warnings about pods at the end, where a folder for it is named."""
    yield
    folder = os.environ.get(FOLDER)
    if folder:
        pods = [pod for pod in lab.list("pods", namespace=namespace) if not is_ready(pod)]
        events = [event for event in lab.list("events", namespace=namespace) if event["type"] == "Warning"]
        names = {pod["metadata"]["name"] for pod in pods}
        kept = {
            "pods": [_strip(pod) for pod in pods],
            "events": [_strip(event) for event in events if event["involvedObject"].get("name") in names],
            "nodes": [
                {"metadata": {"name": node["metadata"]["name"]}, "status": {"conditions": node["status"]["conditions"]}}
                for node in lab.list("nodes", namespace="")
            ],
        }
        Path(folder, f"{name}.json").write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _strip(item: Json) -> Json:
    """Leave out who has written which field, and what a pod is made of."""
    metadata = {key: value for key, value in item["metadata"].items() if key in ("name", "labels", "creationTimestamp")}
    return {**{key: value for key, value in item.items() if key != "spec"}, "metadata": metadata}
