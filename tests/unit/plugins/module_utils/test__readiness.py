# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._readiness import Counts, find_lag

SETTLED = Counts(
    generation=2, observed_generation=2, desired=8, total=8, updated=8, ready=8, available=8, terminating=0
)


@pytest.mark.parametrize(
    ("change", "lag"),
    [
        ({}, ""),
        ({"terminating": None}, ""),
        ({"observed_generation": 1}, "its controller has not seen the latest change"),
        ({"updated": 7}, "7 of 8 pods are of the latest revision"),
        ({"total": 9}, "1 pods too many"),
        ({"ready": 6, "available": 6}, "6 of 8 pods are ready"),  # content for helm --wait: 25 % may be missing
        ({"available": 7}, "7 of 8 pods are available"),
        ({"terminating": 1}, "1 pods are terminating"),
        ({"desired": 0, "total": 0, "updated": 0, "ready": 0, "available": 0}, ""),
        # An observed generation that lags makes all other counts worthless.
        ({"observed_generation": 1, "ready": 0}, "its controller has not seen the latest change"),
    ],
)
def test_names_what_is_lacking(change: dict[str, t.Any], lag: str) -> None:
    assert find_lag(SETTLED._replace(**change)) == lag
