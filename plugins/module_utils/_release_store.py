# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Where Helm keeps its records: finding the revisions that count and reading them. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from . import _kube
from ._errors import ConflictError, ForbiddenError
from ._release import Release, Revision, decode, read_revision, revise

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

    def find(self, history: History, number: int) -> Revision | None:
        """Find a revision by its number."""
        records = map(read_revision, self._client.list_metadata(history.storage, selector=self._selector))
        return next((record for record in records if record is not None and record.number == number), None)

    def redescribe(self, history: History, revision: Revision, *, description: str) -> None:
        """Give a revision another description. Raises ConflictError when somebody has changed it meanwhile."""
        self._revise(history, revision, info={"description": description}, labels={})

    def mark_failed(self, history: History, revision: Revision, *, description: str) -> None:
        """Release a lock: end the operation that *revision* is in the middle of, as Helm does it when it fails.

        Raises ConflictError when its record has changed since *revision* was read.
        """
        info = {"status": "failed", "description": description}
        self._revise(history, revision, info=info, labels={"status": "failed"})

    def _revise(
        self, history: History, revision: Revision, *, info: t.Mapping[str, str], labels: t.Mapping[str, str]
    ) -> None:
        stored = self._client.get(history.storage, revision.storage_name)
        metadata = stored["metadata"]
        if read_revision(metadata) != revision:
            name = f"{history.storage.kind} {revision.storage_name}"
            raise ConflictError(f"Changing {name}", reason="it has changed meanwhile", remedy="Run it again.")
        body = {
            "metadata": {"resourceVersion": metadata["resourceVersion"], "labels": labels},
            "data": revise({"kind": history.storage.kind, **stored}, info),
        }
        self._client.patch(history.storage, revision.storage_name, body=body)

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
