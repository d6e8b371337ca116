# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documents that kwok reads: stages, with their selectors, delays and steps.

Selectors and delays are jq, evaluated on the object; templates are Go templates, rendered with the object as it was
before the stage.
"""

from __future__ import annotations

import typing as t

Document = dict[str, t.Any]


def annotation(key: str) -> str:
    """The jq expression of an annotation."""
    return f'.metadata.annotations["{key}"]'


def patch_status(template: str) -> Document:
    """The step that merges a rendered status."""
    return {"patch": {"subresource": "status", "root": "status", "template": template}}


def stage(
    kind: str, name: str, *, when: list[Document], steps: list[Document], delay: Document | None = None
) -> Document:
    """A stage of core/v1 objects of ``kind``: where all conditions hold, the steps are taken after the delay."""
    spec: Document = {
        "resourceRef": {"apiGroup": "v1", "kind": kind},
        "selector": {"matchExpressions": when},
        "steps": steps,
    }
    if delay is not None:
        spec["delay"] = delay
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": name}, "spec": spec}


def delay_of(duration: str, expression: str = "") -> Document:
    """``duration`` (300ms or 5s), or what ``expression`` gives: a duration, or a point in time in RFC 3339."""
    number = float(duration.removesuffix("ms")) if duration.endswith("ms") else float(duration.removesuffix("s")) * 1000
    delay: Document = {"durationMilliseconds": int(number)}
    if expression:
        delay["durationFrom"] = {"expressionFrom": expression}
    return delay


def delay_from_annotation(key: str, default: str) -> Document:
    """The duration in an annotation, or ``default``."""
    return delay_of(default, f'{annotation(key)} // "{default}"')


def one_of(expression: str, values: t.Sequence[str]) -> Document:
    """The expression gives one of the values."""
    return {"key": expression, "operator": "In", "values": list(values)}


def none_of(expression: str, values: t.Sequence[str]) -> Document:
    """The expression gives none of the values."""
    return {"key": expression, "operator": "NotIn", "values": list(values)}


def present(expression: str) -> Document:
    """The expression gives something."""
    return {"key": expression, "operator": "Exists"}


def absent(expression: str) -> Document:
    """The expression gives nothing."""
    return {"key": expression, "operator": "DoesNotExist"}
