# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The examples of the modules that change a release: what they use is there, and means something."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import COMMON, INSTALL, LOCK, SCALE, WAIT
from ansible_collections.milvus.cluster.plugins.module_utils._scale_request import read_request
from ansible_collections.milvus.cluster.plugins.modules import milvus_install, milvus_scale

ALIASES = {"namespace", "name"}


def read_examples(module: t.Any) -> list[dict[str, t.Any]]:
    """The options of each task of the module."""
    name = f"milvus.cluster.{module.__name__.rpartition('.')[2]}"
    return [task[name] for task in yaml.safe_load(module.EXAMPLES) if name in task]


@pytest.mark.parametrize(("module", "own"), [(milvus_install, INSTALL), (milvus_scale, SCALE)])
def test_options_exist(module: t.Any, own: dict[str, t.Any]) -> None:
    known = {**COMMON, **WAIT, **LOCK, **own}
    examples = read_examples(module)
    assert examples
    for options in examples:
        assert options.keys() <= known.keys() | ALIASES
        assert all(options[key] in known[key].get("choices", [options[key]]) for key in options.keys() & known.keys())


def test_what_is_asked_of_a_scale_can_be_read() -> None:
    defaults = {name: spec.get("default") for name, spec in SCALE.items()}
    requests = [read_request({**defaults, **options}) for options in read_examples(milvus_scale)]
    assert all(request.types for request in requests)
    assert not any(request.hints for request in requests)
