# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A filter that makes of the results of a run what a report says and draws."""

from __future__ import annotations

import typing as t

from ansible_collections.milvus.cluster.plugins.plugin_utils._escaping import ESCAPES, escape_all
from ansible_collections.milvus.cluster.plugins.plugin_utils._figures import (
    draw_placement,
    draw_timeline,
    draw_topology,
    draw_workers,
    show_seconds,
)
from ansible_collections.milvus.cluster.plugins.plugin_utils._story import FAILED, PASSED, SKIPPED, Story, read_story

Json = dict[str, t.Any]

_LONG = 24  # characters of a fact that has a line of its own


def report(results: t.Mapping[str, t.Any], format: str = "html") -> Json:  # noqa: A002  # as the option is called
    """Return what a report says, its texts escaped for the *format*. *results* are by install, scale and verify."""
    story = read_story(results)
    timeline = draw_timeline(story.steps)
    body: Json = {
        "release": story.release,
        "verdict": _judge(story),
        "failure": {"stage": story.failure[0], "message": story.failure[1]} if story.failure else None,
        "before": {one.key: one.before for one in story.workers if one.before is not None},
        "after": {one.key: one.after for one in story.workers},
        "topology": draw_topology(story) if story.tiers else None,
        "workers": draw_workers(story.workers),
        "placement": draw_placement(story.spots),
        "timeline": timeline,
        "checks": list(story.checks),
        "warnings": list(story.warnings),
    }
    facts = ((name, words) for name, words in _list_facts(story, body) if words)
    body["facts"] = [{"name": name, "words": words, "is_long": len(words) > _LONG} for name, words in facts]
    return t.cast("Json", escape_all(body, ESCAPES[format]))


def _judge(story: Story) -> Json:
    """Return how it has come out, in a word, a title and sentences."""
    if story.failure:
        outcome, title = FAILED, f"{story.failure[0].capitalize()} failed"
    elif story.is_verified:
        outcome, title = PASSED, "Verified"
    else:
        outcome, title = SKIPPED, "Not verified"
    return {"outcome": outcome, "title": title, "words": " ".join([_tell_changes(story), *_tell_checks(story)])}


def _tell_changes(story: Story) -> str:
    moves = ", ".join(f"{one.title} {one.before} → {one.after}" for one in story.workers if one.is_moved)
    if moves:
        return f"Pods: {moves}."
    return "The release was changed; every count is as it was." if story.changed else "Nothing was changed."


def _tell_checks(story: Story) -> t.Iterator[str]:
    numbers = [(story.count_checks(outcome), outcome) for outcome in (PASSED, FAILED, SKIPPED)]
    if story.checks:
        counts = ", ".join(f"{number} {outcome}" for number, outcome in numbers if number)
        yield f"Checks: {counts}{', before the last change' if story.is_overtaken else ''}."


def _list_facts(story: Story, body: Json) -> t.Iterator[tuple[str, str]]:
    release, placement = story.release, body["placement"]
    yield "Milvus", release.get("app_version") or ""
    yield "Chart", f"{release.get('chart') or ''} {release.get('chart_version') or ''}".strip()
    yield "Revision", f"{release['revision']}, {release['status']}" if release.get("revision") else ""
    if placement["pods"]:
        zones = sum(bool(zone["nodes"]) for zone in placement["zones"])
        known = all(spot.zone for spot in story.spots if spot.node)
        yield "Pods", f"{placement['ready']} of {placement['pods']} ready"
        yield "Nodes", f"{placement['nodes']}{f', in {zones} zones' if known else ''}"
    inside = [port for port in story.ports if port["scope"] == "cluster"]
    outside = [port for port in story.ports if port["scope"] == "external"]
    yield "Endpoints", ", ".join(f"{port['host']}:{port['port']} ({port['port_name']})" for port in [*outside, *inside])
    if story.steps:
        first, last = min(step.started for step in story.steps), max(step.ended for step in story.steps)
        took = show_seconds((last - first).total_seconds())
        yield "Time", f"{first:%Y-%m-%d %H:%M:%S} to {last:%H:%M:%S} {first:%Z}, {took}"


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return them by name."""
        return {"report": report}
