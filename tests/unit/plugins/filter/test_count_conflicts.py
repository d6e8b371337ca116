# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.filter.count_conflicts import FilterModule

FILES = "milvus_install_values_files"
VALUES = "milvus_install_release_values"
SECRETS = "milvus_install_sensitive_values"
THREE = {"queryNode": {"replicas": 3}}
TWO = {"milvus_scale_query_node": "2"}
BOTH = (
    f"{VALUES} gives queryNode.replicas 3, and milvus_scale_query_node wants 2. "
    f"Leave queryNode.replicas out of {VALUES}."
)


def find(install: dict[str, t.Any], scale: dict[str, t.Any]) -> list[str]:
    sentences: list[str] = FilterModule().filters()["count_conflicts"](install, scale)
    return sentences


@pytest.mark.parametrize(
    ("install", "scale"),
    [
        ({}, {}),
        ({VALUES: THREE}, {}),
        ({VALUES: THREE}, {"milvus_scale_query_node": " 3", "milvus_scale_data_node": 2}),
        ({VALUES: THREE}, {"milvus_scale_query_node": "", "milvus_scale_replicas": {"query_node": None}}),
        ({VALUES: THREE}, {"milvus_scale_autoscaling": {"query_node": {"enabled": "no"}}}),
        ({VALUES: {"queryNode": {"replicas": -1}}}, {"milvus_scale_autoscaling": '{"query_node": {"cpu": 70}}'}),
        ({VALUES: ""}, TWO),
        ({VALUES: {"queryNode": {"resources": {}}, "dataNode": 3}}, TWO),
        # What comes later is what the install sets.
        ({FILES: ["queryNode: {replicas: 3}", "queryNode: {replicas: 2}"]}, TWO),
        ({FILES: ["queryNode: {replicas: 3}"], VALUES: {"queryNode": {"replicas": None}}}, TWO),
        ({FILES: ["queryNode: {replicas: 3}"], VALUES: {"queryNode": None}}, TWO),
        ({FILES: ["queryNode: {replicas: 3}"], SECRETS: {"queryNode": {"replicas": "2"}}}, TWO),
    ],
)
def test_none(install: dict[str, t.Any], scale: dict[str, t.Any]) -> None:
    assert find(install, scale) == []


@pytest.mark.parametrize(
    ("install", "scale", "words"),
    [
        ({VALUES: THREE}, TWO, BOTH),
        ({VALUES: '{"queryNode": {"replicas": 3}}'}, {**TWO, "milvus_scale_replicas": {"query_node": 3}}, BOTH),
        ({VALUES: THREE}, {"milvus_scale_replicas": '{"queryNode": 2}'}, "milvus_scale_replicas.queryNode wants 2"),
        ({FILES: ["queryNode: {replicas: 3}"], VALUES: {"queryNode": {"x": 1}}}, TWO, f"{FILES} gives"),
        (
            {VALUES: THREE},
            {"milvus_scale_autoscaling": {"query_node": {}}},
            "autoscaling.query_node wants an autoscaler",
        ),
        ({SECRETS: THREE}, TWO, f"{SECRETS} gives queryNode.replicas another number"),
    ],
)
def test_one(install: dict[str, t.Any], scale: dict[str, t.Any], words: str) -> None:
    (sentence,) = find(install, scale)
    assert words in sentence


def test_each_type() -> None:
    values = {**THREE, "proxy": {"replicas": 1}}
    assert len(find({VALUES: values}, {**TWO, "milvus_scale_proxy": 2})) == 2
