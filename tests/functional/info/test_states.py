# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""milvus_info tells the truth in every state that a release can be in."""

from __future__ import annotations

import pytest

from milvus_lab.client import Client
from module_runner import pick, run_module
from release_states import SCENARIOS, Cluster, Scenario

CASES = [
    pytest.param(scenario, helm, id=f"{scenario.name}-{helm}") for scenario in SCENARIOS for helm in scenario.helms
]


@pytest.mark.parametrize(("scenario", "which"), CASES)
def test_state(scenario: Scenario, which: str, lab: Client, namespace: str) -> None:
    scenario.build(Cluster(lab, namespace, which))
    result = run_module("milvus_info", namespace, kubeconfig=str(lab.kubeconfig))
    assert "failed" not in result, result["msg"]
    found = {path: pick(result, path) for path in scenario.expected}
    assert found == _fill(scenario.expected, namespace)
    assert len(result["warnings"]) == len(scenario.warnings), result["warnings"]
    for text in scenario.warnings:
        assert any(text in warning for warning in result["warnings"]), result["warnings"]


def _fill(expected: object, namespace: str) -> object:
    if isinstance(expected, dict):
        return {key: _fill(value, namespace) for key, value in expected.items()}
    if isinstance(expected, list):
        return [_fill(value, namespace) for value in expected]
    return expected.replace("{namespace}", namespace) if isinstance(expected, str) else expected
