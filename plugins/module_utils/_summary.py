# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A report in a few short lines for people, each small enough for an event of AWX. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]


def summarise(report: Json) -> t.Iterator[str]:
    """Yield one line for the release and one for each part of it."""
    yield _release(report)
    yield from map(_component, report["components"])
    yield from map(_dependency, report["dependencies"])
    for endpoint in report["endpoints"]:
        if endpoint["port_name"] != "metrics":
            yield f"endpoint ({endpoint['scope']}): {endpoint['host'] or '<any node>'}:{endpoint['port']}"
    if report["volumes"]:
        bound = sum(volume["status"] == "Bound" for volume in report["volumes"])
        yield f"volumes: {bound}/{len(report['volumes'])} bound"
    lock = report["lock"]
    if lock["locked"]:
        yield f"lock: revision {lock['revision']} {lock['status']} for {lock['age']} s, by {lock['holder'] or 'others'}"
    for drift in report["drift"]:
        owners = ", ".join(owner["manager"] for owner in drift["owners"])
        change = f"{drift['field']} {drift['released']} -> {drift['live']}"
        yield f"drift: {drift['kind']} {drift['workload']}: {change}{' by ' + owners if owners else ''}"


def _release(report: Json) -> str:
    release = report["release"]
    name = f"{release['namespace']}/{release['name']}"
    if not report["exists"]:
        return (
            f"{name}: {release['status']}{', but ' + report['managed_by'] + ' has it' if report['managed_by'] else ''}"
        )
    chart = f"chart {release['chart']} {release['chart_version']} (Milvus {release['app_version']})"
    return f"{name}: revision {release['revision']} {release['status']}, {chart}, {report['mode']}"


def _component(component: Json) -> str:
    name = f"{component['type']}{' of group ' + component['group'] if component['group'] else ''}"
    owners = [component["autoscaler"]["name"]] if component["autoscaler"] else []
    owners = owners or [owner["manager"] for owner in component["count_owners"]]
    row = f"{name}: {component['ready']}/{component['desired']} ready, count owned by {', '.join(owners) or 'nobody'}"
    if component["settled"]:
        return row
    pods = ", ".join(f"{count} {state}" for state, count in sorted(component["pods"].items()))
    return f"{row}; {component['lag']}{' (' + pods + ')' if pods else ''}"


def _dependency(dependency: Json) -> str:
    name, workloads = f"{dependency['role']} ({dependency['product']})", dependency["workloads"]
    if dependency["external"] or not workloads:
        return f"{name}: {'external' if dependency['external'] else 'embedded'}"
    return f"{name}: {sum(part['ready'] for part in workloads)}/{sum(part['desired'] for part in workloads)} ready"
