# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._drift import Drift, find_drift
from ansible_collections.milvus.cluster.plugins.module_utils._live import Autoscaler, CountOwner, LiveWorkload
from ansible_collections.milvus.cluster.plugins.module_utils._readiness import Counts
from ansible_collections.milvus.cluster.plugins.module_utils._topology import Workload

KUBECTL = CountOwner("kubectl", "Update", "scale", "")
RELEASED = Workload("Deployment", "a", 2, "milvus:1", {}, {}, "")
LIVE = LiveWorkload("Deployment", "a", Counts(1, 1, 2, 2, 2, 2, 2), "milvus:1", {}, (KUBECTL,))
SCALED = LIVE._replace(counts=LIVE.counts._replace(desired=5))
SCALER = {"a": Autoscaler("a-hpa", "a", 1, 9)}
REPLICAS = Drift("Deployment", "a", "replicas", 2, 5, (KUBECTL,))


@pytest.mark.parametrize(
    ("released", "live", "autoscalers", "drift"),
    [
        ([RELEASED], [LIVE], {}, ()),
        ([RELEASED], [SCALED], {}, (REPLICAS,)),
        ([RELEASED], [SCALED], SCALER, ()),
        ([RELEASED._replace(replicas=None)], [SCALED], {}, ()),
        ([RELEASED._replace(replicas=0)], [LIVE], {}, (REPLICAS._replace(released=0, live=2),)),
        (
            [RELEASED],
            [LIVE._replace(image="milvus:2")],
            {},
            (Drift("Deployment", "a", "image", "milvus:1", "milvus:2"),),
        ),
        ([RELEASED], [LIVE._replace(image="mirror/milvus:1")], {}, ()),
        (
            [RELEASED],
            [LIVE._replace(image="mirror/milvus:1", editors=("kubectl-set",))],
            {},
            (Drift("Deployment", "a", "image", "milvus:1", "mirror/milvus:1"),),
        ),
        ([RELEASED], [], {}, (Drift("Deployment", "a", "workload", "present", None),)),
        ([], [LIVE], {}, (Drift("Deployment", "a", "workload", None, "present"),)),
        # The same name for another kind is another workload.
        (
            [RELEASED],
            [LIVE._replace(kind="StatefulSet")],
            {},
            (
                Drift("Deployment", "a", "workload", "present", None),
                Drift("StatefulSet", "a", "workload", None, "present"),
            ),
        ),
    ],
)
def test_compares_release_and_cluster(
    released: list[Workload], live: list[LiveWorkload], autoscalers: dict[str, Autoscaler], drift: t.Any
) -> None:
    by_key = {f"{workload.kind}/{workload.name}": workload for workload in live}
    assert find_drift(released, by_key, autoscalers=autoscalers) == drift
