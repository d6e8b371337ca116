# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""One change of a release at a time on this host, and whether one that was begun here has ended. PRIVATE.

The kernel lets go of a file's lock (flock) when the last process that has the file open ends, in whatever way. helm
inherits it: a module that is killed leaves the turn to its helm, and a killed helm leaves it to nobody.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile
import typing as t

_LONGEST = 200  # bytes of a note; a stamp has at most 63


class Turn(t.NamedTuple):
    """The turn for one release. *descriptor* is None where this host has no place to keep it: then there is none."""

    descriptor: int | None = None

    def note(self, stamp: str) -> None:
        """Note what is going to be begun, for whoever finds it unfinished."""
        if self.descriptor is not None:
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, stamp.encode(), 0)

    @property
    def noted(self) -> str:
        """What was noted last."""
        return "" if self.descriptor is None else os.pread(self.descriptor, _LONGEST, 0).decode("utf-8", "replace")


@contextlib.contextmanager
def take_turn(*release: str) -> t.Iterator[Turn | None]:
    """Yield the turn for the *release* (server, namespace, name) to hold meanwhile, or None when another has it."""
    descriptor = _open(hashlib.sha256("\n".join(release).encode()).hexdigest()[:32])
    if descriptor is None:
        yield Turn()
        return
    try:
        yield Turn(descriptor) if _lock(descriptor) else None
    finally:
        os.close(descriptor)


def _open(name: str) -> int | None:
    folder = os.path.join(tempfile.gettempdir(), f"milvus.cluster-{os.getuid()}")
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            return None  # anybody may put something of that name among the temporary files
        return os.open(os.path.join(folder, name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
