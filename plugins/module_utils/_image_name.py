# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Whether two names are of one image, for a cluster may rewrite them. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t


def is_rewritten(image: str, wanted: str) -> bool:
    """Whether *image* is *wanted* from another registry, or with a digest beside its tag, as webhooks make it."""
    name, _at, digest = image.partition("@")
    wanted_name, _at, wanted_digest = wanted.partition("@")
    return wanted_digest in ("", digest) and f"/{name}".endswith(f"/{_leave_registry_out(wanted_name)}")


def find_different(names: t.Iterable[str]) -> list[str]:
    """Return of the *names* one for each image, the shortest."""
    found: list[str] = []
    for name in sorted(names, key=lambda name: (len(name), name)):
        if not any(is_rewritten(name, other) for other in found):
            found.append(name)
    return found


def _leave_registry_out(name: str) -> str:
    # What begins with a registry and what does not, container engines tell by these signs: distribution/reference.
    registry, _slash, path = name.partition("/")
    return path if path and ("." in registry or ":" in registry or registry == "localhost") else name
