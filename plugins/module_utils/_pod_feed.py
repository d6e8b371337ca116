# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Keeps the rows of a release's pods current: by one watch, by lists where there is none. PRIVATE."""

from __future__ import annotations

import typing as t

from . import _kube
from ._errors import ExpiredError, ForbiddenError
from ._pod_rows import PodRow, read_row
from ._table import DELETED

if t.TYPE_CHECKING:
    from ._kube import KubeClient
    from ._table import Table, Watch

# Seconds. The first watch is short, for it may turn out that a proxy holds its answer back.
_FIRST_WATCH, _WATCH = 10, 60
_SHORTEST_WATCH = 1.0
_DEBOUNCE = 0.1  # a change seldom comes alone
_SETTLED_POLL = 30.0  # of pods that nobody waits for any more
_STRIKES = 2  # failures in a row after which it is not watched any more


class PodFeed:
    """The pods of all label *selectors*. One selector is watched at a time, the others are listed now and then."""

    def __init__(
        self,
        client: KubeClient,
        selectors: t.Sequence[str],
        *,
        clock: t.Callable[[], float],
        sleep: t.Callable[[float], None],
    ) -> None:
        self.notes: list[str] = []
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._rows: dict[str, dict[str, PodRow]] = {selector: {} for selector in selectors}
        self._listed = dict.fromkeys(selectors, float("-inf"))
        self._watch: Watch | None = None
        self._watched = ""
        self._opened = 0.0
        self._has_heard = False
        self._strikes = 0
        self._length = _FIRST_WATCH

    @property
    def rows(self) -> list[PodRow]:
        """All pods as last seen."""
        return [row for rows in self._rows.values() for row in rows.values()]

    @property
    def is_watching(self) -> bool:
        """Whether a change would wake wait()."""
        return self._watch is not None and self._watch.is_open

    def refresh(self, *, awaited: t.AbstractSet[str], interval: float) -> None:
        """List what is older than *interval* seconds and not watched, and watch one of the *awaited* selectors."""
        wanted = self._choose(awaited)
        if wanted != self._watched:
            self.close()
            self._watch, self._watched = None, wanted
        for selector in self._rows:
            if self._is_due(selector, interval if selector in awaited or not interval else _SETTLED_POLL):
                self._list(selector)

    def _choose(self, awaited: t.AbstractSet[str]) -> str:
        """Stay with what is watched, first with Milvus' own pods, until only others are awaited."""
        favourite = self._watched or next(iter(self._rows), "")
        if favourite in awaited:
            return favourite
        return next((selector for selector in self._rows if selector in awaited), favourite)

    def _is_due(self, selector: str, interval: float) -> bool:
        if selector == self._watched and self._strikes < _STRIKES:
            return not self.is_watching
        return self._clock() - self._listed[selector] >= interval

    def _list(self, selector: str) -> None:
        table = self._client.read_table(_kube.PODS, selector=selector)
        rows = {row.name: row for row in map(read_row, table.rows)}
        if selector == self._watched:
            self._check_watch(differs=rows != self._rows[selector])
        self._rows[selector] = rows
        self._listed[selector] = self._clock()
        if selector == self._watched and self._strikes < _STRIKES:
            self._open(table)

    def _open(self, table: Table) -> None:
        try:
            self._watch = self._client.watch_table(_kube.PODS, table, selector=self._watched, seconds=self._length)
        except ForbiddenError as exc:
            self._strikes = _STRIKES
            self.notes.append(f"Pods are not watched but listed every few seconds, for {exc.reason}.")
        except ExpiredError:
            pass  # the next list starts a new one
        self._opened, self._has_heard = self._clock(), False

    def _check_watch(self, *, differs: bool) -> None:
        """Count against watching where it ended at once, or was silent although something has changed."""
        if self._watch is None:
            return
        failed = self._clock() - self._opened < _SHORTEST_WATCH or differs
        self._strikes = 0 if self._has_heard else self._strikes + failed
        self._watch, self._length = None, _FIRST_WATCH if self._strikes else _WATCH

    def wait(self, seconds: float) -> bool:
        """Wait for a change, for at most *seconds*; return whether there was one."""
        if self._watch is None or not self._watch.is_open:
            self._sleep(seconds)
            return False
        changes = self._watch.read(seconds)
        if changes:
            self._has_heard = True
            self._sleep(_DEBOUNCE)
            changes += self._watch.read(0)
        rows = self._rows[self._watched]
        for change in changes:
            row = read_row(change.row)
            if change.type == DELETED:
                rows.pop(row.name, None)
            else:
                rows[row.name] = row
        return bool(changes)

    def close(self) -> None:
        """End the watch."""
        if self._watch is not None:
            self._watch.close()
