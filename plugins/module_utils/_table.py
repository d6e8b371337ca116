# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What `kubectl get` prints, read at once and as a stream. PRIVATE to this collection."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import typing as t

Json = dict[str, t.Any]
Row = dict[str, t.Any]

DELETED = "DELETED"
_CHUNK = 65536


class TableReader:
    """Turns the pages of a table, and the changes of a watch on it, into rows: column name → cell."""

    def __init__(self) -> None:
        self._columns: list[str] = []

    def read(self, page: Json) -> list[Row]:
        """Return the rows of a page. Only the first page, or the first change, defines the columns."""
        self._columns = [column["name"] for column in page.get("columnDefinitions") or ()] or self._columns
        return [dict(zip(self._columns, row["cells"])) for row in page.get("rows") or ()]


class Table(t.NamedTuple):
    """Rows, and the resource version from which a watch can go on."""

    rows: tuple[Row, ...]
    version: str
    reader: TableReader


class Change(t.NamedTuple):
    """A row that a watch reports: ADDED, MODIFIED or DELETED."""

    type: str
    row: Row


class Watch:
    """Changes of a table as they come in. Another thread reads them, for a read that timed out cannot be resumed."""

    def __init__(self, answer: t.Any, reader: TableReader, *, count: t.Callable[..., None]) -> None:
        self.is_open = True
        self._answer = answer
        self._reader = reader
        self._count = count
        self._changes: queue.SimpleQueue[Change | None] = queue.SimpleQueue()
        threading.Thread(target=self._pump, daemon=True).start()

    def read(self, seconds: float) -> list[Change]:
        """Return what has changed; wait for it for at most *seconds*. After the end *is_open* is False."""
        changes: list[Change] = []
        try:
            change = self._changes.get(timeout=max(seconds, 0.001)) if self.is_open else None
            while change is not None:
                changes.append(change)
                change = self._changes.get_nowait()
            self.is_open = False
        except queue.Empty:
            pass
        return changes

    def close(self) -> None:
        """Let the server go; without urllib3 2.3 the stream ends when its time is up."""
        self.is_open = False
        if hasattr(self._answer, "shutdown"):
            with contextlib.suppress(OSError, ValueError, RuntimeError):  # it has ended by itself
                self._answer.shutdown()

    def _pump(self) -> None:
        """Read until the stream ends, breaks, or reports an error such as 410 Gone; then one has to list anew."""
        try:
            for event in self._events():
                if event["type"] == "ERROR":
                    break
                for row in self._reader.read(event["object"]):
                    self._changes.put(Change(event["type"], row))
        except Exception:  # whatever it was, the next list will show it
            pass
        finally:
            self._changes.put(None)

    def _events(self) -> t.Iterator[Json]:
        rest = b""
        for chunk in self._answer.stream(_CHUNK):
            self._count(received=len(chunk))
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (json.loads(line) for line in lines if line)
