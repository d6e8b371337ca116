# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Where Helm keeps its records: finding the revisions that count and reading them. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from . import _kube
from ._errors import ForbiddenError
from ._release import Release, Revision, decode, read_revision, redescribe

if t.TYPE_CHECKING:
    from ._kube import KubeClient, Resource


@dataclasses.dataclass(frozen=True)
class History:
    """The newest revision and the newest deployed one; None where there is none."""

    storage: Resource = _kube.SECRETS
    newest: Revision | None = None
    deployed: Revision | None = None
    warnings: tuple[str, ...] = ()


class ReleaseStore:
    """The records of one release, whichever of Helm's two drivers in the cluster has stored them."""

    def __init__(self, client: KubeClient, release: str) -> None:
        self._client = client
        self._selector = f"owner=helm,name={release}"

    def read_history(self) -> History:
        """Find the revisions that count."""
        history = self._read_driver(_kube.SECRETS)
        if history.newest is not None:
            return history
        try:
            in_config_maps = self._read_driver(_kube.CONFIG_MAPS)
        except ForbiddenError as exc:
            return History(warnings=(f"No Secret holds the release; ConfigMaps are not checked. {exc}",))
        # A first install goes where Helm puts its records unless told otherwise.
        return in_config_maps if in_config_maps.newest is not None else history

    def read(self, history: History, revision: Revision) -> Release:
        """Read one revision in full. Raises RecordError when it cannot be decoded."""
        return decode({"kind": history.storage.kind, **self._client.get(history.storage, revision.storage_name)})

    def redescribe(self, history: History, revision: Revision, *, description: str) -> None:
        """Give a revision another description. Raises ConflictError when somebody has changed it meanwhile."""
        stored = self._client.get(history.storage, revision.storage_name)
        data = redescribe({"kind": history.storage.kind, **stored}, description)
        version = {"resourceVersion": stored["metadata"]["resourceVersion"]}
        self._client.patch(history.storage, revision.storage_name, body={"metadata": version, "data": data})

    def _read_driver(self, storage: Resource) -> History:
        # A history is mostly superseded revisions, and a deployed one shows that none of those is newer. Without a
        # deployed one there may be: somebody has deleted records, or Helm was stopped while it wrote them.
        history = self._choose(storage, f"{self._selector},status!=superseded")
        return history if history.deployed is not None else self._choose(storage, self._selector)

    def _choose(self, storage: Resource, selector: str) -> History:
        records = map(read_revision, self._client.list_metadata(storage, selector=selector))
        revisions = sorted((record for record in records if record is not None), key=lambda one: -one.number)
        deployed = (revision for revision in revisions if revision.status == "deployed")
        return History(storage, next(iter(revisions), None), next(deployed, None))
