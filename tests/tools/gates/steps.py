# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The steps of a nox session: each is run, timed and recorded, and a failed one does not hide those after it."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import time
import typing as t
from pathlib import Path

import nox.command

from .summary import Step

if t.TYPE_CHECKING:
    import nox


class Recorder:
    """Context manager around a session's commands; leaving it fails the session if one of them failed."""

    def __init__(self, session: nox.Session, log: Path) -> None:
        self._session = session
        self._log = log
        self._failed: list[str] = []

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        if kind is None and self._failed:
            self._session.error(f"failed: {', '.join(self._failed)}")

    def run(self, name: str, *command: str, junit: str = "", **options: t.Any) -> None:
        """Run a command as a step.

        junit: glob, from the working directory, of the JUnit files that the command writes. Older ones are removed
            first, its own are kept beside the log under the names of session and step.
        """
        for path in Path().glob(junit) if junit else ():
            path.unlink()
        start = time.monotonic()
        succeeded = True
        try:
            self._session.run(*command, **options)
        except nox.command.CommandFailed:
            succeeded = False
        seconds = time.monotonic() - start
        self._session.log(f"{name}: {'done' if succeeded else 'FAILED'} in {seconds:.1f} s")
        reports = self._keep(name, junit) if junit else None
        self._record(Step(self._session.name, name, seconds, succeeded=succeeded, reports=reports))

    def skip(self, name: str, reason: str) -> None:
        """Record that a step cannot run here."""
        self._session.log(f"{name}: skipped, {reason}")
        self._record(Step(self._session.name, name, 0.0, succeeded=True, skipped=reason))

    def _keep(self, name: str, junit: str) -> list[str]:
        folder = self._log.parent / "junit" / re.sub(r"[^a-z0-9.]+", "-", f"{self._session.name}-{name}".lower())
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return [str(shutil.copy2(path, folder)) for path in sorted(Path().glob(junit))]

    def _record(self, step: Step) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(dataclasses.asdict(step)) + "\n")
        if not step.succeeded:
            self._failed.append(step.name)
