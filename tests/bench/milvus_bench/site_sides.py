# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The sides that verify a release, and those that go through the whole of a site with nothing to change."""

from __future__ import annotations

import typing as t

from .rows import Sample
from .tasks import counts, helm_info_task, helm_task, list_task, verify_task
from .work import RELEASE, WORKER_TYPES, Site, Task, install, run_collection_playbook, run_playbook, worker_keys

# What milvus_verify reads, beside Helm's record and Milvus itself.
KINDS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "Pod": "v1",
    "PersistentVolumeClaim": "v1",
    "Service": "v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
}


def named_counts(site: Site) -> None:
    """A release with one pod of every worker type, each of them named in its values."""
    install(site, {})
    install(site, counts(1, worker_keys(site)))


def our_verify(site: Site) -> Sample:
    return run_playbook(site, verify_task(site), changed=False)


def peer_verify(site: Site) -> Sample:
    """The same read by the peer, which judges none of it."""
    tasks = (list_task(site, kind, api_version=version) for kind, version in KINDS.items())
    return run_playbook(site, helm_info_task(site), *tasks, changed=False)


def our_site(site: Site, *, skip_tags: str = "") -> Sample:
    """The playbook ``site``: each type is named with the count that it has."""
    variables = {
        "milvus_release": RELEASE,
        "milvus_namespace": site.namespace,
        "milvus_chart_ref": site.chart,
        "milvus_scale_replicas": {WORKER_TYPES[key]: 1 for key in worker_keys(site)},
    }
    return run_collection_playbook(site, "milvus.cluster.site", variables=variables, changed=False, skip_tags=skip_tags)


def peer_site(site: Site, *, helm_per_type: bool) -> Sample:
    """The release by helm, each worker type by helm and its Deployment until it is available.

    Without ``helm_per_type`` all types are in the first task.
    """
    keys = worker_keys(site)
    return run_playbook(site, *_chain(site, keys, helm_per_type=helm_per_type), changed=False)


def _chain(site: Site, keys: t.Sequence[str], *, helm_per_type: bool) -> t.Iterator[Task]:
    values = counts(1, keys)
    yield helm_task(site, values)
    for key in keys:
        if helm_per_type:
            yield helm_task(site, values)
        wait = {"wait": True, "wait_condition": {"type": "Available"}}
        yield list_task(site, "Deployment", api_version="apps/v1", name=f"{RELEASE}-milvus-{key.lower()}", **wait)
