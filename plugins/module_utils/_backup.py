# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A copy of a release's values on the host that runs the module. PRIVATE to this collection."""

from __future__ import annotations

import os
import typing as t

from ._errors import OptionError
from ._libraries import load_yaml

if t.TYPE_CHECKING:
    from ._observe import Observation


def write_backup(folder: str, found: Observation) -> str | None:
    """Write the user's values of the running revision to a file that only its owner can read; return its path.

    Returns None where no folder is named, or nothing runs. The file is what `helm upgrade --values` takes. Raises
    OptionError when it cannot be written.
    """
    if not folder or found.running is None:
        return None
    yaml, _loader = load_yaml()
    path = os.path.join(folder, f"{found.namespace}-{found.name}-revision-{found.running.revision}.yaml")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yaml.safe_dump(found.running.values, file)
    except OSError as exc:
        reason, remedy = f"{path} cannot be written ({exc.strerror})", "Name a folder that can be written to."
        raise OptionError("Reading the option backup_dir", reason=reason, remedy=remedy) from exc
    return path
