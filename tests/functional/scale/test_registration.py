# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a scale says of workers that Milvus cannot list, for the pods of this lab are simulated."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from accounts import Account, name_of, split_rules
from installer import BY_HAND, Installer
from scaling import count

Json = dict[str, t.Any]

WORDS = "is simulated and has no network"


def test_it_is_said_that_it_was_not_checked(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.look()
    done = scaler.run(replicas={"query_node": 2, "streaming_node": 2})
    found = {one["type"]: one for one in done["registration"]}
    assert found.keys() == {"query_node", "streaming_node"}
    assert {(one["outcome"], one["listed"]) for one in found.values()} == {("not_checked", None)}
    assert WORDS in found["query_node"]["reason"]
    assert found["query_node"]["expected"] == 4
    assert scaler.run(replicas={"query_node": 2})["registration"][0]["outcome"] == "not_checked"
    foretold = scaler.run(replicas={"query_node": 3}, check=True)
    assert (foretold["registration"], foretold["waited"]) == ([], None)
    assert scaler.run(replicas={"query_node": 1}, wait_registered="skip")["registration"] == []


@pytest.mark.parametrize(
    ("options", "outcomes", "waited"),
    [
        ({}, ["not_checked"], 0.0),
        ({"wait_registered": "skip"}, [], 0.0),
        ({"wait_registered": "require"}, ["not_checked"], None),
        ({"stable_seconds": 3600}, [], None),
        ({"wait": False}, [], None),
    ],
)
def test_check_mode_tells_whether_there_is_anything_to_wait_for(
    options: Json, outcomes: list[str], waited: float | None, scaler: Installer
) -> None:
    scaler.cluster.install(BY_HAND)
    # The API server's times are whole seconds: what became ready in this one may be too young yet.
    scaler.run(replicas={"query_node": 1}, stable_seconds=1)
    found = scaler.run(replicas={"query_node": 1}, check=True, **options)
    assert not found["changed"]
    assert ([one["outcome"] for one in found["registration"]], found["waited"]) == (outcomes, waited)


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_check_mode_without_the_right_to_look_at_pods_tells_the_plan_alone(scaler: Installer, tmp_path: Path) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.look()
    rules = [rule for rule in split_rules("scaler") if name_of(rule) != "list-pods"]
    account = Account(scaler.cluster.lab, scaler.cluster.namespace, stem="scaler", rules=rules, variant="-blind")
    wanted = {"replicas": {"query_node": 1}, "stable_seconds": 3600}
    foretold = account.run("milvus_scale", tmp_path, _ansible_check_mode=True, **wanted)
    assert (foretold["changed"], foretold["waited"], foretold["error"]) == (False, None, None)
    assert account.run("milvus_scale", tmp_path, **wanted)["error"]["kind"] == "ForbiddenError"


@pytest.mark.parametrize("policy", ["keep", "restore"])
def test_what_is_required_and_not_known_is_a_failure(policy: str, scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND)
    scaler.look()
    wanted = {"query_node": 2, "proxy": 2}
    failed = scaler.attempt(replicas=wanted, wait_registered="require", wait_timeout=6, on_failure=policy)
    assert (failed["error"]["kind"], failed["changed"]) == ("RegistrationError", True), failed["msg"]
    assert "Milvus does not list 3 query_node (now ?), 2 proxy (now ?)" in failed["msg"]
    assert WORDS in failed["msg"]
    left = 2 if policy == "keep" else 1
    assert {name: count(scaler)[name] for name in ("querynode", "proxy")} == {"querynode": left, "proxy": left}
    scaler.look()
    scaler.check_all_ready()
