# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils._causes import RULES, Cause
from ansible_collections.milvus.cluster.plugins.module_utils._diagnosis import (
    Diagnosis,
    Finding,
    rank,
    summarise_events,
    summarise_log,
)

CRASH = Cause("crash-loop", "Deployment/node", "Error, exit code 3.", ("p", "q", "s", "u"), "c", 3, 3)


def find(key: str, **fields: t.Any) -> Finding:
    return Finding(key, fields.pop("type", ""), 0, 2, "0 of 2 pods are ready", **fields)


def test_a_message_names_workload_counts_cause_pods_and_the_next_step() -> None:
    finding = find("Deployment/node", type="query_node", cause=CRASH, log=("one", "two"), events=("BackOff p: x",))
    diagnosis = Diagnosis((finding, find("Job/init")), ("events may not be read.",))
    first = (
        "Deployment node (query_node) has 0 of 2 pods ready: the container exits again and again "
        f"(pods p, q, s and 1 more): Error, exit code 3. {RULES['crash-loop'].remedy}"
    )
    assert diagnosis.text().splitlines() == [
        first,
        "Last lines of its log:",
        "  one",
        "  two",
        "Events:",
        "  BackOff p: x",
        "Also:",
        "  Job init is not complete: 0 of 2 pods are ready.",
        "events may not be read.",
    ]


def test_what_waits_names_what_it_waits_for() -> None:
    waits = find("Deployment/node", cause=CRASH, waits_for=("StatefulSet/etcd",))
    assert waits.sentence == "Deployment node has 0 of 2 pods ready and waits for StatefulSet etcd"
    own = find("Deployment/node", cause=Cause("image-not-found", "", "m", ("p",)), waits_for=("StatefulSet/etcd",))
    assert own.sentence == "Deployment node has 0 of 2 pods ready: the image does not exist (pod p): m"


def test_the_root_cause_comes_first() -> None:
    waits = find("Deployment/a", cause=CRASH, waits_for=("StatefulSet/etcd",))
    silent = find("Deployment/b")
    etcd = find("StatefulSet/etcd", cause=Cause("not-ready", "StatefulSet/etcd", ""))
    verdict = find("Deployment/c", cause=CRASH, waits_for=("StatefulSet/etcd",), is_verdict=True)
    assert rank([waits, silent, etcd, verdict]) == (verdict, etcd, silent, waits)


def test_nothing_found() -> None:
    assert Diagnosis((), ("the server is away.",)).text().startswith("the server is away. Try again")
    assert Diagnosis(()).reason == "nothing was read"


def test_plain_data() -> None:
    result = Diagnosis((find("Deployment/node", type="query_node", cause=CRASH, log=("x",)), find("Job/j"))).as_result()
    assert json.loads(json.dumps(result)) == result
    first, second = result["workloads"]
    assert (first["workload"], first["kind"], first["type"], first["ready"], first["desired"]) == (
        "node",
        "Deployment",
        "query_node",
        0,
        2,
    )
    assert first["cause"] == {
        "kind": "crash-loop",
        "message": "Error, exit code 3.",
        "pods": ["p", "q", "s", "u"],
        "container": "c",
        "exit_code": 3,
        "exits": 3,
        "log_tail": ["x"],
        "remedy": RULES["crash-loop"].remedy,
    }
    assert second["cause"] is None


def event(name: str, message: str, *, second: int) -> dict[str, t.Any]:
    time = f"2026-01-01T00:00:{second:02}Z"
    return {"reason": "R", "message": message, "involvedObject": {"name": name}, "lastTimestamp": time}


def test_events_newest_first_and_the_same_of_several_pods_once() -> None:
    uids = ("7f2c0911-4dcf-4902-ad37-b9f135d42b4b", "e8248d89-5f52-4549-a01b-edef9a725279")
    events = [
        event("n-787d886c66-2sg2m", f"Back-off in pod n-787d886c66-2sg2m_ns({uids[0]})", second=1),
        event("n-787d886c66-d4gz5", f"Back-off in pod n-787d886c66-d4gz5_ns({uids[1]})", second=2),
        event("n-787d886c66", 'Error creating: pods "n-787d886c66-bn9zj" is forbidden', second=3),
        event(
            "n-787d886c66",
            '(combined from similar events): Error creating: pods "n-787d886c66-qcln7" is forbidden',
            second=4,
        ),
    ]
    assert summarise_events(events) == (
        'R n-787d886c66: Error creating: pods "n-787d886c66-qcln7" is forbidden',
        f"R n-787d886c66-d4gz5: Back-off in pod n-787d886c66-d4gz5_ns({uids[1]})",
    )
    more = [event("etcd", f"cause {word}", second=5) for word in ("one", "two", "three", "four", "five")]
    assert len(summarise_events([*events, *more])) == 5


STACK = "goroutine 1 [running]:\nmain.main()\n\t/go/src/main.go:8 +0x4f\n"


@pytest.mark.parametrize(
    ("log", "lines"),
    [
        ("", ()),
        ("a\nb\n", ("a", "b")),
        ("".join(f"{number}\n" for number in range(30)), tuple(map(str, range(10, 30)))),
        (f"[ERROR] no\npanic: no\n\n{STACK}\n{STACK * 500}", ("[ERROR] no", "panic: no")),
        (f"panic: no [recovered]\n\tpanic: no\n\n{STACK}", ("panic: no [recovered]", "\tpanic: no")),
        (f"panic: old\n\n{STACK}a\npanic: new\n\n{STACK}", ("panic: old", "", *STACK.splitlines(), "a", "panic: new")),
        (f"SIGABRT: abort\nPC=0x4 m=0\n\n{STACK}", ("SIGABRT: abort", "PC=0x4 m=0")),
        ("panic: at the disco\nb\n", ("panic: at the disco", "b")),
    ],
)
def test_the_end_of_a_log(log: str, lines: tuple[str, ...]) -> None:
    assert summarise_log(log) == lines
