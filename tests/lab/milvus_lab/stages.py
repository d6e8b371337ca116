# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of simulated nodes and volumes, as kwok stages, and all stages together."""

from __future__ import annotations

import json
from pathlib import Path

from . import faults
from .kwok import Document, absent, annotation, delay_from_annotation, delay_of, none_of, one_of, patch_status, stage
from .pod_stages import pod_stages

PROVISIONER = faults.PREFIX + "volumes"
NODE_CAPACITY = {"cpu": "32", "memory": "128Gi", "ephemeral-storage": "1Ti", "pods": "1000"}
NODE_FACTS = {
    "architecture": "amd64",
    "operatingSystem": "linux",
    "osImage": "simulated by kwok",
    "kernelVersion": "simulated",
    "containerRuntimeVersion": "sim://1",
    "kubeletVersion": "kwok-{{ Version }}",
    "kubeProxyVersion": "",
    "machineID": "",
    "systemUUID": "",
    "bootID": "",
}

_NODE_CONDITIONS = """\
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $.metadata.creationTimestamp | Quote }}
{{ end }}
"""
_NODE_START = f"""\
{_NODE_CONDITIONS}
addresses:
- {{type: InternalIP, address: {{{{ NodeIP | Quote }}}}}}
- {{type: Hostname, address: {{{{ .metadata.name | Quote }}}}}}
daemonEndpoints: {{kubeletEndpoint: {{Port: {{{{ NodePort }}}}}}}}
capacity: {json.dumps(NODE_CAPACITY)}
allocatable: {json.dumps(NODE_CAPACITY)}
nodeInfo: {json.dumps(NODE_FACTS)}
"""
_VOLUME = f"""\
apiVersion: v1
kind: PersistentVolume
metadata:
  name: {{{{ printf "pvc-%s" .metadata.uid }}}}
  annotations: {{pv.kubernetes.io/provisioned-by: {PROVISIONER}}}
spec:
  capacity: {{storage: {{{{ .spec.resources.requests.storage | Quote }}}}}}
  accessModes: {{{{ .spec.accessModes | toJson }}}}
  volumeMode: {{{{ or .spec.volumeMode "Filesystem" }}}}
  storageClassName: {{{{ .spec.storageClassName | Quote }}}}
  persistentVolumeReclaimPolicy: Delete
  hostPath: {{path: {{{{ printf "/simulated/%s" .metadata.uid | Quote }}}}}}
  claimRef:
    apiVersion: v1
    kind: PersistentVolumeClaim
    name: {{{{ .metadata.name | Quote }}}}
    namespace: {{{{ .metadata.namespace | Quote }}}}
    uid: {{{{ .metadata.uid | Quote }}}}
"""


def all_stages(pod_logs: Path) -> list[Document]:
    """Every stage of the lab's kwok; ``pod_logs`` holds the logs of the pods."""
    return [*pod_stages(pod_logs), *node_stages(), *volume_stages()]


def node_stages() -> list[Document]:
    """A node becomes ready at once and tells so every five seconds."""
    ready = '.status.conditions[]? | select(.type == "Ready") | .status'
    return [
        stage("Node", "node-start", when=[none_of(ready, ("True",))], steps=[patch_status(_NODE_START)]),
        stage(
            "Node",
            "node-heartbeat",
            when=[one_of(ready, ("True",))],
            steps=[patch_status(_NODE_CONDITIONS)],
            delay=delay_of("5s"),
        ),
    ]


def volume_stages() -> list[Document]:
    """A claim that waits for the lab's provisioner gets a volume; a released volume goes."""
    waits = [
        one_of(".status.phase", ("Pending",)),
        one_of(annotation("volume.kubernetes.io/storage-provisioner"), (PROVISIONER,)),
        absent(".spec.volumeName"),
        absent(".metadata.deletionTimestamp"),
    ]
    released = [
        one_of(annotation("pv.kubernetes.io/provisioned-by"), (PROVISIONER,)),
        one_of(".status.phase", ("Released",)),
        absent(".metadata.deletionTimestamp"),
    ]
    provide = {"apply": {"template": _VOLUME}}
    delay = delay_from_annotation(faults.PROVISION_AFTER, "100ms")
    return [
        stage("PersistentVolumeClaim", "claim-provision", when=waits, steps=[provide], delay=delay),
        stage("PersistentVolume", "volume-delete", when=released, steps=[{"delete": True}]),
    ]
