# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The volume claims of a release, which outlive it: found, noted what wrote them, deleted. PRIVATE to this collection.

Helm leaves the claims of StatefulSets alone, and those that the chart marks as to be kept.
"""

from __future__ import annotations

import contextlib
import re
import typing as t

from . import _kube
from ._errors import NotFoundError
from ._live import Volume, read_volume
from ._topology import INSTANCE_LABEL, RELEASE_LABEL, dig

if t.TYPE_CHECKING:
    from ._kube import KubeClient
    from ._manifest import Manifest

Json = dict[str, t.Any]

# What a claim can say about whose it is. Claims of StatefulSets get the labels of the pods, in the manner of the
# subchart; Helm marks what it creates itself; the last one is ours.
_HELM_RELEASE = "meta.helm.sh/release-name"
RELEASE_NOTE = "milvus.cluster/release"
CHART_NOTE = "milvus.cluster/chart-version"
APP_NOTE = "milvus.cluster/app-version"

# Chart as in the names of its objects, end of the StatefulSet's name, claim template.
_TEMPLATES = (
    ("etcd", "", "data"),
    ("minio", "", "export"),
    ("kafka", "", "data"),
    ("zookeeper", "", "data"),
    ("mysql", "-primary", "data"),
    ("mysql", "-secondary", "data"),
    ("tei", "", "data-volume"),
    ("milvus", "-woodpecker", "woodpecker-storage"),
    *(
        (pulsar, part, "{workload}-" + volume)
        for pulsar in ("pulsar", "pulsarv3")
        for part, volume in (("-bookie", "journal"), ("-bookie", "ledgers"), ("-zookeeper", "data"))
    ),
)


class Note(t.NamedTuple):
    """The versions of chart and Milvus that wrote a volume last."""

    chart_version: str
    app_version: str


class Claim(t.NamedTuple):
    """A claim of the release. *note* is there when it was kept from an earlier one of that name."""

    volume: Volume
    note: Note | None
    terminating: bool


def read_claims(client: KubeClient, release: str, *, manifest: Manifest | None = None) -> tuple[Claim, ...]:
    """Read the release's claims, by name. *manifest* is the stored one; without a record, the chart's names do."""
    items = [item for item in client.list(_kube.CLAIMS) if is_of_release(item, release, manifest=manifest or {})]
    return tuple(sorted(map(_read_claim, items), key=lambda claim: claim.volume.name))


def is_of_release(item: Json, release: str, *, manifest: Manifest) -> bool:
    """Whether a claim is the release's: all that it says about whose it is says so, or it says nothing but its name.

    What only carries the labels, and is neither Helm's nor by its name a StatefulSet's, is the user's.
    """
    labels, annotations = dig(item, "metadata", "labels"), dig(item, "metadata", "annotations")
    owners = {labels.get(INSTANCE_LABEL), labels.get(RELEASE_LABEL)}
    owners |= {annotations.get(_HELM_RELEASE), annotations.get(RELEASE_NOTE)}
    series, _dash, ordinal = item["metadata"]["name"].rpartition("-")
    is_numbered = ordinal.isdecimal()
    if owners != {None}:
        return owners <= {release, None} and (is_numbered or _HELM_RELEASE in annotations)
    return is_numbered and series in {*_series_of_manifest(manifest), *_series_of_chart(release)}


def _series_of_manifest(manifest: Manifest) -> t.Iterator[str]:
    """Yield the names, up to the ordinal, of the claims that a manifest's StatefulSets have made."""
    for item in manifest.values():
        if item.kind == "StatefulSet":
            for template in dig(item.body, "spec").get("volumeClaimTemplates") or ():
                yield f"{template['metadata']['name']}-{item.name}"


def _series_of_chart(release: str) -> t.Iterator[str]:
    """Yield the same for all StatefulSets that the chart had in any of its versions, under their own names."""
    for chart, part, template in _TEMPLATES:
        workload = (release if chart in release else f"{release}-{chart}") + part
        yield f"{template.format(workload=workload)}-{workload}"


def _read_claim(item: Json) -> Claim:
    annotations = dig(item, "metadata", "annotations")
    note = Note(annotations[CHART_NOTE], annotations.get(APP_NOTE, "")) if CHART_NOTE in annotations else None
    return Claim(read_volume(item), note, "deletionTimestamp" in item["metadata"])


def annotate_claims(client: KubeClient, claims: t.Iterable[Claim], *, release: str, note: Note | None) -> None:
    """Note on the claims whose they are and what wrote them last; None takes the note off, for a release that lives."""
    owner, chart, app = (release, *note) if note else (None, None, None)
    body = {"metadata": {"annotations": {RELEASE_NOTE: owner, CHART_NOTE: chart, APP_NOTE: app}}}
    for claim in claims:
        if claim.note != note and not claim.terminating:
            with contextlib.suppress(NotFoundError):
                client.patch(_kube.CLAIMS, claim.volume.name, body=body)


def delete_claims(client: KubeClient, claims: t.Iterable[Claim]) -> None:
    """Delete the claims. Each of them goes, with what is in it, once no pod uses it any more."""
    for claim in claims:
        if not claim.terminating:
            with contextlib.suppress(NotFoundError):
                client.delete(_kube.CLAIMS, claim.volume.name)


def remembered(claims: t.Iterable[Claim]) -> Note | None:
    """Return the newest note: an older Milvus cannot read what a newer one has written."""
    notes = [claim.note for claim in claims if claim.note and not claim.terminating]
    return max(notes, key=lambda note: [int(number) for number in re.findall(r"\d+", note.chart_version)], default=None)
