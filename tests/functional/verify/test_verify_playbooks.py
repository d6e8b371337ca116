# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The playbook `verify` and its role, with variables as a survey sends them."""

from __future__ import annotations

import json

import pytest

from installer import BY_HAND, Installer
from playbooks import Playbooks

VERIFY = "milvus.cluster.verify"
BLANKS = {
    "milvus_context": "",
    "milvus_verify_replicas": "",
    "milvus_verify_checks": "",
    "milvus_verify_required_checks": "",
    "milvus_verify_wait_timeout": "",
    "milvus_verify_restart_window": " 0",
    "milvus_verify_smoke_test": "",
    "milvus_verify_probe": "",
    "milvus_verify_milvus_uri": "",
    "milvus_verify_milvus_token": "",
    "milvus_verify_milvus_tls": "",
    "milvus_verify_validate_certs": "",
    "milvus_verify_show_checks": "yes",
}


@pytest.fixture
def playbooks(installer: Installer) -> Playbooks:
    return Playbooks(installer, BLANKS)


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_verify(playbooks: Playbooks) -> None:
    installer = playbooks.installer
    foretold = playbooks.run(VERIFY, "--check")
    assert {row.split()[0] for row in foretold.rows} == {"skipped"}
    installer.cluster.install(BY_HAND)
    before = installer.look()
    done = playbooks.run(VERIFY, milvus_verify_replicas='{"query_node": "1", "proxy": ""}')
    assert (done.changed, len(done.rows)) == (0, 12)
    assert "passed counts: query_node 1 (asked for), data_node 1" in done.output
    assert done.output.count("is simulated and has no network") > 1
    assert all(len(json.dumps({"msg": row})) < 1024 for row in done.rows)

    failed = playbooks.attempt(VERIFY, milvus_verify_replicas={"query_node": 2}, milvus_verify_checks="release, counts")
    assert failed.failed
    assert "counts: query_node has 1 pods, set by helm" in failed.output
    assert failed.rows[-1].startswith("failed counts: ")
    result = json.JSONDecoder().raw_decode(failed.output.partition("RUN: ")[2])[0]["milvus_result"]
    assert [one["outcome"] for one in result["checks"]] == ["passed", "failed"]
    assert installer.look() == before

    asked = playbooks.run(
        VERIFY,
        milvus_verify_smoke_test="yes",
        milvus_verify_probe='{"collection": "c", "vector": [1, 2], "ids": [3]}',
        milvus_verify_checks="release",
    )
    assert [row.partition(":")[0] for row in asked.rows] == ["passed release", "skipped smoke_test", "skipped probe"]

    misspelled = playbooks.attempt(VERIFY, milvus_verify_check="counts")
    assert "did you mean milvus_verify_checks?" in misspelled.output
