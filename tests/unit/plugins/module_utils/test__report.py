# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import json
import typing as t

import pytest
import yaml

from ansible_collections.milvus.cluster.plugins.module_utils._observe import observe
from ansible_collections.milvus.cluster.plugins.module_utils._report import empty_report, report
from ansible_collections.milvus.cluster.plugins.modules import milvus_info
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils import conversations

Json = dict[str, t.Any]
DOCUMENTED: Json = yaml.safe_load(milvus_info.RETURN)
# The limit of AWX for one event is 1024 bytes, and Ansible adds some words of its own.
LONGEST_ROW = 800


def report_recorded(name: str, exchanges: t.Any = None) -> Json:
    pool = conversations.ReplayPool(exchanges or conversations.read(name))
    return report(observe(conversations.make_client(pool, name), "my-release", surroundings=True))


REPORTS = {name: report_recorded(name) for name in conversations.NAMES}


def check_against_documentation(node: Json, documented: Json, *, path: str = "") -> None:
    """Compare the keys of a returned dict with the documentation, and on into the dicts and lists that it has."""
    assert set(node) == set(documented), path
    for key, entry in documented.items():
        inner = node[key] if isinstance(node[key], list) else [node[key]]
        for value in inner if "contains" in entry else []:
            if value is not None:
                check_against_documentation(value, entry["contains"], path=f"{path}.{key}")


@pytest.mark.parametrize("name", [*REPORTS, None])
def test_every_key_is_documented_and_there_in_every_case(name: str | None) -> None:
    found = dict(REPORTS[name] if name else empty_report("milvus", "my-release"))
    found.pop("warnings", None)  # handed to Ansible as warnings
    documented = {key: value for key, value in DOCUMENTED.items() if key not in ("error", "started_at", "ended_at")}
    check_against_documentation(found, documented)


def walk_keys(node: t.Any) -> t.Iterator[str]:
    if isinstance(node, dict):
        yield from node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk_keys(inner)


def test_no_key_is_called_like_a_method_of_a_dict() -> None:
    methods = {name for name in dir(dict) if not name.startswith("_")}
    assert not methods & {key for found in REPORTS.values() for key in walk_keys(found)}


@pytest.mark.parametrize("name", REPORTS)
def test_can_be_written_as_json(name: str) -> None:
    assert json.loads(json.dumps(REPORTS[name])) == REPORTS[name]


def test_no_secret_of_the_values_is_returned() -> None:
    text = json.dumps(REPORTS["new-chart"])
    assert "accessKey" not in text
    assert "minioadmin" not in text


SUMMARIES = {
    "absent": ["absent/my-release: absent"],
    "operator": ["operator/my-release: absent, but milvus-operator has it"],
    "uninstalled": ["uninstalled/my-release: uninstalled", "volumes: 7/7 bound"],
    "standalone": [
        "standalone/my-release: revision 1 deployed, chart milvus 5.0.19 (Milvus 2.6.15), standalone",
        "standalone: 1/1 ready, count owned by helm",
        "etcd (etcd): 3/3 ready",
        "object_storage (minio): 4/4 ready",
        "endpoint (cluster): my-release-milvus.standalone.svc:19530",
    ],
    "scaled-by-kubectl": [
        "scaled-by-kubectl/my-release: revision 1 deployed, chart milvus 5.0.19 (Milvus 2.6.15), cluster",
        "query_node: 3/3 ready, count owned by kubectl",
        "data_node: 1/1 ready, count owned by helm",
        "streaming_node: 1/1 ready, count owned by helm",
        "proxy: 1/1 ready, count owned by helm",
        "mix_coordinator: 1/1 ready, count owned by helm",
        "etcd (etcd): 3/3 ready",
        "object_storage (minio): 4/4 ready",
        "endpoint (cluster): my-release-milvus.scaled-by-kubectl.svc:19530",
        "drift: Deployment my-release-milvus-querynode: replicas 1 -> 3 by kubectl",
    ],
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_summary(name: str) -> None:
    assert REPORTS[name]["summary"] == SUMMARIES[name]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("autoscaled", "query_node: 2/2 ready, count owned by my-release-milvus-querynode-hpa"),
        ("resource-groups", "query_node of group rg1: 2/2 ready, count owned by helm"),
        ("pending-upgrade", "lock: revision 2 pending-upgrade for"),
        ("new-chart", "message_queue (pulsar): 11/11 ready"),
        ("new-chart", "volumes: "),
    ],
)
def test_rows_of_a_summary(name: str, row: str) -> None:
    assert [text for text in REPORTS[name]["summary"] if text.startswith(row)], REPORTS[name]["summary"]


def test_rows_fit_an_event_of_awx() -> None:
    assert max(len(row) for found in REPORTS.values() for row in found["summary"]) < LONGEST_ROW


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("new-chart", []),
        ("failed-upgrade", ["Revision 2 of release my-release in namespace failed-upgrade is failed (Upgrade"]),
        ("pending-upgrade", ["what is reported runs by revision 1, the newest deployed one"]),
        ("reused-values", ["was upgraded with --reuse-values"]),
        ("operator", ["milvus-operator manages"]),
        ("superseded", []),
    ],
)
def test_warnings(name: str, words: list[str]) -> None:
    warnings = REPORTS[name]["warnings"]
    assert len(warnings) == len(words)
    assert all(text in warning for text, warning in zip(words, warnings))


def test_a_release_of_another_chart() -> None:
    exchanges = conversations.read("standalone")
    record = next(x for x in exchanges if "sh.helm.release" in x["url"])
    record["body"] = conversations.change_manifest(record["body"], ("component: standalone", "component: other"))
    exchanges = [
        x for x in exchanges if not any(part in x["url"] for part in ("/deployments?", "/services/", "/pods?"))
    ]
    exchanges = [x for x in exchanges if "/statefulsets?" not in x["url"]]
    (found,) = [report_recorded("standalone", exchanges)]
    assert (found["exists"], found["mode"], found["components"]) == (True, "none", [])
    assert found["capabilities"] == empty_report("milvus", "my-release")["capabilities"]
    assert any("has no Milvus workload" in warning for warning in found["warnings"])


def change_deployment(name: str, ending: str, **status: t.Any) -> list[Json]:
    """A conversation in which one Deployment has another status."""
    exchanges = conversations.read(name)
    deployments = next(x for x in exchanges if "/deployments?" in x["url"])["body"]["items"]
    deployment = next(item for item in deployments if item["metadata"]["name"].endswith(ending))
    deployment["status"].update(status)
    return exchanges


def test_a_workload_that_has_not_settled() -> None:
    found = report_recorded("new-chart", change_deployment("new-chart", "querynode", readyReplicas=0))
    component = found["components"][0]
    assert (component["settled"], component["lag"]) == (False, "0 of 1 pods are ready")
    assert found["summary"][1] == "query_node: 0/1 ready, count owned by helm; 0 of 1 pods are ready (1 Running)"


def test_terminating_pods_are_counted_where_the_api_server_does_not() -> None:
    exchanges = change_deployment("new-chart", "querynode", terminatingReplicas=None)
    pods = next(x for x in exchanges if "/pods?" in x["url"])["body"]
    row = next(row for row in pods["rows"] if "querynode" in row["cells"][0])
    pods["rows"].append({"cells": [row["cells"][0][:-5] + "abcde", "1/1", "Terminating", *row["cells"][3:]]})
    component = report_recorded("new-chart", exchanges)["components"][0]
    assert (component["terminating"], component["settled"]) == (1, False)
    assert component["pods"] == {"Running": 1, "Terminating": 1}


def test_a_workload_that_is_missing() -> None:
    exchanges = conversations.read("new-chart")
    deployments = next(x for x in exchanges if "/deployments?" in x["url"])["body"]
    deployments["items"] = [item for item in deployments["items"] if not item["metadata"]["name"].endswith("querynode")]
    found = report_recorded("new-chart", exchanges)
    assert found["components"][0]["lag"] == "it does not exist"
    assert [(drift["field"], drift["released"], drift["live"]) for drift in found["drift"]] == [
        ("workload", "present", None)
    ]
