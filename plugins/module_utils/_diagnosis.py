# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What is wrong with a release, workload by workload, the root cause first. Pure. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ._causes import CRASH_LOOP, NEVER_READY, RULES, STARTING, Cause, time_of

Json = dict[str, t.Any]

_EVENTS = 5
_NAMED = 3  # pods in a message; the result has all of them
_LOG_LINES, _LOG_LINES_IN_MESSAGE = 20, 5
# How a program in Go ends that breaks: its words, and then where each of its goroutines was, which may be thousands.
_BROKEN, _GOROUTINE = re.compile(r"(panic|fatal error|SIG[A-Z]+): "), re.compile(r"goroutine \d+ ")
_COMBINED = "(combined from similar events): "
# By what the pods of a workload differ: UIDs, and the ends of names, which Kubernetes makes of these characters.
_GENERATED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|-(\d+|[bcdfghjklmnpqrstvwxz2456789]{5})\b")
# What a workload shows while it waits for another.
_SYMPTOMS = (CRASH_LOOP, NEVER_READY, STARTING)


@dataclasses.dataclass(frozen=True)
class Finding:
    """A workload that has not converged. *type* is Milvus' component or what the dependency is for, "" for others."""

    key: str
    type: str
    ready: int
    desired: int
    lag: str
    cause: Cause | None = None
    log: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    is_verdict: bool = False

    @property
    def is_symptom(self) -> bool:
        """Whether another workload is to blame, as far as one can see."""
        return bool(self.waits_for) and not self.is_verdict and (not self.cause or self.cause.kind in _SYMPTOMS)

    @property
    def sentence(self) -> str:
        """What is wrong, without a full stop."""
        kind, _slash, name = self.key.partition("/")
        who = f"{kind} {name}" + (f" ({self.type})" if self.type else "")
        counts = f" has {self.ready} of {self.desired} pods ready" if self.desired else ""
        if kind == "Job":
            counts = " is not complete"
        if self.is_symptom:
            return f"{who}{counts} and waits for {_enumerate(self.waits_for)}"
        if self.cause is None:
            return f"{who}{counts}: {self.lag}"
        pods = f" (pods {_enumerate(self.cause.pods)})" if len(self.cause.pods) > 1 else ""
        pods = f" (pod {self.cause.pods[0]})" if len(self.cause.pods) == 1 else pods
        message = f": {self.cause.message.rstrip('.')}" if self.cause.message else ""
        return f"{who}{counts}: {RULES[self.cause.kind].title}{pods}{message}"

    def as_result(self) -> Json:
        """Return plain data."""
        kind, _slash, name = self.key.partition("/")
        return {
            "workload": name,
            "kind": kind,
            "type": self.type,
            "ready": self.ready,
            "desired": self.desired,
            "lag": self.lag,
            "cause": self._describe_cause(),
            "events": list(self.events),
            "waits_for": [key.partition("/")[2] for key in self.waits_for],
        }

    def _describe_cause(self) -> Json | None:
        cause = self.cause
        if cause is None:
            return None
        return {
            "kind": cause.kind,
            "message": cause.message,
            "pods": list(cause.pods),
            "container": cause.container,
            "exit_code": cause.exit_code,
            "exits": cause.exits,
            "log_tail": list(self.log),
            "remedy": RULES[cause.kind].remedy,
        }


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """All findings, the root cause first. *notes*: what could not be read."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """The root cause in one line, without a full stop."""
        return self.findings[0].sentence if self.findings else "; ".join(self.notes).rstrip(".") or "nothing was read"

    @property
    def remedy(self) -> str:
        """The next step, and below it, line by line, log, events and the other findings."""
        if not self.findings:
            return "Try again when the API server is well."
        first = self.findings[0]
        step = RULES[first.cause.kind].remedy if first.cause else "Look at its events and at its pods."
        lines = [step]
        if first.log:
            lines += ["Last lines of its log:", *(f"  {line}" for line in first.log[-_LOG_LINES_IN_MESSAGE:])]
        if first.events:
            lines += ["Events:", *(f"  {event}" for event in first.events)]
        if self.findings[1:]:
            lines += ["Also:", *(f"  {finding.sentence}." for finding in self.findings[1:])]
        return "\n".join([*lines, *self.notes])

    def text(self) -> str:
        """Return the message for people."""
        return f"{self.reason}. {self.remedy}"

    def as_result(self) -> Json:
        """Return plain data."""
        return {"workloads": [finding.as_result() for finding in self.findings], "notes": list(self.notes)}


def rank(findings: t.Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings: verdicts, then what waits for nothing, known causes before unknown; last what waits."""
    return tuple(
        sorted(
            findings,
            key=lambda finding: (
                not finding.is_verdict,
                finding.is_symptom,
                finding.cause is None,
                len(finding.waits_for),
                finding.key,
            ),
        )
    )


def summarise_events(events: t.Iterable[Json]) -> tuple[str, ...]:
    """Return the newest of *events*, newest first, those that say the same of several pods only once."""
    lines: dict[str, str] = {}
    for event in sorted(events, key=time_of, reverse=True):
        name = event["involvedObject"].get("name") or ""
        message = str(event.get("message") or "").strip().replace(_COMBINED, "")
        same = _GENERATED.sub("", message.replace(name, "") if name else message)
        lines.setdefault(f"{event['reason']} {same}", f"{event['reason']} {name}: {message}")
    return tuple(list(lines.values())[:_EVENTS])


def summarise_log(text: str) -> tuple[str, ...]:
    """Return the last lines of a log, those before the goroutines where a program in Go has ended with them."""
    lines = text.splitlines()
    broken = next((number for number in reversed(range(len(lines))) if _BROKEN.match(lines[number])), len(lines))
    end = next((number for number in range(broken, len(lines)) if _GOROUTINE.match(lines[number])), len(lines))
    return tuple("\n".join(lines[:end]).rstrip().splitlines()[-_LOG_LINES:])


def _enumerate(names: t.Sequence[str]) -> str:
    shown = [name.replace("/", " ") for name in names[:_NAMED]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
