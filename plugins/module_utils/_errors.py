# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The errors of this collection. PRIVATE: not for use outside of it."""

from __future__ import annotations

import typing as t


class MilvusError(Exception):
    """What could not be done, why, and the next step.

    *action* names what was done to which object, *reason* why it did not work (no full stop), *remedy* is a sentence.
    *facts* are details for the task's result; their values can be written as JSON.
    """

    outcome = "failed"

    def __init__(self, action: str, *, reason: str, remedy: str, **facts: t.Any) -> None:
        super().__init__(f"{action} {self.outcome}: {reason}. {remedy}")
        self.reason = reason
        self.facts = facts


class OptionError(MilvusError):
    """An option, or what it points to, cannot be used."""


class LibraryError(MilvusError):
    """A Python library is missing on the host that runs the module."""


class RecordError(MilvusError):
    """A Helm release record is not what Helm writes."""


class KubeError(MilvusError):
    """The Kubernetes API did not give a usable answer. Facts: server, verb, resource, namespace, name, http_status."""


class UnreachableError(KubeError):
    """No answer: connection refused or dropped, name unknown, no answer in time."""


class UntrustedError(KubeError):
    """The TLS handshake failed."""


class UnauthorizedError(KubeError):
    """HTTP 401: the API server does not know who is asking."""


class ForbiddenError(KubeError):
    """HTTP 403: the account lacks a right. Facts carry also rbac_rule, the rule to add to its Role."""


class NotFoundError(KubeError):
    """HTTP 404: no such object, or no such kind on this server."""
