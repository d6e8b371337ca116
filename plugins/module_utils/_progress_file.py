# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What a module says while it works: lines in a file that its action plugin reads meanwhile. PRIVATE."""

from __future__ import annotations

import contextlib
import os
import typing as t

VARIABLE = "MILVUS_CLUSTER_PROGRESS"  # names the file to the module
LONGEST = 500  # characters of a line; AWX cuts an event at 1024 bytes


class Progress:
    """Appends lines that begin with *prefix* to the file at *path*, which must exist. What fails there is no matter.

    Without a *path* it does nothing. *mask* takes the secrets out of a text.
    """

    def __init__(self, path: str, *, prefix: str, mask: t.Callable[[str], object]) -> None:
        self._prefix = prefix
        self._mask = mask
        self._descriptor = -1
        if path:
            with contextlib.suppress(OSError):
                self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)

    def say(self, text: str) -> None:
        """Append one line."""
        if self._descriptor == -1:
            return
        line = make_line(self._prefix, str(self._mask(text)))  # masked first: half a secret would not be recognised
        try:
            os.write(self._descriptor, f"{line}\n".encode("utf-8", "replace"))
        except OSError:
            self._descriptor = -1


def make_line(prefix: str, text: str) -> str:
    """Return the text as one line for a terminal, neither too long nor with anything that a terminal obeys."""
    words = "".join(each if each.isprintable() else " " for each in text).split()
    line = prefix + " ".join(words)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
