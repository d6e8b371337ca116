# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a scale may touch, and what it has touched, by kubectl."""

from __future__ import annotations

import collections
import typing as t

from installer import Installer
from release_states import NAME

REUSE = "--reset-then-reuse-values"
QUERY_NODE, DATA_NODE, PROXY = (f"{NAME}-milvus-{part}" for part in ("querynode", "datanode", "proxy"))
# The worker types of each generation of the chart, with the last part of the Deployment's name.
WORKERS = {
    "5": {"query_node": "querynode", "data_node": "datanode", "streaming_node": "streamingnode", "proxy": "proxy"},
    "4": {"query_node": "querynode", "data_node": "datanode", "index_node": "indexnode", "proxy": "proxy"},
}
WORKERS["3"] = WORKERS["4"]


def find_workers(version: str) -> dict[str, str]:
    """The worker types of a version of the chart."""
    return WORKERS[version.partition(".")[0]]


def count(scaler: Installer, prefix: str = f"{NAME}-milvus-") -> dict[str, int]:
    """The Deployments of Milvus, and how many pods each shall have."""
    found = {item["metadata"]["name"]: item["spec"]["replicas"] for item in scaler.read("deployments")}
    return {name.removeprefix(prefix): replicas for name, replicas in found.items() if name.startswith(prefix)}


class Touch(t.NamedTuple):
    """What has become of a namespace: pods by the Deployment or StatefulSet that they belong to."""

    come: dict[str, int]
    gone: dict[str, int]
    moved: set[str]  # Deployments and StatefulSets of another generation
    jobs: set[str]  # that have gone
    unfinished: set[str]  # among those


class Sight(t.NamedTuple):
    """A namespace: pods of workloads by uid, generations of workloads by name, Jobs and which of them are complete."""

    pods: dict[str, str]
    generations: dict[str, int]
    jobs: dict[str, bool]

    def compare(self, after: Sight) -> Touch:
        return Touch(
            dict(collections.Counter(name for uid, name in after.pods.items() if uid not in self.pods)),
            dict(collections.Counter(name for uid, name in self.pods.items() if uid not in after.pods)),
            {name for name, number in self.generations.items() if after.generations.get(name) != number}
            | (after.generations.keys() - self.generations.keys()),
            self.jobs.keys() - after.jobs.keys(),
            {name for name, complete in self.jobs.items() if name not in after.jobs and not complete},
        )


def see(scaler: Installer) -> Sight:
    """Look at the namespace once it is at rest."""
    scaler.look()
    items = scaler.read("deployments,statefulsets,replicasets,pods,jobs")
    kinds: dict[str, list[t.Any]] = collections.defaultdict(list)
    for item in items:
        kinds[item["kind"]].append(item)
    sets = {item["metadata"]["name"]: item["metadata"]["ownerReferences"][0]["name"] for item in kinds["ReplicaSet"]}
    pods = {}
    for item in kinds["Pod"]:
        (owner,) = item["metadata"]["ownerReferences"]
        if owner["kind"] != "Job":
            pods[item["metadata"]["uid"]] = sets.get(owner["name"], owner["name"])
    workloads = [*kinds["Deployment"], *kinds["StatefulSet"]]
    generations = {item["metadata"]["name"]: item["metadata"]["generation"] for item in workloads}
    jobs = {item["metadata"]["name"]: item["status"].get("succeeded", 0) > 0 for item in kinds["Job"]}
    return Sight(pods, generations, jobs)


def scale_by_kubectl(scaler: Installer, name: str, *, replicas: int) -> None:
    """Change a count as an operator does behind helm's back."""
    scaler.cluster.kubectl("scale", "deployment", name, f"--replicas={replicas}")


def check_helm_alone(scaler: Installer) -> None:
    """Assert that nobody but helm owns the count of any part of Milvus, and that helm's next upgrade goes through.

    With Helm 3 owners do not matter, and stay as they are.
    """
    is_server_side = scaler.cluster.which == "helm4"
    names = [name for name in find_names(scaler) if name.startswith(f"{NAME}-milvus-") and is_server_side]
    others = {name: owners for name in names if (owners := scaler.find_count_owners(name)) != {"helm"}}
    assert not others, others
    before = count(scaler)
    scaler.cluster.upgrade(REUSE)
    assert (scaler.record["status"], count(scaler)) == ("deployed", before)


def find_names(scaler: Installer) -> list[str]:
    """The Deployments of the namespace."""
    return [item["metadata"]["name"] for item in scaler.read("deployments")]
