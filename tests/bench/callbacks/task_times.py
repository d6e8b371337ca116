# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A JSON line for each task of a benched playbook: ``task``, ``seconds``, ``ended``, ``changed`` and ``failure``."""

from __future__ import annotations

import json
import time
import typing as t

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """``seconds`` runs from the start of the task to its result; what Ansible does around tasks is not in it.

    ``ended`` is the moment of the result in seconds since the epoch.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "task_times"

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:  # noqa: ARG002
        self._started = time.monotonic()

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._print(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:  # noqa: ARG002
        self._print(result, failed=True)

    def _print(self, result: t.Any, *, failed: bool = False) -> None:
        record = {
            "task": result._task.get_name(),
            "seconds": time.monotonic() - self._started,
            "ended": time.time(),
            "changed": bool(result._result.get("changed")),
            "failure": str(result._result.get("msg", "it gives no reason")) if failed else None,
        }
        self._display.display(json.dumps(record))
