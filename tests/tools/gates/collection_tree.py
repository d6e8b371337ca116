# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The checkout as the tools want to see it: below ansible_collections/milvus/cluster."""

from __future__ import annotations

import shutil
import subprocess
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path

PLACE = "ansible_collections/milvus/cluster"


def copy(checkout: Path, root: Path) -> Path:
    """Bring a copy of the checkout's files under root up to date and return its folder; ansible-test refuses a symlink.

    Files that git ignores are left out. What a tool wrote to the copy's tests/output stays. The copy is a repository of
    its own: tools ask git for their files, and inside an ignored folder of the checkout they would be told none.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=checkout, check=True, stdout=subprocess.PIPE, text=True).stdout
    names = {name for name in listing.split("\0") if name and (checkout / name).is_file()}
    folder = root / PLACE
    if not (folder / ".git").exists():
        subprocess.run(["git", "init", "--quiet", "--template=", str(folder)], check=True)
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and name not in names and not name.startswith((".git/", "tests/output/")):
            path.unlink()
    for name in names:
        _update(checkout / name, folder / name)
    return folder


def _update(source: Path, target: Path) -> None:
    new = source.lstat()
    old = target.lstat() if target.is_symlink() or target.exists() else None
    if old and (old.st_mtime_ns, old.st_size, old.st_mode) == (new.st_mtime_ns, new.st_size, new.st_mode):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)


def link(checkout: Path, root: Path) -> Path:
    """Make root a collections path that leads to the checkout itself, for Ansible as it runs, and return root."""
    link = root / PLACE
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or link.resolve() != checkout.resolve():
        link.unlink(missing_ok=True)
        link.symlink_to(checkout, target_is_directory=True)
    return root
