# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Writes the page of the documentation on the playbooks, from the words at their heads."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
PAGE = CHECKOUT / "docs/docsite/rst/playbooks.rst"
_SHARED = (
    "Each is run by its full name, such as ``ansible-playbook milvus.cluster.status``. Variables of the roles are "
    "in the reference of the roles. Shared by them are ``milvus_release``, ``milvus_namespace``, "
    "``milvus_kubeconfig``, ``milvus_context``, ``milvus_chart_ref``, ``milvus_chart_repo_url``, "
    "``milvus_helm_binary`` and ``milvus_http_proxy``; ``milvus_hosts`` chooses hosts of the inventory, and is "
    "``localhost`` unless a playbook says otherwise."
)
_HEAD = f"""..
  SPDX-License-Identifier: GPL-3.0-or-later
  SPDX-FileCopyrightText: 2026 milvus.cluster contributors

.. _ansible_collections.milvus.cluster.docsite.playbooks:

Playbooks
=========

{_SHARED}
"""


class Head(t.NamedTuple):
    """What the head of a playbook says."""

    name: str
    purpose: str
    variables: str


def read_head(path: Path) -> Head:
    """Return the second comment of a playbook; the first one is on its licence. Raises ValueError without one."""
    comments = re.findall(r"(?:^#.*\n)+", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = " ".join(line.removeprefix("#").strip() for line in comments[1].splitlines()) if len(comments) > 1 else ""
    purpose, mark, variables = text.partition(" Variables: ")
    if not mark:
        raise ValueError(f"{path.name} does not say what it is for, and which variables it takes")
    return Head(path.stem, purpose, variables)


def render(heads: t.Iterable[Head]) -> str:
    """Return the page."""
    sections = [
        f"{title}\n{'-' * len(title)}\n\n{_mark(head.purpose)}\n\nVariables: {_mark(head.variables)}\n"
        for head in heads
        for title in [f"milvus.cluster.{head.name}"]
    ]
    return "\n".join([_HEAD, *sections])


def _mark(text: str) -> str:
    """Return the text as RST, with names as literals."""
    plain = text.replace("`", "")
    return re.sub(r"\b(milvus\.cluster\.\w+|milvus_\w+|https://\S+\w)", r"``\1``", plain)


def write() -> str:
    """Return the page of the playbooks that there are."""
    return render(map(read_head, sorted((CHECKOUT / "playbooks").glob("*.yml"))))


if __name__ == "__main__":
    PAGE.write_text(write(), encoding="utf-8")
