# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What others have set in the workloads of a release beside their counts. PRIVATE to this collection.

Helm 3 sets it back with the next upgrade, whatever that is for, and Helm 4 stops at it half-way.
"""

from __future__ import annotations

import copy
import typing as t

from . import _kube
from ._errors import ConflictError, ForbiddenError, NotFoundError, RefusedError
from ._live import HELM

if t.TYPE_CHECKING:
    from ._kube import KubeClient
    from ._live import LiveWorkload
    from ._manifest import Item, Manifest

Json = dict[str, t.Any]


class Edit(t.NamedTuple):
    """A workload, and what is known of who has changed it."""

    workload: LiveWorkload
    evidence: str


def find_edits(
    client: KubeClient, live: t.Iterable[LiveWorkload], *, manifest: Manifest, server_side: bool
) -> t.Iterator[Edit]:
    """Yield the *live* workloads that an upgrade to the very manifest of the release would change, but for the counts.

    *server_side* tells whether helm uses server-side apply. One request is made for each workload that has other
    editors than helm, and changes nothing.
    """
    probe = _find_conflict if server_side else _find_reversal
    for one in live:
        item = manifest.get(one.key)
        if item is not None and one.editors:
            try:
                evidence = probe(client, one, item=item)
            except (ForbiddenError, NotFoundError, RefusedError):
                continue  # other checks of the plan tell of it
            if evidence:
                yield Edit(one, evidence)


def _find_conflict(client: KubeClient, live: LiveWorkload, *, item: Item) -> str:
    """Do what Helm 4 does."""
    body = copy.deepcopy(item.body)
    body["spec"].pop("replicas", None)
    query = {"fieldManager": HELM, "dryRun": "All"}
    try:
        client.patch(_kube.WORKLOADS[live.kind], live.name, body=body, content_type=_kube.APPLY_PATCH, **query)
    except ConflictError as exc:
        return " ".join(exc.reason.split())
    return ""


def _find_reversal(client: KubeClient, live: LiveWorkload, *, item: Item) -> str:
    """Do what comes of Helm 3's merge of old, new and live, where old and new are the same: null removes a field."""
    body, query = {"spec": {"template": item.template}}, {"fieldManager": HELM, "dryRun": "All"}
    resource, kind = _kube.WORKLOADS[live.kind], _kube.STRATEGIC_PATCH
    changed = client.patch(resource, live.name, body=body, content_type=kind, **query)
    if changed["metadata"]["generation"] == live.counts.generation:
        return ""
    return f"written to by {', '.join(sorted({*live.editors}))}"
