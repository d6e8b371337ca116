# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Kubernetes control plane with simulated nodes on one machine, for the tests of milvus.cluster."""

from __future__ import annotations
