# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The checks of milvus_verify: what each needs to be read, and what judges it. Pure. PRIVATE to this collection."""

from __future__ import annotations

import typing as t

from ._verify_data import (
    FORGONE,
    PROBE,
    RESOURCE_GROUPS,
    SMOKE_TEST,
    check_probe,
    check_resource_groups,
    check_smoke_test,
)
from ._verify_outcome import FAILED, SKIPPED, Outcome, skip
from ._verify_pods import check_disruption_budgets, check_endpoints, check_images, check_pods, check_volumes
from ._verify_release import check_autoscalers, check_components, check_counts, check_release
from ._verify_scene import (
    ANSWERS,
    BUDGETS,
    CLAIMS,
    ENDPOINTS,
    GROUPS,
    LISTINGS,
    PODS,
    PROBED,
    SMOKE,
    SPREAD,
    ZONES,
    Scene,
)
from ._verify_workers import check_health, check_registration, check_settled

Json = dict[str, t.Any]


class Check(t.NamedTuple):
    """A question to a scene.

    *needs* are the parts of the scene without which it cannot be answered, *extras* are told with it where they can be
    read.
    """

    judge: t.Callable[[Scene], Outcome]
    needs: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


# In this order they are judged and told.
CHECKS: t.Mapping[str, Check] = {
    "release": Check(check_release),
    "components": Check(check_components),
    "counts": Check(check_counts),
    "pods": Check(check_pods, (PODS,), (ZONES,)),
    "images": Check(check_images, (PODS,)),
    "volumes": Check(check_volumes, (PODS, CLAIMS)),
    "endpoints": Check(check_endpoints, (ENDPOINTS,)),
    "autoscalers": Check(check_autoscalers),
    "disruption_budgets": Check(check_disruption_budgets, (PODS, BUDGETS)),
    "registration": Check(check_registration, (LISTINGS,)),
    "health": Check(check_health, (PODS, ANSWERS)),
    "settled": Check(check_settled, (PODS, SPREAD)),
    RESOURCE_GROUPS: Check(check_resource_groups, (PODS, GROUPS)),
    SMOKE_TEST: Check(check_smoke_test, (PODS, SMOKE)),
    PROBE: Check(check_probe, (PODS, PROBED)),
}
# These are done only where the task asks for them: they take a right more, and two of them load Milvus.
_ON_DEMAND = (RESOURCE_GROUPS, SMOKE_TEST, PROBE)


class Checked(t.NamedTuple):
    """A check by its name, how it came out, and whether it must not be skipped."""

    name: str
    outcome: Outcome
    is_required: bool = False

    @property
    def is_failure(self) -> bool:
        """Whether the task fails for it."""
        return self.outcome.outcome == FAILED or (self.is_required and self.outcome.outcome == SKIPPED)

    def as_result(self) -> Json:
        """Return it as the module does."""
        return {"name": self.name, **self.outcome._asdict()}


def choose(names: t.Collection[str], required: t.Collection[str], *, wanted: t.Collection[str] = ()) -> tuple[str, ...]:
    """Return the checks to do, in their order: those of all three, and without *names* all that need no wish."""
    asked = {*names, *required, *wanted}
    return tuple(name for name in CHECKS if name in asked or (not names and name not in _ON_DEMAND))


def find_needs(names: t.Iterable[str]) -> frozenset[str]:
    """Return what has to be read for these checks."""
    return frozenset(need for name in names for need in (*CHECKS[name].needs, *CHECKS[name].extras))


def judge_all(scene: Scene, names: t.Iterable[str], *, required: t.Collection[str]) -> tuple[Checked, ...]:
    """Judge a scene. What lacks something that could not be read is skipped with the reason.

    What check mode itself does not do is no failure, though it is *required*: nobody can make it possible there.
    """
    outcomes = {name: _judge(scene, CHECKS[name]) for name in names}
    return tuple(Checked(name, outcome, name in required and outcome != FORGONE) for name, outcome in outcomes.items())


def _judge(scene: Scene, check: Check) -> Outcome:
    unread = [scene.unread[need] for need in check.needs if need in scene.unread]
    return skip(" ".join(unread)) if unread else check.judge(scene)


def skip_all(names: t.Iterable[str], reason: str) -> tuple[Checked, ...]:
    """Return that none of these was done, and why."""
    return tuple(Checked(name, skip(reason)) for name in names)
