# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Asks Milvus a question whose answer is known, and writes down every answer. Runs in an environment with pymilvus.

``searcher.py fill ADDRESS`` makes and loads a collection, unless it is there. ``searcher.py ask ADDRESS LOG`` asks
until it is told to stop, and appends a line of JSON for each answer: ``at`` (when it was asked, seconds since the
epoch), ``seconds``, ``outcome`` and ``detail``.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import itertools
import json
import logging
import signal
import threading
import time
import typing as t
from pathlib import Path

import numpy as np
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, MilvusException, connections, utility

NAME = "known_answers"
DIMENSIONS, SEGMENTS, ROWS = 32, 8, 500  # rows of a segment
NEAREST = 10
QUESTIONS = 50
TIMEOUT_SECONDS = 60.0  # longer than any outage that was ever seen, so that one that hangs shows its length
LATE_SECONDS = 1.0

Vectors = t.Any  # an array of numpy


def known_vectors() -> Vectors:
    """The same numbers at each call, for the one who fills and the one who asks; the id of a row is its place."""
    return np.random.default_rng(seed=7).random((SEGMENTS * ROWS, DIMENSIONS), dtype=np.float32)


def answer(vectors: Vectors, question: Vectors) -> list[int]:
    """The ids of the nearest rows by the definition of the distance, nearest first."""
    distances = ((vectors - question) ** 2).sum(axis=1)
    return [int(number) for number in np.argsort(distances, kind="stable")[:NEAREST]]


def connect(address: str) -> None:
    """Connect once the proxy answers."""
    host, _colon, port = address.rpartition(":")
    connections.connect(host=host, port=port, timeout=TIMEOUT_SECONDS)


def fill(address: str) -> None:
    """Make the collection in segments of their own, so that query nodes have something to share, and load it."""
    connect(address)
    if not utility.has_collection(NAME):
        fields = [
            FieldSchema("id", DataType.INT64, is_primary=True),
            FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIMENSIONS),
        ]
        collection = Collection(NAME, CollectionSchema(fields), shards_num=2)
        for part, rows in enumerate(np.split(known_vectors(), SEGMENTS)):
            collection.insert([list(range(part * ROWS, (part + 1) * ROWS)), rows.tolist()])
            collection.flush()
        # Compares with every row: what is found is right or wrong, not nearly right.
        collection.create_index("vector", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    Collection(NAME).load()


def ask(address: str, log: t.TextIO, *, every: float, consistency: str) -> None:
    """Ask a question *every* so many seconds, however long the answers take, until SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    connect(address)
    collection, vectors, lock = Collection(NAME), known_vectors(), threading.Lock()
    questions = [(vectors[row], answer(vectors, vectors[row])) for row in range(QUESTIONS)]

    def put(question: Vectors, expected: list[int]) -> None:
        entry = judge(collection, question, expected=expected, consistency=consistency)
        with lock:
            print(json.dumps(entry), file=log, flush=True)

    with concurrent.futures.ThreadPoolExecutor(max_workers=int(TIMEOUT_SECONDS / every) + 1) as pool:
        for question, expected in itertools.cycle(questions):
            pool.submit(put, question, expected)
            if stop.wait(every):
                break


def judge(collection: t.Any, question: Vectors, *, expected: list[int], consistency: str) -> dict[str, t.Any]:
    """Ask one question and return the line that is written down."""
    began, clock = time.time(), time.monotonic()
    try:
        options = {"limit": NEAREST, "timeout": TIMEOUT_SECONDS, "consistency_level": consistency}
        found = collection.search([question.tolist()], "vector", {"metric_type": "L2"}, **options)
        ids, detail = [hit.id for hit in found[0]], ""
    except MilvusException as exc:
        ids, detail = None, str(exc)[:300]
    seconds = time.monotonic() - clock
    if ids is None:
        outcome = "failed"
    elif not ids:
        outcome = "empty"
    elif ids != expected:
        outcome, detail = "wrong", f"{len(set(ids) & set(expected))} of {len(expected)} right"
    else:
        outcome = "late" if seconds > LATE_SECONDS else "right"
    return {"at": began, "seconds": round(seconds, 3), "outcome": outcome, "detail": detail}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["fill", "ask"])
    parser.add_argument("address")
    parser.add_argument("log", nargs="?", type=Path)
    parser.add_argument("--every", type=float, default=0.2, help="seconds")
    parser.add_argument("--consistency", default="Bounded", help="Milvus' own default is Bounded")
    options = parser.parse_args()
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # each failure is in the log already
    if options.command == "fill":
        fill(options.address)
    else:
        with options.log.open("a", encoding="utf-8") as log:
            ask(options.address, log, every=options.every, consistency=options.consistency)


if __name__ == "__main__":
    main()
