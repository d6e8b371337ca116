# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

from pathlib import Path

import yaml

COLLECTION = Path(__file__).parents[2]


def test_every_module_is_in_the_action_group() -> None:
    runtime = yaml.safe_load((COLLECTION / "meta/runtime.yml").read_text(encoding="utf-8"))
    modules = {path.stem for path in (COLLECTION / "plugins/modules").glob("*.py")}
    assert modules
    assert set(runtime["action_groups"]["milvus"]) == modules
