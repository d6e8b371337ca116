# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._image_name import find_different, is_rewritten


@pytest.mark.parametrize(
    ("image", "wanted", "expected"),
    [
        ("milvus:1", "milvus:1", True),
        ("mirror:5000/milvusdb/milvus:v2", "milvusdb/milvus:v2", True),
        ("docker.io/milvusdb/milvus:v2", "milvusdb/milvus:v2", True),
        ("mirror.example.com/quay/coreos/etcd:3", "quay.io/coreos/etcd:3", True),
        ("milvusdb/milvus:v2@sha256:1", "milvusdb/milvus:v2", True),
        ("mirror/milvusdb/milvus:v2@sha256:1", "localhost/milvusdb/milvus:v2@sha256:1", True),
        ("milvusdb/milvus:v2@sha256:2", "milvusdb/milvus:v2@sha256:1", False),
        ("milvusdb/milvus:v2", "milvusdb/milvus:v2@sha256:1", False),
        ("mirror/milvusdb/milvus:v20", "milvusdb/milvus:v2", False),
        ("mirror/milvusdb/milvus-gpu:v2", "milvusdb/milvus:v2", False),
        ("mirror/mymilvusdb/milvus:v2", "milvusdb/milvus:v2", False),
        ("zilliz/milvus:v2", "milvusdb/milvus:v2", False),
    ],
)
def test_what_counts_as_rewritten(image: str, wanted: str, expected: bool) -> None:
    assert is_rewritten(image, wanted) == expected


def test_different_images() -> None:
    names = ["milvus:2", "docker.io/milvus:1", "milvus:1", "m/milvus:1", "milvus:1@sha256:1", "milvus:1"]
    assert find_different(names) == ["milvus:1", "milvus:2"]
    assert find_different([]) == []
