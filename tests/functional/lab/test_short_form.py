# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What the short form of the tests leaves out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
PLAIN, ALIKE = "not soak and not real and not one_will_do", "one_will_do and not soak"


def collect(*options: str) -> set[str]:
    """The tests that a run would have."""
    argv = [sys.executable, "-m", "pytest", str(TESTS / "scale"), "--collect-only", "-q"]
    lines = subprocess.run([*argv, *options], check=True, capture_output=True, text=True).stdout.splitlines()
    return {line for line in lines if "::" in line}


def find_twins(name: str, full: set[str]) -> set[str]:
    """The same test with the same parameters but for the helm."""
    return {name.replace(one, other) for one, other in (("helm3", "helm4"), ("helm4", "helm3"))} & full


def test_of_each_two_or_of_all_one_is_left() -> None:
    short, full = collect(), collect("--both-helms")
    assert short < full
    assert {name.partition("[")[0] for name in short} == {name.partition("[")[0] for name in full}
    helms = [sum(helm in name for name in short) for helm in ("helm3", "helm4")]
    assert min(helms) > 10, helms


def test_one_of_each_two_is_left_out() -> None:
    short, full = collect("-m", PLAIN), collect("--both-helms", "-m", PLAIN)
    assert all(len(find_twins(name, full) & short) == 1 for name in full - short)


def test_one_of_all_is_left_of_what_is_alike() -> None:
    short = collect("-m", ALIKE)
    names = [name.partition("[")[0] for name in short]
    assert len(names) == len(set(names)) > 5
