# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""SIGKILL at random moments of scales: the same task again converges, and helm alone owns the counts then."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from installer import BY_HAND, Installer

_LENGTH = 6.0  # seconds that a scale takes about, when it is left alone


def strike_often(scaler: Installer, turns: int) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for turn in range(turns):
        replicas = {"query_node": chance.randint(1, 4), "proxy": chance.randint(1, 3)}
        delay = chance.uniform(0, _LENGTH)
        print(f"seed {seed}, turn {turn}: {replicas}, killed after {delay:.2f} s")
        process = scaler.start(replicas=replicas).process
        time.sleep(delay)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=120)
        scaler.run(replicas=replicas)
        scaler.check_all_ready()
        assert scaler.query_nodes == replicas["query_node"]
        scaler.keep(replicas=replicas)
        assert scaler.find_count_owners() == {"helm"}


@pytest.fixture
def scaler(scaler: Installer) -> Installer:
    """With a release to scale."""
    scaler.cluster.install(BY_HAND)
    return scaler


def test_kills(scaler: Installer) -> None:
    strike_often(scaler, 3)


@pytest.mark.soak
def test_many_kills(scaler: Installer) -> None:
    strike_often(scaler, 20)
