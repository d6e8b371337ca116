# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What others have set in the release's workloads, when an upgrade is about something else."""

from __future__ import annotations

import pytest

from installer import BY_HAND, Installer
from release_states import NAME

DATA_NODE = f"{NAME}-milvus-datanode"


def find_image(installer: Installer) -> str:
    (item,) = [item for item in installer.read("deployments") if item["metadata"]["name"] == DATA_NODE]
    return str(item["spec"]["template"]["spec"]["containers"][0]["image"])


@pytest.fixture
def edited(installer: Installer) -> Installer:
    """A release whose data nodes run an image that somebody has set by hand."""
    installer.cluster.install(BY_HAND)
    installer.cluster.kubectl("set", "image", f"deployment/{DATA_NODE}", "*=milvusdb/milvus:hotfix")
    return installer


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_helm_4_would_stop_half_way(edited: Installer) -> None:
    before = edited.look()
    for check in (True, False):
        message = edited.fail("BlockedError", release_values={"queryNode": {"replicas": 2}}, check=check)
        assert f"helm would stop half-way at Deployment/{DATA_NODE}" in message
        assert 'conflict with "kubectl-set"' in message
    assert edited.look() == before
    edited.cluster.kubectl("rollout", "undo", f"deployment/{DATA_NODE}")
    edited.run(release_values={"queryNode": {"replicas": 2}})


@pytest.mark.parametrize("installer", ["helm3"], indirect=True)
def test_helm_3_sets_it_back(edited: Installer) -> None:
    """The plan says so before."""
    edited.look()
    done = edited.dance(release_values={"queryNode": {"replicas": 2}})
    assert f"set back Deployment/{DATA_NODE}: written to by kubectl-set -> as in the release" in done["plan"]["summary"]
    assert {"kind": "Deployment", "name": DATA_NODE, "pods": 1} in done["plan"]["restarts"]
    assert find_image(edited) != "milvusdb/milvus:hotfix"
