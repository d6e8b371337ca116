# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._errors import OptionError
from ansible_collections.milvus.cluster.plugins.module_utils._scale_request import Request, Scaler, read_request


def read(replicas: t.Any = None, autoscaling: t.Any = None, **changes: t.Any) -> Request:
    options = {"replicas": replicas, "autoscaling": autoscaling, "allow_zero": False, "scale_in_step": 1, **changes}
    return read_request(options)


@pytest.mark.parametrize("value", [3, "3", " 3 ", 3.0])
def test_a_count(value: t.Any) -> None:
    assert read({"query_node": value}) == Request({"query_node": 3}, {})


@pytest.mark.parametrize("nothing", [None, {}, {"query_node": None, "proxy": ""}])
def test_what_is_blank_is_not_asked_for(nothing: t.Any) -> None:
    assert read(nothing, nothing) == Request({}, {})
    assert read(nothing, nothing).types == frozenset()


@pytest.mark.parametrize("name", ["queryNode", "querynode"])
def test_names_of_the_chart_are_taken_with_a_hint(name: str) -> None:
    request = read({name: 2}, {"dataNode": {}})
    assert (request.counts, request.types) == ({"query_node": 2}, frozenset({"query_node", "data_node"}))
    assert request.hints == (
        f"replicas.{name} was taken as replicas.query_node, which is how this collection calls it.",
        "autoscaling.dataNode was taken as autoscaling.data_node, which is how this collection calls it.",
    )


@pytest.mark.parametrize(
    ("replicas", "words"),
    [
        ({"mix_coordinator": 2}, "Milvus does not support scaling out the coordinators"),
        ({"rootcoord": 2}, "rootCoordinator.replicas and rootCoordinator.activeStandby.enabled"),
        ({"standalone": 2}, "a standalone Milvus is one pod"),
        ({"attu": 2}, "it runs in one pod"),
        ({"etcd": 5}, "it is something that Milvus leans on"),
        ({"query_nodes": 2}, "Did you mean query_node?"),
        ({"Proxys": 2}, "Did you mean proxy?"),
        ({"worker": 2}, "The worker types are query_node, data_node, index_node, streaming_node, proxy."),
        ({"query_node": 1, "queryNode": 2}, "it is given twice, as query_node and as queryNode"),
        ({"query_node": -1}, "replicas.query_node failed: -1 is less than 0. Correct it; for an autoscaler set autosc"),
        ({"query_node": "two"}, "'two' is no whole number"),
        ({"query_node": 2.5}, "2.5 is no whole number"),
        ({"query_node": True}, "True is no whole number"),
        ({"query_node": [2]}, "[2] is no whole number"),
        ({"query_node": 0}, "Give at least 1, or set allow_zero"),
    ],
)
def test_counts_that_are_refused(replicas: t.Any, words: str) -> None:
    with pytest.raises(OptionError) as caught:
        read(replicas)
    assert words in str(caught.value)


def test_zero_on_demand() -> None:
    assert read({"proxy": "0"}, allow_zero=True).counts == {"proxy": 0}


def test_an_autoscaler() -> None:
    given = {"min_replicas": "2", "max_replicas": 5, "cpu": 70, "memory": "", "enabled": "yes"}
    assert read(None, {"query_node": given}).autoscaling == {
        "query_node": Scaler(enabled=True, settings={"minReplicas": 2, "maxReplicas": 5, "cpuUtilization": 70})
    }
    off = read({"proxy": 2}, {"proxy": {"enabled": "False"}})
    assert off == Request({"proxy": 2}, {"proxy": Scaler(enabled=False)})


@pytest.mark.parametrize(
    ("autoscaling", "words"),
    [
        ({"proxy": {"max": 3}}, "autoscaling.proxy.max failed: there is no setting of that name"),
        ({"proxy": {"min_replica": 3}}, "Did you mean min_replicas?"),
        ({"proxy": {"min_replicas": 0}}, "0 is less than 1"),
        ({"proxy": {"enabled": 3}}, "3 is neither true nor false"),
        ({"proxy": True}, "True is no dictionary"),
        ({"mixcoord": {}}, "does not support scaling out the coordinators"),
        ({"query_node": {}}, "the count of query_node cannot be both fixed and an autoscaler's"),
    ],
)
def test_autoscalers_that_are_refused(autoscaling: t.Any, words: str) -> None:
    with pytest.raises(OptionError) as caught:
        read({"query_node": 2}, autoscaling)
    assert words in str(caught.value)


def test_a_step_of_nothing() -> None:
    with pytest.raises(OptionError, match="scale_in_step failed: it is less than 1"):
        read(scale_in_step=0)
