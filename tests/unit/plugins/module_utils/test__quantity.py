# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

from fractions import Fraction

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._quantity import read_given, read_quantity, show_quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", Fraction(1, 2)),
        ("2", 2),
        (2, 2),
        (0.5, Fraction(1, 2)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("1.5Gi", 3 * 2**29),
        ("1Ki", 1024),
        ("128974848", 128974848),
        ("129e6", 129_000_000),
        ("129M", 129_000_000),
        ("128974848000m", 128974848),
        ("1E", 10**18),
        ("1e-3", Fraction(1, 1000)),
        ("100n", Fraction(1, 10**7)),
        ("-1k", -1000),
    ],
)
def test_read(text: object, number: object) -> None:
    assert read_quantity(text) == number


@pytest.mark.parametrize("text", ["", "many", "1.2.3", "5 Gi", "1Bi", "1mi", "1ki", None, True])
def test_no_quantity(text: object) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        read_quantity(text)
    assert read_given(text) == 0


@pytest.mark.parametrize(
    ("resource", "text", "shown"),
    [
        ("cpu", "4", "4"),
        ("requests.cpu", "2.5", "2500m"),
        ("pods", "24", "24"),
        ("memory", "1536Mi", "1.5Gi"),
        ("requests.storage", "20Gi", "20Gi"),
        ("memory", "1000", "1000"),
        ("x.storageclass.storage.k8s.io/requests.storage", "2048Ti", "2Pi"),
    ],
)
def test_show(resource: str, text: str, shown: str) -> None:
    assert show_quantity(resource, read_quantity(text)) == shown
