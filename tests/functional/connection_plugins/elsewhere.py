# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The local connection by another name: nothing may take its host for this one."""

from __future__ import annotations

from ansible.plugins.connection.local import Connection as LocalConnection

DOCUMENTATION = """
name: elsewhere
short_description: The local connection by another name
description: The local connection by another name.
author: milvus.cluster contributors (@milvus-cluster)
extends_documentation_fragment: connection_pipelining
options:
  become_success_timeout:
    description: As of the local connection.
    type: int
    default: 10
  become_strip_preamble:
    description: As of the local connection.
    type: bool
    default: true
"""


class Connection(LocalConnection):
    """Runs commands on this host."""

    transport = "elsewhere"
