# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _kube
from ansible_collections.milvus.cluster.plugins.module_utils._errors import ForbiddenError
from ansible_collections.milvus.cluster.plugins.module_utils._release_store import ReleaseStore


class FakeClient:
    """Lists the metadata of records: plural → revision → status. Notes what it was asked for."""

    def __init__(self, **kept: dict[int, str]) -> None:
        self.kept = kept
        self.forbidden: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    def list_metadata(self, resource: _kube.Resource, *, selector: str) -> t.Iterator[dict[str, t.Any]]:
        self.asked.append((resource.plural, selector))
        if resource.plural in self.forbidden:
            raise ForbiddenError("Listing configmaps", reason="no", remedy="Add a rule.")
        for revision, status in self.kept.get(resource.plural, {}).items():
            if "status!=superseded" not in selector or status != "superseded":
                yield {"name": f"sh.helm.release.v1.r.v{revision}", "labels": {"status": status}}


SELECTORS = ["owner=helm,name=r,status!=superseded", "owner=helm,name=r"]


@pytest.mark.parametrize(
    ("revisions", "newest", "deployed", "lists"),
    [
        ({1: "deployed"}, 1, 1, 1),
        ({9: "superseded", 10: "deployed"}, 10, 10, 1),
        ({10: "deployed", 9: "superseded", 2: "failed"}, 10, 10, 1),
        ({1: "deployed", 2: "failed"}, 2, 1, 1),
        ({1: "deployed", 2: "pending-upgrade"}, 2, 1, 1),
        ({1: "pending-install"}, 1, None, 2),
        ({1: "failed"}, 1, None, 2),
        ({1: "superseded", 2: "superseded"}, 2, None, 2),
        # Someone has deleted the record of the deployed revision 5; the newest that is left is no failure.
        ({3: "failed", 4: "superseded"}, 4, None, 2),
        ({1: "superseded", 2: "uninstalled"}, 2, None, 2),
        # Helm was stopped between its last two writes.
        ({1: "deployed", 2: "deployed"}, 2, 2, 1),
    ],
)
def test_finds_the_revisions_that_count(
    revisions: dict[int, str], newest: int | None, deployed: int | None, lists: int
) -> None:
    client = FakeClient(secrets=revisions)
    history = ReleaseStore(t.cast(t.Any, client), "r").read_history()
    assert history.storage == _kube.SECRETS
    assert (history.newest and history.newest.number) == newest
    assert (history.deployed and history.deployed.number) == deployed
    assert client.asked == [("secrets", selector) for selector in SELECTORS[:lists]]


def test_looks_into_config_maps_when_no_secret_has_it() -> None:
    client = FakeClient(configmaps={3: "deployed"})
    history = ReleaseStore(t.cast(t.Any, client), "r").read_history()
    assert history.storage == _kube.CONFIG_MAPS
    assert history.newest
    assert history.newest.number == 3


def test_a_first_install_goes_into_secrets() -> None:
    assert ReleaseStore(t.cast(t.Any, FakeClient()), "r").read_history().storage == _kube.SECRETS


def test_says_so_when_it_must_not_look_into_config_maps() -> None:
    client = FakeClient()
    client.forbidden = {"configmaps"}
    history = ReleaseStore(t.cast(t.Any, client), "r").read_history()
    assert history.newest is None
    assert history.warnings == (
        "No Secret holds the release; ConfigMaps are not checked. Listing configmaps failed: no. Add a rule.",
    )


def test_must_look_into_secrets() -> None:
    client = FakeClient(configmaps={3: "deployed"})
    client.forbidden = {"secrets"}
    with pytest.raises(ForbiddenError):
        ReleaseStore(t.cast(t.Any, client), "r").read_history()
