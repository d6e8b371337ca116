# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which chart versions a constraint allows, by the rules of Helm. Pure. PRIVATE to this collection.

Helm leaves them to github.com/Masterminds/semver: https://github.com/Masterminds/semver#checking-version-constraints.
"""

from __future__ import annotations

import re
import typing as t

from ._errors import OptionError

_LABELS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_TAIL = rf"(?:-(?P<labels>{_LABELS}))?(?:\+{_LABELS})?"
_VERSION = re.compile(rf"v?(?P<major>\d+)(?:\.(?P<minor>\d+))?(?:\.(?P<patch>\d+))?{_TAIL}", re.ASCII)
_OPEN = re.compile(r"[xX*]")
_NUMBER = r"(?:\d+|[xX*])"
_BOUND = re.compile(
    rf"(?P<operator>!=|>=|=>|<=|=<|~>|[=><~^]|)\s*v?(?P<numbers>{_NUMBER}(?:\.{_NUMBER}){{0,2}}){_TAIL}", re.ASCII
)
_SEPARATOR = re.compile(r"\s*,\s*|\s+")
_HYPHEN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")


class _Labels(t.NamedTuple):
    """The rank of a pre-release among those of its version; a final release is above all of them."""

    is_final: bool
    keys: tuple[tuple[int, int, str], ...]


class _Version(t.NamedTuple):
    """A version, which compares as semantic versions do."""

    major: int
    minor: int
    patch: int
    labels: _Labels

    @property
    def numbers(self) -> tuple[int, int, int]:
        return self[:3]


class _Bound(t.NamedTuple):
    """One comparison. *given* is how many of the three numbers are given; `5.x` and `5` give one."""

    operator: str
    version: _Version
    given: int


def check_constraint(text: str) -> None:
    """Raise OptionError when the text is no constraint that Helm can read."""
    _parse(text)


def satisfies(version: str, constraint: str) -> bool:
    """Whether *constraint* allows *version*. Raises OptionError for an unreadable constraint."""
    alternatives = _parse(constraint)
    match = _VERSION.fullmatch(version)
    if version == constraint or match is None:
        return version == constraint
    numbers = [int(match[name] or 0) for name in ("major", "minor", "patch")]
    found = _make_version(numbers, match["labels"])
    return any(_allows(bounds, found) for bounds in alternatives)


def _parse(text: str) -> list[list[_Bound]]:
    return [[_read_bound(word, text) for word in _split(part)] for part in text.split("||")]


def _split(part: str) -> list[str]:
    """Return the comparisons of one alternative, each as `<operator><version>`."""
    part = _HYPHEN.sub(r" >=\1 <=\2 ", part).strip()
    return _SEPARATOR.split(re.sub(r"([=><~^!])\s+", r"\1", part))


def _read_bound(word: str, constraint: str) -> _Bound:
    match = _BOUND.fullmatch(word)
    if match is None:
        raise OptionError(
            "Reading the option chart_version",
            reason=f"'{constraint}' is neither a version nor a constraint that Helm can read",
            remedy="Write a version such as 5.0.19, or a constraint such as '>=5.0.12, <6' or '5.0.x'.",
        )
    numbers: list[int] = []
    for number in match["numbers"].split("."):
        if _OPEN.fullmatch(number):
            break
        numbers.append(int(number))
    operator = {"=>": ">=", "=<": "<=", "~>": "~", "": "="}.get(match["operator"], match["operator"])
    return _Bound(operator, _make_version(numbers, match["labels"]), len(numbers))


def _make_version(numbers: list[int], labels: str | None) -> _Version:
    major, minor, patch = [*numbers, 0, 0, 0][:3]
    keys = (((0, int(key), "") if key.isdigit() else (1, 0, key)) for key in (labels or "").split(".") if key)
    return _Version(major, minor, patch, _Labels(not labels, tuple(keys)))


def _allows(bounds: list[_Bound], version: _Version) -> bool:
    # A pre-release is meant only where one is named.
    if not version.labels.is_final and all(bound.version.labels.is_final for bound in bounds):
        return False
    return all(_RULES[bound.operator](version, bound) for bound in bounds)


def _starts_alike(version: _Version, bound: _Bound) -> bool:
    """Whether the numbers that the bound gives are the version's."""
    return version.numbers[: bound.given] == bound.version.numbers[: bound.given]


def _equals(version: _Version, bound: _Bound) -> bool:
    return version == bound.version if bound.given == 3 else _starts_alike(version, bound) and version >= bound.version


def _is_above(version: _Version, bound: _Bound) -> bool:
    return version > bound.version and (bound.given == 3 or not _starts_alike(version, bound))


def _is_at_most(version: _Version, bound: _Bound) -> bool:
    return version <= bound.version or (bound.given < 3 and _starts_alike(version, bound))


def _allows_patches(version: _Version, bound: _Bound) -> bool:
    least = bound.version
    # Upstream takes ~0.0.0 for ">=0.0.0".
    fixed = 0 if bound.given == 3 and least.numbers == (0, 0, 0) else min(bound.given, 2)
    return version >= least and version.numbers[:fixed] == least.numbers[:fixed]


def _allows_compatible(version: _Version, bound: _Bound) -> bool:
    least = bound.version
    # What is fixed reaches up to the first number that is not 0.
    leading = next((index for index, number in enumerate(least.numbers) if number), 2) + 1
    fixed = min(leading, bound.given)
    return version >= least and version.numbers[:fixed] == least.numbers[:fixed]


_RULES: dict[str, t.Callable[[_Version, _Bound], bool]] = {
    "=": _equals,
    "!=": lambda version, bound: not _equals(version, bound),
    ">": _is_above,
    ">=": lambda version, bound: version >= bound.version,
    "<": lambda version, bound: version < bound.version,
    "<=": _is_at_most,
    "~": _allows_patches,
    "^": _allows_compatible,
}
