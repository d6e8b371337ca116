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
        # What the task's result had by then.
        self.result: dict[str, t.Any] = {}

    def add(self, sentence: str) -> None:
        """Say what came of it."""
        self.args = (f"{self} {sentence}",)


class OptionError(MilvusError):
    """An option, or what it points to, cannot be used."""


class LibraryError(MilvusError):
    """A Python library is missing on the host that runs the module."""


class RecordError(MilvusError):
    """A Helm release record is not what Helm writes."""


class BlockedError(MilvusError):
    """The plan has blockers: nothing was touched."""

    outcome = "is blocked"


class LockedError(MilvusError):
    """Another operation on the release has begun and not ended. Facts: lock."""

    outcome = "is blocked"


class OvertakenError(MilvusError):
    """Another operation on the release has begun since it was read: what was planned may no longer be right.

    *overwritten* are the values of a revision that came in between and that ours has gone over, None without one.
    """

    outcome = "is blocked"

    def __init__(
        self, action: str, *, reason: str, remedy: str, overwritten: dict[str, t.Any] | None = None, **facts: t.Any
    ) -> None:
        super().__init__(action, reason=reason, remedy=remedy, **facts)
        self.overwritten = overwritten


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


class ConflictError(KubeError):
    """HTTP 409: the object exists already, has changed meanwhile, or another manager owns a field."""


class ExpiredError(KubeError):
    """HTTP 410: the server no longer knows the resource version or the continuation."""


class RefusedError(KubeError):
    """HTTP 400, 422, or 403 by admission: a rule of the cluster, or of the API, says no to the object."""


class WaitError(MilvusError):
    """What was waited for does not come about. Facts: diagnosis, waited_seconds; see _diagnosis for their shape."""


class RegistrationError(MilvusError):
    """The pods are ready, but Milvus does not list as many workers. Facts: registration, waited_seconds."""


class VerificationError(MilvusError):
    """What was verified is not as it should be, or could not be checked and had to be. Facts: failed_checks."""


class DataError(MilvusError):
    """Milvus does not do what it is asked over its own API, or cannot be asked."""


class UnansweredError(DataError):
    """Milvus was asked, and gave no answer in time."""


class UnreachedError(DataError):
    """Nobody could be asked: there is no way to Milvus."""


class CredentialsError(DataError):
    """Milvus wants credentials, or others."""


class UnsupportedError(DataError):
    """This version of Milvus cannot be asked for that."""


class HelmError(MilvusError):
    """helm ended with an error. Facts: command, exit_code."""


class HelmMissingError(MilvusError):
    """There is no helm that can be used on the host that runs the module."""


class CancelledError(MilvusError):
    """A signal has ended the work; helm was told, and waited for. Facts as for HelmError, and signal."""

    outcome = "was cancelled"
