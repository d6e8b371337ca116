# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._observe import Observation, observe
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils import conversations

NAME = "my-release"


def observe_recorded(name: str) -> Observation:
    """Replay a conversation; each of its requests must be made."""
    pool = conversations.ReplayPool(conversations.read(name))
    found = observe(conversations.make_client(pool, name), NAME, surroundings=True)
    assert not pool.left
    return found


# The price of one reading, and so a contract: two requests for the release, one per kind and label style of its parts.
REQUESTS = {
    "absent": 7,
    "autoscaled": 10,
    "config-map": 12,
    "failed-upgrade": 11,
    "fullname-override": 10,
    "new-chart": 10,
    "old-chart": 10,
    "operator": 7,
    "pending-upgrade": 11,
    "resource-groups": 10,
    "reused-values": 10,
    "scaled-by-kubectl": 10,
    "standalone": 10,
    "superseded": 11,
    "uninstalled": 6,
}


def test_each_conversation_has_its_budget() -> None:
    assert {name: len(conversations.read(name)) for name in conversations.NAMES} == REQUESTS


@pytest.mark.parametrize("name", conversations.NAMES)
def test_asks_for_nothing_else_than_recorded(name: str) -> None:
    assert observe_recorded(name).namespace == name


def test_asks_only_for_release_and_workloads_without_surroundings() -> None:
    about_surroundings = ("/services/", "/pods?", "/persistentvolumeclaims?")
    exchanges = [x for x in conversations.read("new-chart") if not any(word in x["url"] for word in about_surroundings)]
    pool = conversations.ReplayPool(exchanges)
    found = observe(conversations.make_client(pool, "new-chart"), NAME)
    assert not pool.left
    assert len(exchanges) == 6
    assert found.topology
    assert found.surroundings.pods == {}


@pytest.mark.parametrize(
    ("name", "newest", "running"),
    [
        ("absent", None, None),
        ("new-chart", (1, "deployed"), 1),
        ("failed-upgrade", (2, "failed"), 1),
        ("pending-upgrade", (2, "pending-upgrade"), 1),
        ("superseded", (1, "superseded"), 1),
        ("uninstalled", (1, "uninstalled"), None),
        ("reused-values", (2, "deployed"), 2),
        ("config-map", (1, "deployed"), 1),
    ],
)
def test_finds_newest_and_running_revision(name: str, newest: t.Any, running: int | None) -> None:
    found = observe_recorded(name)
    assert (found.newest and (found.newest.revision, found.newest.status)) == newest
    assert (found.running and found.running.revision) == running


def test_finds_workloads_by_name_where_they_have_no_label_of_the_release() -> None:
    exchanges = conversations.read("standalone")
    labelled = next(x for x in exchanges if "statefulsets?labelSelector=release" in x["url"])
    (minio,) = labelled["body"]["items"]
    record = next(x for x in exchanges if "sh.helm.release" in x["url"])
    record["body"] = conversations.change_manifest(record["body"], ("release: my-release", "release: other"))
    labelled.update(url=f"apis/apps/v1/namespaces/standalone/statefulsets/{minio['metadata']['name']}", body=minio)
    found = observe(
        conversations.make_client(conversations.ReplayPool(exchanges), "standalone"), NAME, surroundings=True
    )
    assert "StatefulSet/my-release-minio" in found.live
    assert found.drift == ()


def test_a_missing_service_is_no_endpoint() -> None:
    exchanges = conversations.read("standalone")
    next(x for x in exchanges if "/services/" in x["url"]).update(status=404, body={"message": "not found"})
    found = observe(
        conversations.make_client(conversations.ReplayPool(exchanges), "standalone"), NAME, surroundings=True
    )
    assert found.surroundings.endpoint is None


def test_recognises_the_operator() -> None:
    assert observe_recorded("operator").operator_managed
    assert not observe_recorded("absent").operator_managed
