# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._chart_version import (
    check_constraint,
    satisfies,
)
from ansible_collections.milvus.cluster.plugins.module_utils._errors import OptionError

# A functional test holds the rules against both helms; here is one example of each.
EXAMPLES = {
    "5.0.19": (["5.0.19", "v5.0.19", "5.0.19+build"], ["5.0.20", "5.0.19-rc.1"]),
    "v5.0.19": (["5.0.19"], ["5.0.1"]),
    "=5.0.19": (["5.0.19"], ["5.0.1"]),
    "!=5.0.19": (["5.0.18", "4.0.0"], ["5.0.19"]),
    "!=5.0": (["5.1.0"], ["5.0.0", "5.0.19"]),
    ">5.0.19": (["5.0.20", "6.0.0"], ["5.0.19", "4.9.9", "5.1.0-rc.1"]),
    ">5": (["6.0.0"], ["5.0.19"]),
    ">=5.0.12, <6": (["5.0.12", "5.9.0"], ["5.0.11", "6.0.0"]),
    ">=5.0.12 <6": (["5.0.12"], ["6.0.0"]),
    ">= 5.0.12 , < 6": (["5.0.12"], ["6.0.0"]),
    "<=5.0": (["5.0.19", "4.1.0"], ["5.1.0"]),
    "4.2.58 || ^5.0.3": (["4.2.58", "5.9.0"], ["4.2.57", "5.0.2", "6.0.0"]),
    "~4.2.3": (["4.2.58"], ["4.2.2", "4.3.0"]),
    "~>4.2": (["4.2.0"], ["4.3.0"]),
    "~4": (["4.9.0"], ["5.0.0"]),
    "^4.2.3": (["4.9.0"], ["4.2.2", "5.0.0"]),
    "^0.2.3": (["0.2.9"], ["0.3.0"]),
    "^0.0.3": (["0.0.3"], ["0.0.4"]),
    "^0": (["0.9.0"], ["1.0.0"]),
    "4.2.x": (["4.2.0", "4.2.58"], ["4.3.0"]),
    "4.X": (["4.2.0"], ["5.0.0"]),
    "*": (["0.0.0", "5.0.19"], ["5.0.19-rc.1"]),
    "4.0.0 - 4.2": (["4.0.0", "4.2.58"], ["4.3.0", "3.9.9"]),
    ">=5.0.0-0": (["5.0.0-rc.1", "5.1.0-alpha", "5.0.0"], ["4.9.9"]),
    "5.0.0-rc.2": (["5.0.0-rc.2"], ["5.0.0-rc.10", "5.0.0"]),
    ">5.0.0-rc.2, <5.1": (["5.0.0-rc.10", "5.0.0"], ["5.0.0-rc.1", "5.1.0"]),
}


@pytest.mark.parametrize("constraint", EXAMPLES)
def test_satisfies(constraint: str) -> None:
    allowed, excluded = EXAMPLES[constraint]
    check_constraint(constraint)
    assert [version for version in allowed if not satisfies(version, constraint)] == []
    assert [version for version in excluded if satisfies(version, constraint)] == []


def test_a_version_of_another_kind_is_none() -> None:
    assert not satisfies("latest", "*")


@pytest.mark.parametrize("text", ["", "latest", "5.0.0.0", ">", "5..0", "^^5", "5.0.19,", "|| 5"])
def test_what_helm_cannot_read(text: str) -> None:
    with pytest.raises(OptionError, match=r"chart_version.*neither a version nor a constraint"):
        check_constraint(text)
