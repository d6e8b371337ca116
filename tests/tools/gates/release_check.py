# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Says what keeps the checkout from being released: version and changelog agree, as Semantic Versioning wants it."""

from __future__ import annotations

import re
import sys
import typing as t
from pathlib import Path

import yaml

Json = dict[str, t.Any]

_SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
# What a section of the changelog asks of the version: the first number that has to be another one.
_BUMPS = {
    **dict.fromkeys(("breaking_changes", "removed_features", "major_changes"), "major"),
    **dict.fromkeys(("minor_changes", "deprecated_features"), "minor"),
}
_PARTS = ("major", "minor", "patch")


def find_problems(version: str, *, releases: t.Mapping[str, Json], fragments: t.Collection[str]) -> list[str]:
    """Return a sentence for each thing that is not as a release has to be.

    version: of galaxy.yml
    releases: those of changelog.yaml, by version
    fragments: names of files that no release of the changelog has taken
    """
    if not _SEMANTIC.fullmatch(version):
        return [f"{version} in galaxy.yml is no version such as 1.2.3."]
    problems = []
    if fragments:
        names = ", ".join(sorted(fragments))
        problems.append(f"Fragments are in no release ({names}): run antsibull-changelog release.")
    if version not in releases:
        return [*problems, f"The changelog has no {version}: run antsibull-changelog release."]
    changes: Json = releases[version].get("changes") or {}
    if "release_summary" not in changes:
        problems.append(f"The changelog of {version} has no release_summary.")
    earlier = [_split(each) for each in releases if each != version]
    if earlier:
        problems += _judge(_split(version), max(earlier), changes=changes)
    return problems


def _judge(version: tuple[int, ...], before: tuple[int, ...], *, changes: Json) -> t.Iterator[str]:
    """Yield what is wrong with the step from the version before."""
    shown, former = (".".join(map(str, each)) for each in (version, before))
    if version <= before:
        yield f"{shown} is not newer than {former}, which has been released."
        return
    bump = [new != old for new, old in zip(version, before, strict=True)].index(True)
    for section in sorted(changes.keys() & _BUMPS.keys()):
        if _PARTS.index(_BUMPS[section]) < bump:
            yield f"{shown} has {section}, for which it has to be a new {_BUMPS[section]} version after {former}."


def _split(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def main(checkout: Path) -> int:
    """Print the problems and return the exit status."""
    version = yaml.safe_load((checkout / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    changelog = yaml.safe_load((checkout / "changelogs/changelog.yaml").read_text(encoding="utf-8"))
    fragments = [path.name for path in (checkout / "changelogs/fragments").glob("*.y*ml")]
    problems = find_problems(version, releases=changelog.get("releases") or {}, fragments=fragments)
    print("\n".join(problems) or f"{version} can be released.")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
