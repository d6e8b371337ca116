# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Quantities of Kubernetes, such as 500m and 8Gi, as exact numbers. Pure. PRIVATE to this collection."""

from __future__ import annotations

import re
import typing as t
from fractions import Fraction

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([KMGTPE]i|[numkMGTPE]))?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def read_quantity(value: t.Any) -> Fraction:
    """Return the number that a quantity stands for, in cores or bytes. Raises ValueError for what is none."""
    match = _QUANTITY.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is no quantity")
    number, exponent, suffix = match.groups()
    if suffix and suffix.endswith("i"):
        return Fraction(number) * Fraction(1024) ** (_BINARY.index(suffix) + 1)
    return Fraction(number) * Fraction(10) ** int(exponent or _DECIMAL.get(suffix or "", 0))


def read_given(value: t.Any) -> Fraction:
    """Read a quantity that a user has given. What is none counts as nothing: it is the API server that refuses it."""
    try:
        return read_quantity(value)
    except ValueError:
        return Fraction(0)


def show_quantity(resource: str, number: Fraction) -> str:
    """Spell a number for people: bytes of memory and storage in binary units, cores in thousandths if not whole."""
    if not resource.endswith(("memory", "storage")):
        return str(number) if number.denominator == 1 else f"{float(number * 1000):.4g}m"
    size, unit = number, ""
    for bigger in _BINARY:
        if abs(size) < 1024:
            break
        size, unit = size / 1024, bigger
    return f"{float(size):.4g}{unit}"
