# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""milvus_scale at work in the namespace of a test."""

from __future__ import annotations

import dataclasses

import pytest

from installer import Installer


@pytest.fixture
def scaler(installer: Installer) -> Installer:
    """milvus_scale with each helm, or with the one that a test asks for as a parameter of `installer`."""
    return dataclasses.replace(installer, module="milvus_scale")
