# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The states and sides of the scenarios that scale: this collection's, the peer's, and the Milvus guide's."""

from __future__ import annotations

import typing as t

from .rows import Sample
from .tasks import counts, helm_task, replicas, scale_task, time_verdict
from .work import RELEASE, Site, Values, install, run_commands, run_playbook, settle, worker_keys

QUERY_NODES = ("queryNode",)
AT_ONCE = {"stable_seconds": 0}
"""For milvus_scale: to return, as the peers do, without a look at whether what is ready stays so."""

FROM, TO = 10, 1000
"""The query nodes of a growth."""

FLEET = tuple(f"fleet-{number}" for number in range(1, 21))
NAME = "{{ inventory_hostname }}"
LITTLE: Values = {
    "pulsarv3": {"enabled": False},
    "pulsar": {"enabled": False},
    "etcd": {"replicaCount": 1, "persistence": {"enabled": False}},
    "minio": {"mode": "standalone", "persistence": {"enabled": False}},
}
"""Values with as few pods beside Milvus' own as the chart allows."""


def back_to_one(site: Site) -> None:
    """A release with one pod of every worker type, whatever was scaled since."""
    install(site, counts(1, worker_keys(site)))


def our_scale_all(site: Site, *, step: int) -> Sample:
    """All worker types to 3 by one task and back to 1 by another, one type after another, ``step`` pods at a time."""
    keys = worker_keys(site)
    tasks = [scale_task(site, replicas(number, keys), scale_in_step=step, **AT_ONCE) for number in (3, 1)]
    return run_playbook(site, *tasks, changed=True)


def peer_scale_all(site: Site) -> Sample:
    """All worker types to 3 by one task and back to 1 by another."""
    keys = worker_keys(site)
    tasks = [helm_task(site, counts(number, keys), wait=True) for number in (3, 1)]
    return run_playbook(site, *tasks, changed=True)


def our_scale_out(site: Site) -> Sample:
    """All worker types to 3 by one task."""
    return run_playbook(site, scale_task(site, replicas(3, worker_keys(site)), **AT_ONCE), changed=True)


def guide_scale(site: Site) -> Sample:
    """All worker types to 3 by the commands of the Milvus scale-out guide, one for each type."""
    upgrade = ("helm", "upgrade", RELEASE, site.chart, "--namespace", site.namespace, "--reuse-values", "--wait")
    return run_commands(site, *((*upgrade, "--set", f"{key}.replicas=3") for key in worker_keys(site)))


def our_scale_noop(site: Site) -> Sample:
    return run_playbook(site, scale_task(site, replicas(1, QUERY_NODES)), changed=False)


def before_growth(site: Site, *, revisions: int = 1) -> None:
    """A release with ``FROM`` query nodes."""
    install(site, counts(FROM, QUERY_NODES), revisions=revisions)


def our_growth(site: Site) -> Sample:
    return time_verdict(site, scale_task(site, replicas(_grown(site), QUERY_NODES), **AT_ONCE), window=0)


def _grown(site: Site) -> int:
    return FROM + 1 if site.is_unseen else TO


def fleet(site: Site) -> None:
    """The releases of ``FLEET``, each with one query node."""
    for name in FLEET:
        install(site, LITTLE | counts(1, QUERY_NODES), release=name, revisions=2)
    settle(site)


def our_fleet(site: Site, *, names: t.Sequence[str]) -> Sample:
    """The query nodes of each release to 3 by one task and back to 1 by another; a release is a host of the play."""
    options = {"release_name": NAME, "scale_in_step": 2, **AT_ONCE}
    tasks = [scale_task(site, replicas(number, QUERY_NODES), **options) for number in (3, 1)]
    return run_playbook(site, *tasks, changed=True, hosts=names[:1] if site.is_unseen else names)


def peer_fleet(site: Site, *, names: t.Sequence[str]) -> Sample:
    """The same by the peer."""
    values = (LITTLE | counts(number, QUERY_NODES) for number in (3, 1))
    tasks = [helm_task(site, each, name=NAME, wait=True) for each in values]
    return run_playbook(site, *tasks, changed=True, hosts=names[:1] if site.is_unseen else names)
