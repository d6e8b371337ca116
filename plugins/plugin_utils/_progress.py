# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The action plugin of a module that waits: prints what the module says while it works. PRIVATE to this collection.

The module is run once and in full, as without the plugin. It appends its lines to a file, which a variable of its
environment names and a thread reads meanwhile.
"""

from __future__ import annotations

import contextlib
import copy
import shlex
import tempfile
import typing as t

from ansible import constants
from ansible.errors import AnsibleError
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.milvus.cluster.plugins.module_utils._progress_file import VARIABLE
from ansible_collections.milvus.cluster.plugins.plugin_utils._follower import Follower

Json = dict[str, t.Any]
File = tuple[str, t.Callable[[int], bytes]]  # its path where the module runs; returns what it has from an offset on


class ProgressAction(NormalAction):
    """Runs the module of the same name as without an action plugin, and prints what it says."""

    def _execute_module(self, *args: t.Any, **options: t.Any) -> Json:
        task = self._task
        if task.no_log or task.async_val or task.check_mode:
            return t.cast("Json", super()._execute_module(*args, **options))
        environment = task.environment
        with self._follow() as path:
            try:
                # As core names the folder for async results to its wrapper.
                task.environment = [*environment, *([{VARIABLE: path}] if path else ())]
                return t.cast("Json", super()._execute_module(*args, **options))
            finally:
                task.environment = environment

    @contextlib.contextmanager
    def _follow(self) -> t.Iterator[str]:
        """Yield the path of a file whose lines are shown, or "" where it cannot be made: then none are."""
        with contextlib.ExitStack() as stack:
            path = ""
            try:
                path, read = stack.enter_context(self._open_local() if self._is_local else self._open_remote())
                stack.enter_context(Follower(read, Display().display, complain=Display().vvv))
            except (AnsibleError, OSError, RuntimeError) as exc:
                Display().vvv(f"No progress will be shown: {exc}")
            yield path

    @property
    def _is_local(self) -> bool:
        return self._connection.transport == "local" and not self._is_become_unprivileged()

    @contextlib.contextmanager
    def _open_local(self) -> t.Iterator[File]:
        folder = constants.DEFAULT_LOCAL_TMP  # type: ignore[attr-defined]  # made at run time
        with tempfile.NamedTemporaryFile(prefix="progress-", dir=folder, buffering=0) as file:

            def read(offset: int) -> bytes:
                file.seek(offset)
                return file.read()

            yield file.name, read

    @contextlib.contextmanager
    def _open_remote(self) -> t.Iterator[File]:
        """Make the file in the task's temporary folder, which goes away with the task."""
        folder = self._connection._shell.tmpdir or self._make_tmp_path()
        path = self._connection._shell.join_path(folder, "progress")
        self._transfer_data(path, b"")
        if self._is_become_unprivileged():
            self._fixup_perms2([folder, path])  # lets the other user read
            self._remote_set_user_facl([path], self.get_become_option("become_user"), "rw")
        # With a state of its own, for the thread runs its commands beside the module's.
        connection = copy.copy(self._connection)

        def read(offset: int) -> bytes:
            command = f"tail -c +{offset + 1} {shlex.quote(path)}"
            code, output, complaints = connection.exec_command(command, sudoable=False)
            if code:
                raise AnsibleError(f"{command}: {complaints!r}")
            return bytes(output)

        yield path, read
