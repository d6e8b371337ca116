# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.milvus.cluster.plugins.module_utils._backup import write_backup
from ansible_collections.milvus.cluster.plugins.module_utils._errors import OptionError
from ansible_collections.milvus.cluster.tests.unit.plugins.module_utils.releases import deployment, observe, release


def test_values_of_the_running_revision(tmp_path: Path) -> None:
    values = {"a": {"b": [1, None, "x"]}}
    path = write_backup(str(tmp_path), observe(release(deployment("proxy"), values=values, revision=3)))
    assert path == str(tmp_path / "milvus-my-release-revision-3.yaml")
    assert yaml.safe_load(Path(path).read_text(encoding="utf-8")) == values
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_nothing_to_back_up(tmp_path: Path) -> None:
    assert write_backup(str(tmp_path), observe(None)) is None
    assert write_backup("", observe(release(deployment("proxy")))) is None


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"cannot be written.*Name a folder"):
        write_backup(str(tmp_path / "missing"), observe(release(deployment("proxy"))))
