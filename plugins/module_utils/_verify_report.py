# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The return value of milvus_verify, with the same keys in every case. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._errors import VerificationError
from ._report import empty_report, pick_common, report
from ._verify_outcome import FAILED, SKIPPED

if t.TYPE_CHECKING:
    from ._observe import Observation
    from ._registration import Listing
    from ._verify_checks import Checked

Json = dict[str, t.Any]

_LONGEST = 600  # characters of a row, so that an event of AWX has room for it


def build(
    found: Observation, checks: t.Sequence[Checked], *, listings: t.Sequence[Listing] = (), waited: float | None = None
) -> Json:
    """Return the module's result."""
    body = report(found)
    return {
        "changed": False,
        **pick_common(body),
        "checks": [one.as_result() for one in checks],
        "registration": [one.as_result() for one in listings],
        "summary": [_summarise(one) for one in checks],
        "waited": waited,
        "warnings": body["warnings"],
    }


def empty_verify_report(namespace: str, name: str) -> Json:
    """Return the keys of a result with nothing in them, for a failure before anything was read."""
    body = pick_common(empty_report(namespace, name))
    return {"changed": False, **body, "checks": [], "registration": [], "summary": [], "waited": None}


def _summarise(one: Checked) -> str:
    outcome = one.outcome
    words = outcome.reason if outcome.outcome == SKIPPED else outcome.evidence
    row = f"{outcome.outcome} {one.name}: {words}"
    return row if len(row) <= _LONGEST else f"{row[: _LONGEST - 1]}…"


def describe_failures(title: str, checks: t.Sequence[Checked]) -> VerificationError:
    """Return the error for the checks that the task fails for."""
    failures = [one for one in checks if one.is_failure]
    said = [
        f"{one.name}: {one.outcome.evidence}"
        if one.outcome.outcome == FAILED
        else f"{one.name} is required, and could not be checked: {one.outcome.reason.rstrip('.')}"
        for one in failures
    ]
    remedies = dict.fromkeys(one.outcome.remedy or _MAKE_POSSIBLE for one in failures)
    names = [one.name for one in failures]
    return VerificationError(
        f"Verifying {title}", reason="; ".join(said), remedy=" ".join(remedies), failed_checks=names
    )


_MAKE_POSSIBLE = "Make it possible to check what is required, or take it out of required_checks."
