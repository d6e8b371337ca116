# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Where live workloads differ from the release. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._image_name import is_rewritten

if t.TYPE_CHECKING:
    from ._live import Autoscaler, CountOwner, LiveWorkload
    from ._topology import Workload


class Drift(t.NamedTuple):
    """A difference of "replicas" or "image", or a "workload" that is on one side only. *owners* are who made it."""

    kind: str
    name: str
    field: str
    released: str | int | None
    live: str | int | None
    owners: tuple[CountOwner, ...] = ()


def find_drift(
    released: t.Iterable[Workload], live: t.Mapping[str, LiveWorkload], *, autoscalers: t.Mapping[str, Autoscaler]
) -> tuple[Drift, ...]:
    """Compare by "<kind>/<name>".

    A count that an autoscaler owns, or the release leaves open, is no drift; nor is an image whose name admission
    rewrites whenever helm writes it.
    """
    expected = {workload.key: workload for workload in released}
    return tuple(
        drift
        for key in sorted({*expected, *live})
        for drift in _compare(expected.get(key), live.get(key), autoscalers=autoscalers)
    )


def _compare(
    released: Workload | None, live: LiveWorkload | None, *, autoscalers: t.Mapping[str, Autoscaler]
) -> t.Iterator[Drift]:
    if released is None and live is not None:
        yield Drift(live.kind, live.name, "workload", None, "present")
    elif live is None and released is not None:
        yield Drift(released.kind, released.name, "workload", "present", None)
    elif live is not None and released is not None:
        desired = live.counts.desired
        if released.replicas not in (None, desired) and live.name not in autoscalers:
            yield Drift(live.kind, live.name, "replicas", released.replicas, desired, live.owners)
        if released.image != live.image and not _is_made_by_admission(released, live):
            yield Drift(live.kind, live.name, "image", released.image, live.image)


def _is_made_by_admission(released: Workload, live: LiveWorkload) -> bool:
    # What a webhook changes in a request of helm's counts as helm's own: there is no other editor.
    return not live.editors and is_rewritten(live.image, released.image)
