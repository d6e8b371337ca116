# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Waits until Milvus lists as many workers as there are pods. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ._errors import RegistrationError
from ._heartbeat import Heartbeat, describe_time
from ._registration import NOT_CHECKED, REGISTERED, Listing, Register, expect
from ._waiting import wait_for_release

if t.TYPE_CHECKING:
    from ._module import Task
    from ._scale_report import ScaleResult
    from ._topology import Topology

REQUIRE, SKIP = "require", "skip"
_PAUSE = 1.0  # seconds; a coordinator lists a worker within half a second of its session


def wait_for_workers(result: ScaleResult, types: t.Collection[str]) -> ScaleResult:
    """Wait until the release is ready and Milvus lists its workers of these *types*, where the task wants that.

    In check mode, see whether that is so. Raises WaitError and RegistrationError.
    """
    result = wait_for_release(result)
    task, found = result.task, result.after
    if result.waited is None or found.topology is None or task.options["wait_registered"] == SKIP:
        return result
    expected = expect(found.topology, found.live, types=types)
    if task.is_check:
        watched = watch_listings(task, found.topology, expected=expected, wait_timeout=0.0)
        return dataclasses.replace(result, listings=watched.listings, waited=None if watched.awaited else result.waited)
    left = max(0.0, task.options["wait_timeout"] - result.waited)
    listings = wait_until_listed(task, found.topology, expected=expected, wait_timeout=left)
    return dataclasses.replace(result, listings=listings)


class Watched(t.NamedTuple):
    """What Milvus lists at last, those of it that are *awaited* still, and the seconds that it took."""

    listings: tuple[Listing, ...]
    awaited: tuple[Listing, ...]
    waited: float


def wait_until_listed(
    task: Task,
    topology: Topology,
    *,
    expected: t.Mapping[str, int],
    wait_timeout: float,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> tuple[Listing, ...]:
    """Return what Milvus lists of the worker types once that is what is *expected*.

    What cannot be known is not waited for, unless the task requires it. Raises RegistrationError after *wait_timeout*
    seconds.
    """
    if task.options["wait_registered"] == SKIP:
        return ()
    watched = watch_listings(task, topology, expected=expected, wait_timeout=wait_timeout, clock=clock, sleep=sleep)
    if watched.awaited:
        raise _fail(task, watched)
    return watched.listings


def watch_listings(
    task: Task,
    topology: Topology,
    *,
    expected: t.Mapping[str, int],
    wait_timeout: float,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> Watched:
    """Return what Milvus lists once that is what is *expected*, or after *wait_timeout* seconds, whatever it is."""
    register = Register(task.client, topology, release=task.release)
    heart, began = Heartbeat(task.say, clock), clock()
    known = set(expected) if task.options.get("wait_registered") == REQUIRE else set()
    while True:
        listings = register.look(expected)
        known.update(one.type for one in listings if one.outcome != NOT_CHECKED)
        awaited = tuple(one for one in listings if one.type in known and one.outcome != REGISTERED)
        waited = clock() - began
        if not awaited or waited >= wait_timeout:
            return Watched(listings, awaited, waited)
        time_so_far = describe_time(waited, wait_timeout - waited)
        heart.beat(lambda: f"Waiting for Milvus to list {_count(awaited)}: {time_so_far}")  # noqa: B023  called at once
        sleep(min(_PAUSE, wait_timeout - waited))


def _count(awaited: t.Iterable[Listing]) -> str:
    shown = ("?" if one.listed is None else str(one.listed) for one in awaited)
    return ", ".join(f"{one.expected} {one.type} (now {number})" for one, number in zip(awaited, shown))


def _fail(task: Task, watched: Watched) -> RegistrationError:
    awaited, waited = watched.awaited, watched.waited
    unknown = [one.reason for one in awaited if one.listed is None]
    remedy = (
        "Let the account read it, or set wait_registered to auto."
        if unknown
        else "Read the logs of the pods that are too many or too few; a session outlives its process by up to 60 s."
    )
    reason = f"Milvus does not list {_count(awaited)} within {waited:.0f} s"
    reason += f", for {'; '.join(unknown)}" if unknown else ""
    facts = {"registration": [one.as_result() for one in watched.listings], "waited_seconds": round(waited, 1)}
    return RegistrationError(f"Waiting for the workers of {task.title}", reason=reason, remedy=remedy, **facts)
