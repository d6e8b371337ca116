# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A helm that notes down each of its starts."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

# The temporary files are looked at before and after: what helm leaves for later, and what the module has for it.
_SCRIPT = """#!/bin/sh
start="{folder}/$(ls "{folder}" | wc -l)"
mkdir "$start" "$start/temporary"
printf '%s\\n' "$@" > "$start/argv"
env > "$start/environ"
cp -r "${{TMPDIR:-/nowhere}}" "$start/temporary/before" 2> "$start/errors"
"{helm}" "$@"
code=$?
cp -r "${{TMPDIR:-/nowhere}}" "$start/temporary/after" 2> "$start/errors"
exit $code
"""


class Start(t.NamedTuple):
    """One start: the command line's words, and all that could be seen of it from outside, as one text."""

    words: list[str]
    traces: str


@dataclass(frozen=True)
class WatchedHelm:
    """A *helm*, and an empty folder for the notes."""

    helm: Path
    folder: Path

    @property
    def binary(self) -> Path:
        """The program to run in place of helm."""
        script = self.folder.with_suffix(".sh")
        if not script.exists():
            self.folder.mkdir()
            script.write_text(_SCRIPT.format(helm=self.helm, folder=self.folder), encoding="utf-8")
            script.chmod(0o700)
        return script

    @property
    def starts(self) -> list[Start]:
        """The starts so far, in their order."""
        folders = sorted(self.folder.iterdir(), key=lambda folder: int(folder.name))
        return [Start((folder / "argv").read_text(encoding="utf-8").splitlines(), _read(folder)) for folder in folders]

    @property
    def count(self) -> int:
        """How often it was started."""
        return len(list(self.folder.iterdir()))


def _read(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file())
