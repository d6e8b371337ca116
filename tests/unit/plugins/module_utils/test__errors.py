# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

from ansible_collections.milvus.cluster.plugins.module_utils._errors import MilvusError, OptionError


def test_says_action_reason_and_next_step() -> None:
    error = OptionError("Reading the option host", reason="'x' is no URL", remedy="Write https://x.", option="host")
    assert str(error) == "Reading the option host failed: 'x' is no URL. Write https://x."
    assert error.facts == {"option": "host"}


def test_the_outcome_can_be_another_one() -> None:
    class BlockedError(MilvusError):
        outcome = "is blocked"

    assert str(BlockedError("Scaling", reason="a", remedy="b.")) == "Scaling is blocked: a. b."
