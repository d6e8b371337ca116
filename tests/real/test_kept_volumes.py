# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A release is removed and its volumes are kept: the next one over them has the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from milvus_cluster import MilvusCluster

pytestmark = [pytest.mark.real, pytest.mark.soak]


def test_what_was_inserted_before_is_found_by_search_again(cluster: MilvusCluster, tmp_path: Path) -> None:
    gone = cluster.play("uninstall")
    assert gone.changed == 1, gone.output
    assert cluster.find_pods() == {}
    cluster.install()
    # Milvus loads again what was loaded only after it is ready: until then it refuses to search.
    with cluster.searched(tmp_path) as searches:
        searches.wait_until_right()
