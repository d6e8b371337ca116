# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What the options say of asking for data, who is asked, and how that is judged."""

from __future__ import annotations

import dataclasses
import types
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import VERIFY
from ansible_collections.milvus.cluster.plugins.module_utils._data_plane import Finding, Probe
from ansible_collections.milvus.cluster.plugins.module_utils._errors import OptionError
from ansible_collections.milvus.cluster.plugins.module_utils._milvus_rest import Query
from ansible_collections.milvus.cluster.plugins.module_utils._sightings import Place
from ansible_collections.milvus.cluster.plugins.module_utils._verify_data import (
    find_credentials,
    find_doors,
    find_places,
    find_secrets,
    find_wanted,
    read_probe,
)
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.scenes import (
    change_pod,
    check,
    make_scene,
)

Json = dict[str, t.Any]
URI = "http://milvus:19530"
PROBE: Json = {
    "collection": "products",
    "vector": [0.5, 1.0],
    "ids": ["7", 8],
    "database": None,
    "vector_field": "vector",
    "id_field": "sku",
}


def options(**given: t.Any) -> Json:
    return {**{name: spec.get("default") for name, spec in VERIFY.items()}, **given}


def test_what_is_done_on_demand() -> None:
    assert find_wanted(options()) == ()
    assert find_wanted(options(smoke_test=True, probe=PROBE)) == ("smoke_test", "probe")
    assert find_wanted(options(checks=["smoke_test"])) == ()


def test_a_probe_is_read() -> None:
    assert read_probe(options(probe={})) is None
    assert read_probe(options(probe=PROBE)) == Probe(Query("products", [0.5, 1.0], 2, "sku"), ("7", "8"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"checks": ["probe"]}, "the option probe failed: the check probe has nothing to ask for"),
        ({"required_checks": ["probe"]}, "the check probe has nothing to ask for"),
        ({"probe": {**PROBE, "ids": []}}, r"probe\.ids failed: it is empty"),
        ({"probe": {**PROBE, "vector": []}}, r"probe\.vector failed: it is empty"),
        ({"milvus_user": "root"}, "milvus_password failed: it is missing"),
        ({"milvus_password": "x"}, "milvus_user failed: it is missing"),
        ({"milvus_token": "x", "milvus_user": "u", "milvus_password": "p"}, "milvus_user is set, too"),
        ({"milvus_token": "x"}, "milvus_uri failed: without it .* passes no credentials on"),
        ({"milvus_uri": "milvus:19530"}, "milvus_uri failed: it is not http"),
        ({"milvus_uri": "http://root:Milvus@milvus:19530"}, "milvus_uri failed: it is not http"),
    ],
)
def test_options_that_make_no_sense(given: Json, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        find_wanted(options(**given))


def test_credentials() -> None:
    user = {"milvus_uri": URI, "milvus_user": "root", "milvus_password": "Milvus"}
    assert find_credentials(options(**user)) == "root:Milvus"
    assert find_secrets(options(**user)) == set()  # masking so short a word would mask all of the output
    assert find_credentials(options(milvus_uri=URI, milvus_token="t0k3n-of-somebody")) == "t0k3n-of-somebody"
    assert find_secrets(options(milvus_token="t0k3n-of-somebody")) == {"t0k3n-of-somebody"}


def ask(scene: t.Any, **given: t.Any) -> list[str]:
    task: t.Any = types.SimpleNamespace(client=None, options=options(**given))
    return [door.title for door in find_doors(task, scene)]


def test_who_is_asked() -> None:
    scene = make_scene(live={"proxy": 20})
    assert ask(scene)[:2] == ["pod my-release-milvus-proxy-0", "pod my-release-milvus-proxy-1"]
    assert len(ask(scene)) == 8
    assert ask(change_pod(scene, "proxy", ready_since=None))[0] == "pod my-release-milvus-proxy-1"
    assert ask(scene, milvus_uri=f"{URI}/") == [URI]
    assert ask(make_scene("standalone")) == ["pod my-release-milvus-standalone-0"]
    assert ask(make_scene("querynode")) == []


def test_who_may_be_in_a_resource_group() -> None:
    scene = make_scene(live={"querynode": 3})
    pods = tuple(pod._replace(address=f"10.0.0.{number}") for number, pod in enumerate(scene.pods))
    scene = dataclasses.replace(
        scene, pods=(pods[0]._replace(ready_since=None), pods[1]._replace(address=""), *pods[2:])
    )
    stem = "my-release-milvus"
    assert find_places(scene) == {
        "10.0.0.0": Place(f"{stem}-querynode-0", "query_node", is_ready=False),
        "10.0.0.2": Place(f"{stem}-querynode-2", "query_node", is_ready=True),
        "10.0.0.4": Place(f"{stem}-streamingnode-0", "streaming_node", is_ready=True),
    }


def test_a_standalone_milvus_has_no_query_nodes_to_group() -> None:
    outcome = check("resource_groups", make_scene("standalone"))
    assert outcome[:3] == ("skipped", "", "a standalone Milvus has no query nodes to group")


@pytest.mark.parametrize("name", ["resource_groups", "smoke_test", "probe"])
def test_a_finding_is_judged(name: str) -> None:
    field = {"resource_groups": "groups"}.get(name, name.partition("_")[0])

    def judge(finding: Finding | None) -> tuple[str, str, str]:
        change: Json = {field: finding}
        outcome = check(name, dataclasses.replace(make_scene(), **change))
        assert bool(outcome.remedy) == (outcome.outcome == "failed")
        return outcome[:3]

    assert judge(Finding(evidence="all right")) == ("passed", "all right", "")
    assert judge(Finding(("pod p: no", "pod q: no"), "all right")) == ("failed", "pod p: no; pod q: no", "")
    assert judge(Finding(reason="no way")) == ("skipped", "", "no way")
    assert judge(None) == ("skipped", "", "it was not asked for")
