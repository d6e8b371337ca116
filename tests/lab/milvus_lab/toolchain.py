# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs of the lab, built from the Go module proxy and cached under a hash of their lock files."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError
from .paths import LAB_SOURCE, cache_root

MINIMUM_GO = (1, 26)
HEARTBEAT_SECONDS = 30
USUAL_GO = "/usr/local/go/bin"

Say = t.Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """One program: ``package`` of ``module``, locked by ``tests/lab/go/<lock>/go.sum``.

    ``version_symbols`` are Go variables to set at link time; ``{v}``, ``{major}`` and ``{minor}`` stand for
    the locked version of ``module``.
    """

    name: str
    lock: str
    module: str
    package: str
    version_symbols: tuple[str, ...] = ()
    needs_c: t.ClassVar[bool] = False


class ProgramWithC(Program):
    """A program that holds C, and needs a C compiler to be built."""

    needs_c = True


@dataclass(frozen=True)
class Toolset:
    """Programs that are built together and cached together in ``folder`` of the lab's cache.

    ``estimate`` tells how long that takes; ``tags`` are Go's build tags for all of them.
    """

    programs: tuple[Program, ...]
    folder: str
    estimate: str
    tags: str = ""

    def key(self) -> str:
        """Twelve hex digits over everything that decides what is built."""
        digest = hashlib.sha256(f"{platform.system()} {platform.machine()} {self.programs}{self.tags}".encode())
        for lock in sorted({program.lock for program in self.programs}):
            for path in sorted(path for path in (LAB_SOURCE / "go" / lock).rglob("*") if path.is_file()):
                digest.update(path.read_bytes())
        return digest.hexdigest()[:12]

    def path(self) -> Path:
        """The folder with the programs, built or not."""
        return cache_root() / self.folder / self.key()


KUBERNETES_SYMBOLS = (
    "k8s.io/component-base/version.gitVersion={v}",
    "k8s.io/component-base/version.gitMajor={major}",
    "k8s.io/component-base/version.gitMinor={minor}",
)


def _kubernetes(name: str) -> Program:
    return Program(name, "lab", "k8s.io/kubernetes", f"k8s.io/kubernetes/cmd/{name}", KUBERNETES_SYMBOLS)


PROGRAMS = (
    Program("etcd", "lab", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3"),
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kubectl"),
    Program(
        "kwok", "lab", "sigs.k8s.io/kwok", "sigs.k8s.io/kwok/cmd/kwok", ("sigs.k8s.io/kwok/pkg/consts.Version={v}",)
    ),
    Program(
        "helm", "lab", "helm.sh/helm/v4", "helm.sh/helm/v4/cmd/helm", ("helm.sh/helm/v4/internal/version.version={v}",)
    ),
    Program(
        "helm3",
        "helm3",
        "helm.sh/helm/v3",
        "helm.sh/helm/v3/cmd/helm",
        ("helm.sh/helm/v3/internal/version.version={v}",),
    ),
)


SIMULATED = Toolset(PROGRAMS, "bin", "6 to 10 minutes")


def versions(toolset: Toolset = SIMULATED) -> dict[str, str]:
    """Program name to the version its lock file pins, such as ``{"helm": "v4.3.1"}``."""
    return {program.name: _locked_version(program) for program in toolset.programs if program.module}


def _locked_version(program: Program) -> str:
    text = (LAB_SOURCE / "go" / program.lock / "go.mod").read_text()
    match = re.search(rf"^\s*(?:require\s+)?{re.escape(program.module)} (v\S+)", text, re.MULTILINE)
    if match is None:
        raise LabError(f"tests/lab/go/{program.lock}/go.mod does not pin {program.module}; run 'go mod tidy' there")
    return match[1]


def cache_key() -> str:
    """The key of the programs that every lab has."""
    return SIMULATED.key()


def ensure_programs(say: Say, toolset: Toolset = SIMULATED) -> Path:
    """Build what is missing, saying how far it is, and return the folder with all programs of the toolset.

    An interrupted build keeps the programs that it finished.
    """
    folder = toolset.path()
    if not _missing(toolset):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    go = find_go()
    with _build_lock(folder, say):
        missing = _missing(toolset)
        if missing:
            say(f"building {len(missing)} programs from source, once ({toolset.estimate} on 2 cores) into {folder}")
        for number, program in enumerate(missing, start=1):
            argv = [go, "build", "-trimpath", "-tags", toolset.tags, "-ldflags", _link_flags(program)]
            _build(program, argv, folder=folder, say=_prefixed(f"[{number}/{len(missing)}] ", say))
    return folder


def _missing(toolset: Toolset) -> list[Program]:
    return [program for program in toolset.programs if not (toolset.path() / program.name).exists()]


def _prefixed(prefix: str, say: Say) -> Say:
    return lambda text: say(prefix + text)


@contextlib.contextmanager
def _build_lock(folder: Path, say: Say) -> t.Iterator[None]:
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another build of the same programs is under way; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def find_go() -> str:
    """The path of a Go that is new enough. Raises ``LabError`` where there is none."""
    wanted = f"Go {'.'.join(map(str, MINIMUM_GO))} or newer"
    remedy = "install it from https://go.dev/dl/ and put it on PATH, or name it in MILVUS_LAB_GO"
    go = os.environ.get("MILVUS_LAB_GO") or shutil.which("go") or shutil.which("go", path=USUAL_GO)
    if go is None:
        raise LabError(f"the lab builds its control plane from source and needs {wanted}, but found no go: {remedy}")
    try:
        output = subprocess.run([go, "version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as exc:
        raise LabError(f"{go} version failed ({exc}); the lab needs {wanted}: {remedy}") from exc
    match = re.search(r"go(\d+)\.(\d+)", output)
    if match is None or (int(match[1]), int(match[2])) < MINIMUM_GO:
        raise LabError(f"{go} is {output.strip()!r}, but the lab needs {wanted}: {remedy}")
    return go


def _link_flags(program: Program) -> str:
    if not program.version_symbols:
        return "-s -w"
    version = _locked_version(program)
    major, minor = version.removeprefix("v").split(".")[:2]
    symbols = (symbol.format(v=version, major=major, minor=minor) for symbol in program.version_symbols)
    return " ".join(["-s", "-w", *(f"-X {symbol}" for symbol in symbols)])


def _build(program: Program, argv: list[str], *, folder: Path, say: Say) -> None:
    title = f"{program.name} {_locked_version(program)}" if program.module else program.name
    started = time.monotonic()
    say(f"building {title}")
    unfinished = folder / f".{program.name}.unfinished"
    own = {"CGO_ENABLED": str(int(program.needs_c)), "GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off"}
    process = subprocess.Popen(
        [*argv, "-o", str(unfinished), program.package],
        cwd=LAB_SOURCE / "go" / program.lock,
        env={**os.environ, **own},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        output = _wait_talking(process, title=title, started=started, say=say)
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode != 0:
        raise LabError(f"building {title} failed; go said: {' / '.join(output.strip().splitlines()[-5:])}")
    unfinished.rename(folder / program.name)
    size = (folder / program.name).stat().st_size / 2**20
    say(f"built {title}: {time.monotonic() - started:.0f} s, {size:.0f} MiB")


def _wait_talking(process: subprocess.Popen[str], *, title: str, started: float, say: Say) -> str:
    while True:
        try:
            return process.communicate(timeout=HEARTBEAT_SECONDS)[0]
        except subprocess.TimeoutExpired:
            say(f"building {title}: {time.monotonic() - started:.0f} s so far")


def say_plainly(text: str) -> None:
    """Print one line of progress on standard error, at once."""
    print(f"lab: {text}", file=sys.stderr, flush=True)
