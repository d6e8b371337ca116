# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a scale says of workers that Milvus cannot list, for the pods of this lab are simulated."""

from __future__ import annotations

import pytest

from installer import BY_HAND, Installer
from scaling import count

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
    assert scaler.run(replicas={"query_node": 3}, check=True)["registration"] == []
    assert scaler.run(replicas={"query_node": 1}, wait_registered="skip")["registration"] == []


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
