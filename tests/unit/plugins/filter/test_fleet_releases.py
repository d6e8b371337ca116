# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.milvus.cluster.plugins.filter.fleet_releases import FilterModule

fleet_releases = FilterModule().filters()["fleet_releases"]


def test_each_release_of_each_host() -> None:
    hostvars = {
        "east": {
            "milvus_namespace": "vectors",
            "milvus_releases": [{"milvus_release": "a"}, {"milvus_release": "b", "milvus_namespace": "other"}],
        },
        "west": {"milvus_context": "west", "milvus_releases": [{"milvus_release": "a", "milvus_namespace": "vectors"}]},
        "alone": {"milvus_context": "alone", "milvus_release": ""},
        "empty": {"milvus_releases": []},
    }
    assert fleet_releases(list(hostvars), hostvars) == [
        {"name": "east/vectors/a", "host": "east", "number": 0},
        {"name": "east/other/b", "host": "east", "number": 1},
        {"name": "west/vectors/a", "host": "west", "number": 0},
        {"name": "alone/milvus/milvus", "host": "alone", "number": 0},
    ]


@pytest.mark.parametrize(
    ("hostvars", "words"),
    [
        ({"east": {"milvus_releases": "a,b"}}, "milvus_releases of east has to be a list of dictionaries"),
        ({"east": {"milvus_releases": ["a"]}}, "milvus_releases of east has to be a list of dictionaries"),
        (
            {"east": {"milvus_releases": [{}, {"release": "a", "namespace": "b"}]}},
            "Entry 2 of milvus_releases of east has namespace, release: ",
        ),
        ({"east": {"milvus_releases": [{}, {}]}}, "these are one: east/milvus/milvus and east/milvus/milvus."),
        # Two names of one cluster.
        (
            {"east": {"milvus_kubeconfig": "k"}, "west": {"milvus_kubeconfig": "k"}},
            "east/milvus/milvus and west/milvus/milvus",
        ),
        ({"east": {"milvus_releases": []}}, "The fleet has no release"),
        ({}, "The fleet has no release"),
    ],
)
def test_refusals(hostvars: dict[str, dict[str, t.Any]], words: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        fleet_releases(list(hostvars), hostvars)
    assert words in str(caught.value)
