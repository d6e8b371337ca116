# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether Milvus takes data and finds them: searches whose answers are known, through each proxy. PRIVATE.

The smoke test writes: a collection of its own, which it drops in every case. The probe reads a collection of the user.
Resource groups are asked for through one proxy: it is a coordinator that knows them.
"""

from __future__ import annotations

import functools
import re
import time
import typing as t

from ._errors import CredentialsError, DataError, UnreachedError, UnsupportedError
from ._milvus_rest import Milvus, Query
from ._resource_groups import Group, describe, find_problems, read_group

if t.TYPE_CHECKING:
    import datetime
    import random

    from ._milvus_rest import Door
    from ._sightings import Place

Json = dict[str, t.Any]
Result = t.TypeVar("Result")

ROWS, DIMENSION, ASKED = 64, 8, 5
MOST_DOORS = 8
_PAUSE = 1.0  # seconds between two attempts
_LONGEST, _SHORTEST = 30.0, 5.0  # seconds that one answer is awaited for
LEAST = 10.0  # seconds that the whole of it is tried at least
_KEPT = 3600.0  # seconds after which a collection of a run that was killed is dropped by another
_PREFIX = "milvus_cluster_smoke"
_NAME = re.compile(rf"^{_PREFIX}_(\d+)_[0-9a-f]{{8}}$")
_NUMBER = "number"


class Finding(t.NamedTuple):
    """What came of it: *problems* where it is not as it should be, the *evidence* where it is.

    *reason*: why it was not done, where it was not; no problems and no evidence then.
    """

    problems: tuple[str, ...] = ()
    evidence: str = ""
    reason: str = ""


class Probe(t.NamedTuple):
    """A search of the user, and the primary keys, as texts, that it shall find in whatever order."""

    query: Query
    ids: tuple[str, ...]


def name_collection(now: datetime.datetime, dice: random.Random) -> str:
    """Return a name that is unique and has the time in it."""
    return f"{_PREFIX}_{now.timestamp():.0f}_{dice.getrandbits(32):08x}"


def is_left_over(name: str, now: datetime.datetime) -> bool:
    """Whether a collection is of a smoke test that was killed an hour ago or before."""
    made = _NAME.match(name)
    return made is not None and now.timestamp() - int(made[1]) > _KEPT


def make_rows(dice: random.Random) -> list[Json]:
    """Return rows whose vectors are each its own nearest."""
    return [
        {"vector": [round(dice.random(), 4) for _place in range(DIMENSION)], _NUMBER: number} for number in range(ROWS)
    ]


class Patience:
    """How long answers are awaited: *seconds* for all, of which an attempt that begins late gets a few still."""

    def __init__(self, seconds: float, *, clock: t.Callable[[], float], sleep: t.Callable[[float], None]) -> None:
        self._clock, self._sleep = clock, sleep
        self._began = clock()
        self._end = self._began + max(seconds, LEAST)

    @property
    def waited(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._began

    @property
    def one(self) -> float:
        """Seconds for one answer."""
        return min(_LONGEST, max(_SHORTEST, self._end - self._clock()))

    def repeat(self, attempt: t.Callable[[], Result]) -> Result:
        """Return what the first attempt that succeeds gives; after the time is up raise the error of the last."""
        while True:
            result = _try(attempt)
            if not isinstance(result, DataError):
                return result
            if isinstance(result, (CredentialsError, UnsupportedError)) or self._clock() + _PAUSE >= self._end:
                raise result
            self._sleep(_PAUSE)

    def repeat_until(self, attempt: t.Callable[[], Result], is_enough: t.Callable[[Result], bool]) -> Result:
        """Return what is enough, or the last there is when the time is up. Raises as repeat does."""
        while True:
            result = self.repeat(attempt)
            if is_enough(result) or self._clock() + _PAUSE >= self._end:
                return result
            self._sleep(_PAUSE)


def _try(attempt: t.Callable[[], Result]) -> Result | DataError:
    try:
        return attempt()
    except DataError as exc:
        return exc


class Plane:
    """Milvus behind its *doors*. The first one takes what is written; each one is asked for the known answers."""

    def __init__(
        self,
        doors: t.Sequence[Door],
        seconds: float,
        *,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._all = [Milvus(door) for door in doors]
        self._patience = Patience(seconds, clock=clock, sleep=sleep)

    def smoke(self, now: datetime.datetime, dice: random.Random) -> Finding:
        """Write rows into a collection of its own, search them through each door, and drop it in every case.

        *now* is by the API server's clock. Raises ForbiddenError when the account may not ask.
        """
        first, patience = self._all[0], self._patience
        try:
            self._reach()
            names = patience.repeat(lambda: first.list_collections(seconds=patience.one))
        except DataError as exc:
            return _refuse(exc, first)
        problems = [words for old in names if is_left_over(old, now) for words in self._drop(old)]
        made: list[str] = []
        try:
            problems += self._fill(lambda: self._create(made, now, dice=dice), dice)
        finally:
            problems += [words for name in made for words in self._drop(name)]
        done = f"{ROWS} rows written, {ASKED} known answers right through {self._name_doors()}"
        return Finding(tuple(problems), f"{done}, after {patience.waited:.1f} s")

    def probe(self, probe: Probe) -> Finding:
        """Ask through each door until the answer is right, or the time is up. Raises as smoke does."""
        try:
            self._reach()
        except DataError as exc:
            return _refuse(exc, self._all[0])
        problems = self._ask([probe])
        done = f"{len(probe.ids)} expected rows of {probe.query.collection} found through {self._name_doors()}"
        return Finding(tuple(problems), f"{done}, after {self._patience.waited:.1f} s")

    def group(self, places: t.Mapping[str, Place]) -> Finding:
        """Ask for the resource groups until they fit the pods at these *places*, or the time is up.

        Raises as smoke does.
        """
        patience, milvus = self._patience, self._all[0]
        try:
            milvus = self._reach()
            groups = patience.repeat_until(
                lambda: self._read_groups(milvus), lambda found: not find_problems(found, places)
            )
        except DataError as exc:
            return _refuse(exc, milvus)
        return Finding(find_problems(groups, places), describe(groups))

    def _read_groups(self, milvus: Milvus) -> tuple[Group, ...]:
        names = milvus.list_groups(seconds=self._patience.one)
        return tuple(read_group(name, milvus.describe_group(name, seconds=self._patience.one)) for name in names)

    def _reach(self) -> Milvus:
        """Return the first one to which there is a way; without any raise UnreachedError: nobody is waited for then."""
        errors = []
        for milvus in self._all:
            found = _try(lambda: milvus.find_dialect(seconds=self._patience.one))  # noqa: B023  called at once
            if not isinstance(found, UnreachedError):
                return milvus
            errors.append(found)
        raise errors[0]

    def _create(self, made: list[str], now: datetime.datetime, *, dice: random.Random) -> str:
        """Create a collection, whose name is noted before: after an attempt that has failed it may be there or not.

        Milvus 2.3 refuses to create one anew that is there, so that each attempt has a name of its own.
        """
        made.append(name_collection(now, dice))
        self._all[0].create_collection(made[-1], dimension=DIMENSION, seconds=self._patience.one)
        return made[-1]

    def _fill(self, create: t.Callable[[], str], dice: random.Random) -> list[str]:
        """Write the rows, ask for some of them, and return what is wrong."""
        first, patience, rows = self._all[0], self._patience, make_rows(dice)
        try:
            name = patience.repeat(create)
            taken = patience.repeat(lambda: first.insert(name, rows, seconds=patience.one))
        except DataError as exc:
            return [f"{first.door.title}: {exc.reason}"]
        problems = [] if taken == ROWS else [f"{first.door.title}: Milvus took {taken} of {ROWS} rows"]
        asked = dice.sample(rows, ASKED)
        return problems + self._ask(
            [Probe(Query(name, row["vector"], 1, _NUMBER), (str(row[_NUMBER]),)) for row in asked]
        )

    def _ask(self, probes: t.Sequence[Probe]) -> list[str]:
        """Ask through each door until each answer is right, and return the first that is not by its door."""
        asked = ((milvus.door.title, self._ask_all(milvus, probes)) for milvus in self._all)
        return [
            f"{title}: {error.reason}, {since:.0f} s after the beginning" for title, (error, since) in asked if error
        ]

    def _ask_all(self, milvus: Milvus, probes: t.Sequence[Probe]) -> tuple[DataError | None, float]:
        """Return the first error that stays, and when that was."""
        for probe in probes:
            ask = functools.partial(self._ask_once, milvus, probe)
            error = _try(functools.partial(self._patience.repeat, ask))
            if error is not None:
                return error, self._patience.waited
        return None, self._patience.waited

    def _ask_once(self, milvus: Milvus, probe: Probe) -> None:
        found = milvus.search(probe.query, seconds=self._patience.one)
        if set(found) != set(probe.ids):
            shown = ", ".join(found) or "nothing"
            reason = f"a search of {probe.query.collection} found {shown} instead of {', '.join(probe.ids)}"
            raise DataError(f"Asking {milvus.door.title}", reason=reason, remedy="Wait until segments have moved.")

    def _drop(self, name: str) -> list[str]:
        """Drop a collection through the first door that lets it, and return the reason where none does."""
        reasons = []
        for milvus in self._all:
            error = _try(lambda: milvus.drop_collection(name, seconds=self._patience.one))  # noqa: B023  called at once
            if error is None or self._is_gone(name, milvus):
                return []
            reasons.append(error.reason)
        return [f"collection {name} could not be dropped, which a run after an hour does: {reasons[0]}"]

    def _is_gone(self, name: str, milvus: Milvus) -> bool:
        names = _try(lambda: milvus.list_collections(seconds=self._patience.one))
        return not isinstance(names, DataError) and name not in names

    def _name_doors(self) -> str:
        titles = [milvus.door.title for milvus in self._all]
        return titles[0] if len(titles) == 1 else f"{len(titles)} proxies"


def _refuse(exc: DataError, milvus: Milvus) -> Finding:
    """Tell why nothing could be asked: a problem, unless a way there, credentials, or what is asked for are lacking."""
    if isinstance(exc, (UnreachedError, UnsupportedError)):
        return Finding(reason=exc.reason)
    if isinstance(exc, CredentialsError) and milvus.door.is_anonymous:
        return Finding(reason=str(exc))
    return Finding((f"{milvus.door.title}: {exc.reason}",))
