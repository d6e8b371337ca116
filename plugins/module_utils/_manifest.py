# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Two manifests compared object by object, and what each difference does to pods and volumes. Pure. PRIVATE."""

from __future__ import annotations

import re
import typing as t

from ._errors import RecordError
from ._libraries import load_yaml
from ._topology import dig

Json = dict[str, t.Any]

WORKLOADS = ("Deployment", "StatefulSet")
KEEP = "helm.sh/resource-policy"
# The API server refuses to change more of a StatefulSet than its replicas, template, update strategy and few others.
_FIXED = {"StatefulSet": ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates")}


class Item(t.NamedTuple):
    """An object of a manifest."""

    kind: str
    name: str
    body: Json

    @property
    def replicas(self) -> int | None:
        """The count of a workload; None where the manifest leaves it open."""
        count = dig(self.body, "spec").get("replicas")
        return count if isinstance(count, int) and count >= 0 else None

    @property
    def template(self) -> Json:
        """What the pods of a workload are made from."""
        return dig(self.body, "spec", "template")

    @property
    def is_kept(self) -> bool:
        """Whether Helm leaves it in the cluster when it goes out of the manifest."""
        return dig(self.body, "metadata", "annotations").get(KEEP) == "keep"


Manifest = t.Mapping[str, Item]


class Difference(t.NamedTuple):
    """An object that is in one manifest only, or differs. *key* is "<kind>/<name>"."""

    key: str
    before: Item | None
    after: Item | None

    @property
    def item(self) -> Item:
        """The object as it is, or will be where it is new."""
        return t.cast("Item", self.before or self.after)

    @property
    def change(self) -> str:
        """What Helm does to it: create, delete or update."""
        return "create" if self.before is None else "delete" if self.after is None else "update"

    @property
    def is_restart(self) -> bool:
        """Whether running pods are replaced."""
        if self.before is None or self.after is None or self.item.kind not in WORKLOADS:
            return False
        return self.before.template != self.after.template

    @property
    def fixed_fields(self) -> tuple[str, ...]:
        """The fields that differ and that the API server does not let change."""
        if self.before is None or self.after is None:
            return ()
        before, after = dig(self.before.body, "spec"), dig(self.after.body, "spec")
        return tuple(field for field in _FIXED.get(self.item.kind, ()) if before.get(field) != after.get(field))


def read_manifest(text: str, *, where: str) -> Manifest:
    """Parse a manifest; *where* names it in the RecordError that is raised when it is no YAML."""
    yaml, loader = load_yaml()
    items: dict[str, Item] = {}
    for part in re.split(r"^---[ \t]*$", text, flags=re.MULTILINE):
        try:
            body = yaml.load(part, Loader=loader)
        except yaml.YAMLError as exc:
            reason, remedy = f"one of its documents is no YAML: {exc}", "Look at it with `helm get manifest`."
            raise RecordError(f"Reading the manifest of {where}", reason=reason, remedy=remedy) from exc
        if isinstance(body, dict) and body.get("kind"):
            item = Item(str(body["kind"]), str(dig(body, "metadata").get("name")), body)
            items[f"{item.kind}/{item.name}"] = item
    return items


def compare_manifests(before: Manifest, after: Manifest) -> tuple[Difference, ...]:
    """Return what differs, in the order of kind and name."""
    return tuple(
        Difference(key, before.get(key), after.get(key))
        for key in sorted({*before, *after})
        if _body(before.get(key)) != _body(after.get(key))
    )


def _body(item: Item | None) -> Json | None:
    return item.body if item else None


def find_environment(item: Item, variable: str) -> str | None:
    """Return the value of an environment variable of a workload's first container, None without it."""
    return _environment(item.template).get(variable)


def differs_only_in_environment(difference: Difference, variable: str) -> bool:
    """Whether the one thing that replaces a workload's pods is an environment variable's value."""
    before, after = difference.before, difference.after
    if before is None or after is None or not difference.is_restart:
        return False
    return bool(_without(before.template, variable) == _without(after.template, variable))


def _environment(template: Json) -> dict[str, str]:
    containers = dig(template, "spec").get("containers") or [{}]
    return {entry.get("name"): entry.get("value") for entry in containers[0].get("env") or ()}


def _without(node: t.Any, variable: str) -> t.Any:
    """Return an object without the environment variable, wherever it is set."""
    if isinstance(node, dict):
        return {key: _without(value, variable) for key, value in node.items()}
    if isinstance(node, list):
        return [_without(each, variable) for each in node if not _sets(each, variable)]
    return node


def _sets(entry: t.Any, variable: str) -> bool:
    return isinstance(entry, dict) and entry.get("name") == variable and "value" in entry
