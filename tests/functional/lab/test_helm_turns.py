# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What the short form of the tests leaves out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent


def collect(*options: str) -> set[str]:
    """The tests that a run would have."""
    argv = [sys.executable, "-m", "pytest", str(TESTS / "scale"), "--collect-only", "-q"]
    lines = subprocess.run([*argv, *options], check=True, capture_output=True, text=True).stdout.splitlines()
    return {line for line in lines if "::" in line}


def test_one_of_each_two_is_left_out() -> None:
    short, full = collect(), collect("--both-helms")
    left = full - short
    assert short < full
    assert all((name.replace("helm3", "helm4") in short) != (name.replace("helm4", "helm3") in short) for name in left)
    helms = [sum(helm in name for name in short) for helm in ("helm3", "helm4")]
    assert min(helms) > 10, helms
