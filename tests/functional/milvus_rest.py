# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Milvus 2.3 over its own HTTP API: vectors whose nearest neighbours are known."""

from __future__ import annotations

import json
import random
import typing as t
import urllib.request
from dataclasses import dataclass

DIMENSION, COUNT = 8, 500
_SEED = 1


def vectors() -> list[list[float]]:
    """The same vectors each time; of each the nearest is itself, at distance 0."""
    dice = random.Random(_SEED)
    return [[dice.random() for _number in range(DIMENSION)] for _number in range(COUNT)]


class RefusedError(Exception):
    """Milvus has said no; its answer is the text."""


@dataclass(frozen=True)
class Milvus:
    """The proxies of a release behind ``url``, such as ``http://10.96.0.9:19530``."""

    url: str
    collection: str = "points"

    def fill(self) -> None:
        """Make the collection, with an index, and insert the vectors, each with its number."""
        self._call("collections/create", dimension=DIMENSION, metricType="L2")
        rows = [{"vector": vector, "number": number} for number, vector in enumerate(vectors())]
        answer = self._call("insert", data=rows)
        assert answer["insertCount"] == COUNT

    def find_wrong(self, numbers: t.Iterable[int]) -> list[int]:
        """The numbers of those vectors that a search for just them does not find, or is refused."""
        all_vectors = vectors()
        return [number for number in numbers if self._nearest(all_vectors[number]) != [number]]

    def list_names(self) -> list[str]:
        """The collections that there are."""
        with urllib.request.urlopen(f"{self.url}/v1/vector/collections", timeout=60) as response:
            return sorted(json.load(response)["data"])

    def _nearest(self, vector: list[float]) -> list[int]:
        try:
            hits = self._call("search", vector=vector, limit=1, outputFields=["number"])
        except RefusedError:
            return []
        return [hit["number"] for hit in hits]

    def _call(self, path: str, **body: t.Any) -> t.Any:
        request = urllib.request.Request(
            f"{self.url}/v1/vector/{path}",
            data=json.dumps({"collectionName": self.collection, **body}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        if answer["code"] != 200:
            raise RefusedError(answer)
        return answer["data"]
