# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What Milvus processes say of themselves, at /healthz beside their metrics. PRIVATE to this collection.

Each knows of its own roles alone: a process that is well does not show that its coordinator is there.
"""

from __future__ import annotations

import concurrent.futures
import json
import time
import typing as t

from ._connection import AT_A_TIME
from ._errors import ForbiddenError, KubeError
from ._registration import METRICS_PORT

if t.TYPE_CHECKING:
    from ._kube import KubeClient

PAGE = "healthz"
BUDGET = 30.0  # seconds for all pods together
_LONGEST = 120  # characters of an answer that nobody expects
_OK = "OK"
# StateCode of milvus-proto (common.proto).
_STATES = {0: "initializing", 1: "healthy", 2: "abnormal", 3: "standing by", 4: "stopping"}
_WELL = (1, 3)


class Answer(t.NamedTuple):
    """Whether a process is well, and what it says where it is not."""

    is_well: bool
    words: str = ""


def read_answer(status: int, text: str) -> Answer:
    """Read an answer of /healthz: "OK", or a state for all roles of the process and one for each, as JSON."""
    told = text.strip()
    body = _parse(told)
    state = body.get("state")
    if status == 200 and _OK in (told, state):
        return Answer(True)
    roles = [entry for entry in body.get("detail") or () if isinstance(entry, dict)]
    ill = [f"{entry.get('name')} is {_name(entry.get('code'))}" for entry in roles if entry.get("code") not in _WELL]
    return Answer(False, ", ".join(ill) or f"HTTP {status}: {str(state or told)[:_LONGEST]!r}")


def _name(code: t.Any) -> str:
    return _STATES.get(code, f"in state {code}")


def _parse(text: str) -> dict[str, t.Any]:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def ask(
    client: KubeClient, pods: t.Sequence[str], *, clock: t.Callable[[], float] = time.monotonic
) -> tuple[dict[str, Answer], dict[str, str]]:
    """Ask all *pods*, some at a time, and no more of them when the time is up or asking is forbidden.

    Returns answers by pod, and why there is none by those that gave none.
    """
    answers: dict[str, Answer] = {}
    unanswered: dict[str, str] = {}
    deadline, forbidden = clock() + BUDGET, ""

    def ask_one(pod: str) -> None:
        nonlocal forbidden
        if forbidden or clock() >= deadline:
            unanswered[pod] = forbidden or f"not asked within {BUDGET:g} s"
            return
        try:
            answers[pod] = read_answer(*client.ask_pod(pod, port=METRICS_PORT, path=PAGE))
        except ForbiddenError as exc:
            unanswered[pod] = forbidden = str(exc)
        except KubeError as exc:
            unanswered[pod] = exc.reason

    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        list(pool.map(ask_one, pods))
    return answers, unanswered
