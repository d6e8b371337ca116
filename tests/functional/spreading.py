# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which tests stay together where they are spread over several processes by `--dist loadgroup`.

Those of a file share its fixtures, and what is about labs themselves shares this machine.
"""

from __future__ import annotations

import pytest

_TOGETHER = "lab"  # a folder


def keep_together(item: pytest.Item) -> None:
    """Put a test into the group of its file, if that must not be run at the same time, or makes fixtures only once.

    This has to be as soon as it is collected: pytest-xdist reads groups before the files' own hooks change the list.
    """
    if item.path.parent.name == _TOGETHER or _shares_fixture(item):
        item.add_marker(pytest.mark.xdist_group(item.path.stem))


def _shares_fixture(item: pytest.Item) -> bool:
    definitions = getattr(item, "_fixtureinfo", None)
    used = definitions.name2fixturedefs.values() if definitions else ()
    return any(one.scope == "module" for many in used for one in many)
