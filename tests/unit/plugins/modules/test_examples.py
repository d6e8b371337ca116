# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The examples of the modules that change or verify a release: what they use is there, and means something."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import (
    COMMON,
    INSTALL,
    LOCK,
    SCALE,
    VERIFY,
    WAIT,
)
from ansible_collections.milvus.cluster.plugins.module_utils._scale_request import read_request
from ansible_collections.milvus.cluster.plugins.modules import milvus_install, milvus_scale, milvus_verify

ALIASES = {"namespace", "name"}


def read_examples(module: t.Any) -> list[dict[str, t.Any]]:
    """The options of each task of the module."""
    name = f"milvus.cluster.{module.__name__.rpartition('.')[2]}"
    return [task[name] for task in yaml.safe_load(module.EXAMPLES) if name in task]


CHANGING = {**COMMON, **WAIT, **LOCK}


@pytest.mark.parametrize(
    ("module", "known"),
    [
        (milvus_install, {**CHANGING, **INSTALL}),
        (milvus_scale, {**CHANGING, **SCALE}),
        (milvus_verify, {**COMMON, **VERIFY}),
    ],
)
def test_options_exist(module: t.Any, known: dict[str, t.Any]) -> None:
    examples = read_examples(module)
    assert examples
    for options in examples:
        assert options.keys() <= known.keys() | ALIASES
        assert all(_is_offered(options[key], known[key]) for key in options.keys() & known.keys())


def _is_offered(given: t.Any, spec: dict[str, t.Any]) -> bool:
    choices = spec.get("choices")
    return choices is None or all(one in choices for one in (given if isinstance(given, list) else [given]))


def test_what_is_asked_of_a_scale_can_be_read() -> None:
    defaults = {name: spec.get("default") for name, spec in SCALE.items()}
    requests = [read_request({**defaults, **options}) for options in read_examples(milvus_scale)]
    assert all(request.types for request in requests)
    assert not any(request.hints for request in requests)
