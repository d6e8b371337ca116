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
_CONTAINER = ("name", "image", "ready", "restartCount", "started")
_STATE = ("reason", "message", "exitCode", "startedAt", "finishedAt")
_CONDITION = ("type", "status", "reason", "message", "lastTransitionTime", "lastHeartbeatTime")


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
            "pods": [_strip_pod(pod) for pod in pods],
            "events": [_strip_event(event) for event in events if event["involvedObject"].get("name") in names],
            "nodes": [_strip_node(node) for node in lab.list("nodes", namespace="")],
        }
        Path(folder, f"{name}.json").write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _pick(item: Json, *keys: str) -> Json:
    return {key: item[key] for key in keys if key in item}


def _strip_pod(pod: Json) -> Json:
    """Leave what the cause of a pod is found by; of several alike the fixtures keep one."""
    status = _pick(pod["status"], "phase", "message", "reason")
    for part in ("containerStatuses", "initContainerStatuses"):
        if part in pod["status"]:
            status[part] = [_strip_container(each) for each in pod["status"][part]]
    status["conditions"] = [_pick(each, *_CONDITION) for each in pod["status"]["conditions"]]
    containers = [_pick(each, "name", "resources") for each in pod["spec"]["containers"]]
    return {"metadata": _pick(pod["metadata"], "name"), "spec": {"containers": containers}, "status": status}


def _strip_container(container: Json) -> Json:
    states = {
        part: {word: _pick(state, *_STATE) for word, state in container.get(part, {}).items()}
        for part in ("state", "lastState")
    }
    return {**_pick(container, *_CONTAINER), **states}


def _strip_event(event: Json) -> Json:
    kept = _pick(event, "reason", "message", "type")
    time = event.get("lastTimestamp") or event.get("eventTime")
    about = _pick(event["involvedObject"], "kind", "name")
    metadata = _pick(event["metadata"], "creationTimestamp")
    return {**kept, "involvedObject": about, "lastTimestamp": time, "metadata": metadata}


def _strip_node(node: Json) -> Json:
    conditions = [_pick(each, *_CONDITION) for each in node["status"]["conditions"] if each["type"] == "Ready"]
    return {"metadata": _pick(node["metadata"], "name"), "status": {"conditions": conditions}}
