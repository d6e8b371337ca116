# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""One run of helm that comes to an orderly end: private files, signals, a time limit. PRIVATE to this collection.

helm that is killed leaves the release locked; helm that is asked to stop notes that the operation has failed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
import typing as t

GRACE = 20.0  # seconds between being asked to stop and being killed
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOOK = 0.5  # seconds between looks at the time limit; the end of helm is seen at once
# helm takes a chart's name that is also one in the current folder for a path. No chart is among the devices.
_FOLDER = os.path.dirname(os.devnull)


class Command(t.NamedTuple):
    """What to run. *files* has a secret text for each environment variable that shall name a file with it.

    After *seconds* it is stopped. *stops* says that it ends in order on SIGTERM; else it is only left some more time.
    *inherited* are the descriptors of files that it shall keep open. *tick* is called again and again meanwhile.
    """

    argv: tuple[str, ...]
    environment: t.Mapping[str, str]
    seconds: float
    stdin: str = ""
    files: t.Mapping[str, str] = {}
    stops: bool = False
    inherited: tuple[int, ...] = ()
    tick: t.Callable[[], None] = lambda: None


class Finished(t.NamedTuple):
    """How a run ended. *signal* is the name of the first signal that came to this process meanwhile, or empty."""

    exit_code: int
    stdout: str
    stderr: str
    signal: str = ""
    timed_out: bool = False


Runner = t.Callable[[Command], Finished]


def run(command: Command) -> Finished:
    """Run a program to its end. Raises OSError when it cannot be started."""
    environment, descriptors = dict(command.environment), list(command.inherited)
    with contextlib.ExitStack() as stack:
        for variable, text in command.files.items():
            environment[variable], inherited = stack.enter_context(_private_file(text))
            descriptors += inherited
        stdin = stack.enter_context(_whole_file(command.stdin))
        ending = stack.enter_context(_Ending(command))
        # AnsibleModule.run_command cannot hand signals on.
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            command.argv,
            cwd=_FOLDER,
            env=environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=descriptors,
            # Ctrl-C and a lost terminal reach whole process groups; helm does not know SIGHUP, nor uninstall any.
            start_new_session=True,
        )
        with process:
            stdout, stderr = ending.await_end(process)
    said, complained = (stream.decode("utf-8", "replace") for stream in (stdout, stderr))
    return Finished(process.returncode, said, complained, ending.signal, ending.timed_out)


@contextlib.contextmanager
def _private_file(text: str) -> t.Iterator[tuple[str, list[int]]]:
    """Yield the path of a file that nobody else can read, and the descriptors to inherit; it is gone afterwards."""
    try:
        descriptor = os.memfd_create("private")
    except (AttributeError, OSError):  # not Linux
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="milvus-") as file:
            file.write(text)
            file.flush()
            yield file.name, []
        return
    with open(descriptor, "w", encoding="utf-8") as memory:
        os.fchmod(descriptor, 0o600)  # helm warns of more
        memory.write(text)
        memory.flush()
        yield f"/proc/self/fd/{descriptor}", [descriptor]


@contextlib.contextmanager
def _whole_file(text: str) -> t.Iterator[t.IO[bytes]]:
    """Yield a file of no name with a text, to be read from its beginning.

    A pipe ends where this process is killed: helm would take the values that it has got so far, or none, for all.
    """
    with _open_nameless() as file:
        file.write(text.encode())
        file.seek(0)
        yield file


def _open_nameless() -> t.IO[bytes]:
    try:
        return open(os.memfd_create("stdin"), "w+b")
    except (AttributeError, OSError):  # not Linux
        return tempfile.TemporaryFile()


class _Ending:
    """Listens for signals from before the start of a program to its end, and sees to that end."""

    def __init__(self, command: Command) -> None:
        self.signal = ""
        self.timed_out = False
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline = time.monotonic() + command.seconds
        self._asked = False
        self._previous: dict[signal.Signals, t.Any] = {}

    def __enter__(self) -> _Ending:
        if threading.current_thread() is threading.main_thread():  # no other may listen
            handlers = {number: signal.getsignal(number) for number in _SIGNALS}
            # What nohup has set to be ignored stays ignored.
            self._previous = {number: one for number, one in handlers.items() if one not in (None, signal.SIG_IGN)}
            for number in self._previous:
                signal.signal(number, self._note)
        return self

    def __exit__(self, *_exc: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def await_end(self, process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
        """Return what the process has written to standard output and error."""
        self._process = process
        if self.signal:
            self._ask()
        while (streams := _communicate(process)) is None:
            self._watch_time(process)
        return streams

    def _watch_time(self, process: subprocess.Popen[bytes]) -> None:
        self._command.tick()
        if time.monotonic() < self._deadline:
            return
        if self._asked:
            process.kill()
        else:
            self.timed_out = True
            self._ask()

    def _note(self, number: int, _frame: object) -> None:
        self.signal = self.signal or signal.Signals(number).name
        if self._process is not None:
            self._ask()

    def _ask(self) -> None:
        """Ask it to stop, once."""
        if self._asked or self._process is None:
            return
        self._asked, self._deadline = True, time.monotonic() + GRACE
        if self._command.stops:
            self._process.terminate()


def _communicate(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes] | None:
    """Return what a process has written when it ends within moments, else None."""
    try:
        return process.communicate(timeout=_LOOK)
    except subprocess.TimeoutExpired:
        return None
