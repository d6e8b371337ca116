# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The account that the collection ships for milvus_verify: it is enough, and each of its rules is needed."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from accounts import Account, Rule, name_of, split_rules
from installer import BY_HAND
from milvus_lab.client import Client, wait_for
from release_states import Cluster

VERIFIER = "verifier"
# Where no Secret has the release, as for milvus_info.
RULES = [rule for rule in split_rules(VERIFIER) if rule["resources"] != ["configmaps"]]
# Resource without which some checks are skipped → those checks.
SKIPPED = {
    "pods": {
        "pods",
        "images",
        "volumes",
        "disruption_budgets",
        "registration",
        "health",
        "settled",
        "smoke_test",
        "probe",
    },
    "persistentvolumeclaims": {"volumes"},
    "services": {"endpoints"},
    "endpointslices": {"endpoints"},
    "poddisruptionbudgets": {"disruption_budgets"},
    "pods/proxy": {"registration", "health", "settled"},
}
# Verb and resource of one that is for these alone.
ASKED = {"verbs": ["create"], "resources": ["pods/proxy"]}
DATA = {"smoke_test", "probe"}
PROBE = {"collection": "points", "vector": [1.0, 2.0], "ids": [1]}


@pytest.fixture(scope="module")
def installed(lab: Client) -> t.Iterator[str]:
    """A namespace with a release in it, which no test changes."""
    lab.kubectl("create", "namespace", "verifier")
    Cluster(lab, "verifier", "helm4").install(BY_HAND)
    wait_for("all pods", lambda: (counts := lab.count_pods("verifier")).total and counts.settled)
    yield "verifier"
    lab.kubectl("delete", "namespace", "verifier", "--wait=false")


def test_the_shipped_account_is_enough(lab: Client, installed: str, tmp_path: Path) -> None:
    account = Account(lab, installed, stem=VERIFIER)
    result = wait_for("all to be well", lambda: _pass(account, tmp_path))
    reasons = {one["name"]: one["reason"] for one in result["checks"] if one["outcome"] == "skipped"}
    assert set(reasons) == {"registration", "health", "settled", *DATA}
    assert not any("Add this rule" in reason for reason in reasons.values())
    # It may not list nodes.
    assert {row["zone"] for row in result["placement"]} == {None}


def _pass(account: Account, folder: Path) -> dict[str, t.Any]:
    result = account.run("milvus_verify", folder, smoke_test=True, probe=PROBE)
    return {} if result.get("failed") else result


@pytest.mark.parametrize("missing", RULES, ids=name_of)
def test_each_rule_is_needed(missing: Rule, lab: Client, installed: str, tmp_path: Path) -> None:
    rules = [rule for rule in RULES if rule != missing]
    account = Account(lab, installed, stem=VERIFIER, rules=rules, variant=f"-without-{name_of(missing)}")
    result = account.run("milvus_verify", tmp_path, smoke_test=True, probe=PROBE)
    (resource,) = missing["resources"]
    named = {one["name"] for one in result["checks"] if json.dumps(missing) in one["reason"]}
    assert named == (DATA if missing.items() >= ASKED.items() else SKIPPED.get(resource, set()))
    if not named:
        assert (result["error"]["kind"], result["error"]["rbac_rule"]) == ("ForbiddenError", missing)
