# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _helm_process
from ansible_collections.milvus.cluster.plugins.module_utils._helm_process import Command, Finished, run

LONG = 60.0  # seconds; no test lasts that long


def python(code: str, **arguments: t.Any) -> Command:
    """A command that runs Python code."""
    return Command((sys.executable, "-c", code), {**os.environ}, arguments.pop("seconds", LONG), **arguments)


def test_streams_and_exit_code() -> None:
    code = "import sys; print(sys.stdin.read()[::-1]); print('é', file=sys.stderr); sys.exit(3)"
    assert run(python(code, stdin="abc")) == Finished(3, "cba\n", "é\n")


def test_more_than_a_pipe_holds() -> None:
    text = "x" * 1_000_000
    assert run(python("import sys; print(sys.stdin.read(), end='')", stdin=text)).stdout == text


def test_its_input_is_whole_whatever_becomes_of_us() -> None:
    """Values that break off where we are killed would be other values, and none the chart's own."""
    code = "import os, stat, sys; print(stat.S_ISREG(os.fstat(0).st_mode), sys.stdin.read())"
    assert run(python(code, stdin="abc")).stdout == "True abc\n"
    assert run(python(code)).stdout == "True \n"


def test_it_runs_where_no_chart_is() -> None:
    assert run(python("import os; print(os.getcwd())")).stdout == "/dev\n"


def test_the_program_is_missing() -> None:
    with pytest.raises(FileNotFoundError):
        run(Command(("/no/such/program",), {}, LONG))


@pytest.mark.parametrize("memory", [True, False])
def test_private_files(memory: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if not memory:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    code = "import os; path = os.environ['CONFIG']; print(open(path).read(), oct(os.stat(path).st_mode)[-3:], path)"
    text, mode, path = run(python(code, files={"CONFIG": "secret"})).stdout.split()
    assert (text, mode) == ("secret", "600")
    assert path.startswith("/proc/self/fd/" if memory and sys.platform == "linux" else str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def signal_when(path: Path, number: signal.Signals) -> threading.Thread:
    """Send a signal to this very process as soon as there is a file."""

    def send() -> None:
        while not path.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


# It notes that it is ready, says when it is asked to stop, and ends by itself when it is told so.
OBEDIENT = """
import signal, sys, time
def stop(number, frame):
    sys.exit(f"stopped by {signal.Signals(number).name}")
signal.signal(signal.SIGTERM, stop)
open(sys.argv[1], "w").close()
time.sleep(60)
"""
DEAF = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").close()
time.sleep(60)
"""
SHORT = "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(1.5); print('done')"


def with_argument(command: Command, path: Path) -> Command:
    return command._replace(argv=(*command.argv, str(path)))


@pytest.fixture
def heard() -> t.Iterator[None]:
    """Signals as a process in the foreground has them: a shell in the background, or nohup, has some ignored."""
    before = {
        number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_handed_on_and_the_end_awaited(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_helm_process, "GRACE", 120)  # a busy machine may take longer than any helm
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    thread = signal_when(tmp_path / "ready", number)
    finished = run(with_argument(python(OBEDIENT, stops=True), tmp_path / "ready"))
    thread.join()
    assert finished == Finished(1, "", "stopped by SIGTERM\n", number.name)
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == before


def test_what_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_helm_process, "GRACE", 0.1)
    thread = signal_when(tmp_path / "ready", signal.SIGTERM)
    finished = run(with_argument(python(DEAF, stops=True), tmp_path / "ready"))
    thread.join()
    assert (finished.exit_code, finished.signal) == (-signal.SIGKILL, "SIGTERM")


def test_what_does_not_know_signals_is_left_to_end(tmp_path: Path) -> None:
    thread = signal_when(tmp_path / "ready", signal.SIGTERM)
    finished = run(with_argument(python(SHORT), tmp_path / "ready"))
    thread.join()
    assert finished == Finished(0, "done\n", "", "SIGTERM")


def test_time_limit() -> None:
    code = OBEDIENT.replace("sys.argv[1]", "'/dev/null'")
    finished = run(python(code, stops=True, seconds=1.0))
    assert (finished.exit_code, finished.stderr, finished.timed_out) == (1, "stopped by SIGTERM\n", True)


def test_signals_that_are_ignored_stay_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        code = f"import os, signal; os.kill({os.getpid()}, signal.SIGHUP)"
        assert run(python(code)).signal == ""
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_thread_runs_it_too() -> None:
    results: list[Finished] = []
    thread = threading.Thread(target=lambda: results.append(run(python("print(1)"))))
    thread.start()
    thread.join()
    assert results == [Finished(0, "1\n", "")]
