# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The gates and the developer commands, one nox session each. `make help` lists the ways in."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tomllib
import typing as t
from pathlib import Path

import nox

CHECKOUT = Path(__file__).parent.resolve()
CACHE = CHECKOUT / ".cache"
OUTPUT = CHECKOUT / "tests/output"
USER_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "milvus.cluster"
REQUIREMENTS = CHECKOUT / "tests/requirements"

sys.path.insert(0, str(CHECKOUT / "tests/tools"))
from gates import ansible_home, collection_tree, pip_settings  # noqa: E402
from gates.steps import Recorder  # noqa: E402

# Each supported end and the middle of ansible-core, with the Pythons that may run it, preferred first.
CORES = {
    "2.16": ("3.11", "3.12", "3.10"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.21": ("3.14", "3.13", "3.12"),
}
# Each supported end and two releases between of the package `kubernetes`, with the ansible-core tested beside it.
KUBERNETES = {"29": "2.16", "31": "2.19", "34": "2.21", "37": "2.21"}
PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
OLDEST_TARGET = "3.9"  # as in tests/config.yml

# git sets these for a hook, and they would lead it from the copies of the checkout back to the checkout
for variable in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
    os.environ.pop(variable, None)

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True


def find_pythons() -> dict[str, str]:
    """Put the Pythons that really run first on PATH, as python3.X, and return version → path, newest first."""
    folder = CACHE / "pythons"
    entries = os.environ["PATH"].split(os.pathsep)
    rest = [entry for entry in entries if Path(entry).name != "shims" and entry != str(folder)]
    os.environ["PATH"] = os.pathsep.join(rest)
    command = [CHECKOUT / "tests/tools/pythons"]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    pythons = dict(line.split(" ", 1) for line in lines)
    folder.mkdir(parents=True, exist_ok=True)
    for version, path in pythons.items():
        link = folder / f"python{version}"
        if not link.is_symlink() or os.readlink(link) != path:
            link.unlink(missing_ok=True)
            link.symlink_to(path)
    os.environ["PATH"] = os.pathsep.join([str(folder), *rest])
    return pythons


PYTHONS = find_pythons()
NEWEST = ".".join(str(part) for part in sys.version_info[:2])  # .venv is made from it
LEGS = {core: next((version for version in CORES[core] if version in PYTHONS), False) for core in CORES}
NEWEST_CORE = max(core for core, python in LEGS.items() if python)


def gate(name: str) -> t.Callable[[t.Callable[[nox.Session], None]], t.Any]:
    """Register a session that `make test` runs beside others, on the newest Python."""
    return nox.session(name=name, python=NEWEST, tags=["gate"], allow_parallel=True)


def gate_per_core(function: t.Callable[..., None]) -> t.Any:
    """Register a session that `make test` runs once per supported ansible-core."""
    legs = [nox.param(python, core, id=core) for core, python in LEGS.items()]
    return nox.session(tags=["gate"], allow_parallel=True)(nox.parametrize("python,core", legs)(function))


def provide(session: nox.Session, group: str) -> None:
    """Install the pinned requirements of a group, unless the environment has just these."""
    folder, requirements = Path(session.virtualenv.location), REQUIREMENTS / f"{group}.txt"
    if not has_requirements(folder, requirements):
        session.install("-r", str(requirements), env=packaging_environment())
        note_requirements(folder, requirements)


STAMP = "requirements.sha256"


def has_requirements(environment: Path, requirements: Path) -> bool:
    """Whether the environment was last given just these."""
    stamp = environment / STAMP
    return stamp.exists() and stamp.read_text(encoding="utf-8") == digest_of(requirements)


def note_requirements(environment: Path, requirements: Path) -> None:
    """Note that the environment has these."""
    (environment / STAMP).write_text(digest_of(requirements), encoding="utf-8")


def digest_of(requirements: Path) -> str:
    """Tell one set of pins from another."""
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def packaging_environment() -> dict[str, str]:
    """Return the environment in which uv and pip find this machine's package index and the project's caches."""
    caches = {"UV_CACHE_DIR": str(USER_CACHE / "uv"), "PIP_CACHE_DIR": str(USER_CACHE / "pip")}
    given = {name: value for name, value in os.environ.items() if name.startswith(("UV_", "PIP_", "SSL_CERT_"))}
    # Compiled once: gates start hundreds of interpreters, and some machines keep them from writing bytecode.
    ours = caches | {"UV_SYSTEM_CERTS": "true", "UV_COMPILE_BYTECODE": "true"}
    return ours | pip_settings.as_uv_environment(pip_settings.read()) | given


def record(session: nox.Session) -> Recorder:
    """Return the recorder for the session's steps."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    return Recorder(session, OUTPUT / "steps.jsonl")


def copy_checkout(session: nox.Session) -> Path:
    """Change into an own copy of the checkout that lies as a collection, and return the collections path."""
    root = CACHE / "trees" / Path(session.virtualenv.location).name
    session.chdir(collection_tree.copy(CHECKOUT, root))
    return root


def isolate(root: Path) -> dict[str, str]:
    """Return the environment for tools in a copy: its collections path and a home of its own, not the user's."""
    home = CACHE / "homes" / root.name
    home.mkdir(parents=True, exist_ok=True)
    return {"ANSIBLE_COLLECTIONS_PATH": str(root), "HOME": str(home)}


@gate("lint")
def lint(session: nox.Session) -> None:
    """Style of Python (ruff, shape of functions) and YAML."""
    provide(session, "lint")
    copy_checkout(session)
    with record(session) as step:
        step.run("ruff check", "ruff", "check", "--no-cache", ".")
        step.run("ruff format", "ruff", "format", "--no-cache", "--check", ".")
        step.run("function shape", "python", "tests/tools/gates/function_shape.py")
        step.run("yamllint", "yamllint", "--strict", ".")


@gate("types")
def types(session: nox.Session) -> None:
    """Types of plugins, tests and tools, by mypy --strict."""
    provide(session, "types")
    root = copy_checkout(session)
    session.chdir(root)  # inside the collection each file would be found under two module names
    bases = [root, *(root / collection_tree.PLACE / source for source in PYPROJECT["tool"]["ruff"]["src"])]
    environment = {"MYPYPATH": os.pathsep.join(map(str, bases))}
    options = ["--config-file", f"{collection_tree.PLACE}/pyproject.toml", "--cache-dir", str(CACHE / "mypy")]
    targets = [f"{collection_tree.PLACE}/{name}" for name in ("plugins", "tests", "noxfile.py")]
    with record(session) as step:
        step.run("mypy", "mypy", *options, *targets, env=environment)


@gate("license")
def licenses(session: nox.Session) -> None:
    """Copyright and licence of every file, by REUSE."""
    provide(session, "license")
    environment = isolate(copy_checkout(session))
    with record(session) as step:
        step.run("reuse", "reuse", "lint", "--lines", env=environment)


@gate("docs")
def docs(session: nox.Session) -> None:
    """Documentation of the collection and its plugins, the changelog, and the site of both, in tests/output/site."""
    provide(session, "docs")
    environment = isolate(copy_checkout(session))
    pages = Path(session.create_tmp()).resolve() / "pages"
    pages.mkdir(mode=0o700, exist_ok=True)  # antsibull-docs writes where nobody else may
    write = ["antsibull-docs", "--config-file", "docs/site/antsibull-docs.cfg", "collection", "--use-current"]
    form = ["--squash-hierarchy", "--cleanup", "everything", "--fail-on-error"]
    make = ["sphinx-build", "-W", "--keep-going", "-q", "-E", "-b", "html", "-d", str(pages.parent / "doctrees")]
    with record(session) as step:
        step.run("antsibull-docs", "antsibull-docs", "lint-collection-docs", "--plugin-docs", ".", env=environment)
        step.run("antsibull-changelog", "antsibull-changelog", "lint", env=environment)
        # In the copy: the site shows what the changelog of the next release will say.
        step.run("next release", "python", "tests/tools/gates/next_release.py", env=environment)
        step.run("pages", *write, *form, "--dest-dir", str(pages), "milvus.cluster", env=environment)
        step.run("site", *make, "-c", "docs/site", str(pages), str(OUTPUT / "site"), env=environment)


@gate("ansible_lint")
def ansible_lint(session: nox.Session) -> None:
    """Playbooks, roles and metadata, by ansible-lint's strictest profile."""
    provide(session, "ansible-lint")
    environment = isolate(copy_checkout(session))
    with record(session) as step:
        step.run("ansible-lint", "ansible-lint", "--offline", "--strict", "--nocolor", env=environment)


@gate("importer")
def importer(session: nox.Session) -> None:
    """The built collection as Galaxy would import it."""
    provide(session, "importer")
    artifacts = Path(session.create_tmp()).resolve()
    environment = isolate(copy_checkout(session))
    with record(session) as step:
        build_and_import(step, artifacts, environment=environment)


def build_and_import(step: Recorder, artifacts: Path, *, environment: dict[str, str]) -> None:
    """Build the archive of the copy into a folder that has no other one, and import it."""
    for artifact in artifacts.glob("*.tar.gz"):
        artifact.unlink()
    build = ["ansible-galaxy", "collection", "build", "--output-path", str(artifacts)]
    step.run("build", *build, env=environment)
    step.run("galaxy-importer", "python", "tests/tools/gates/importer.py", str(artifacts), env=environment)


@nox.session(python=NEWEST, default=False)
def release(session: nox.Session) -> None:
    """Check version and changelog; build, import, install and verify the archive. Nothing is published."""
    provide(session, "importer")
    artifacts = OUTPUT / "release"
    artifacts.mkdir(parents=True, exist_ok=True)
    environment = isolate(copy_checkout(session))
    with record(session) as step:
        step.run("version", "python", "tests/tools/gates/release_check.py", str(CHECKOUT), env=environment)
        build_and_import(step, artifacts, environment=environment)
        step.run("install and verify", "python", "tests/tools/gates/install_check.py", str(artifacts), env=environment)


@nox.session(tags=["gate"], allow_parallel=True)
@nox.parametrize("python,library", [nox.param(LEGS[core], library, id=library) for library, core in KUBERNETES.items()])
def kubernetes(session: nox.Session, library: str) -> None:
    """Unit tests of the plugins with the releases of the package `kubernetes`, by plain pytest."""
    require_python(session, KUBERNETES[library])
    provide(session, f"kubernetes-{library}")
    environment = isolate(copy_checkout(session))
    report = "tests/output/junit/kubernetes.xml"
    with record(session) as step:
        step.run("pytest", "pytest", "tests/unit/plugins", "--junitxml", report, junit=report, env=environment)


@gate_per_core
def sanity(session: nox.Session, core: str) -> None:
    """ansible-test sanity."""
    run_ansible_test(session, core, command=["sanity", "--junit"], oldest=["--test", "compile", "--test", "import"])


@gate_per_core
def units(session: nox.Session, core: str) -> None:
    """ansible-test units."""
    run_ansible_test(session, core, command=["units"], oldest=["--venv", "--requirements"])


def run_ansible_test(session: nox.Session, core: str, *, command: list[str], oldest: list[str]) -> None:
    """Run a command of one ansible-core's ansible-test on the leg's Python.

    oldest: options for the run of the newest core on the oldest Python, which modules meet on managed hosts
    """
    require_python(session, core)
    provide(session, f"ansible-{core}")
    environment = isolate(copy_checkout(session))
    ansible_home.prepare(Path(environment["HOME"]), packaging_environment())
    runs = {f"Python {session.python}": [*command, "--python", str(session.python)]}
    if core == NEWEST_CORE:
        runs[f"modules on Python {OLDEST_TARGET}"] = [*command, "--python", OLDEST_TARGET, *oldest]
    with record(session) as step:
        for name, arguments in runs.items():
            if name.endswith(OLDEST_TARGET) and OLDEST_TARGET not in PYTHONS:
                step.skip(name, f"no Python {OLDEST_TARGET} on this machine")
                continue
            line = ["ansible-test", *arguments, "--color", "no"]
            step.run(name, *line, junit="tests/output/junit/*.xml", env=environment)


def require_python(session: nox.Session, core: str) -> None:
    """Skip a leg whose ansible-core no Python of this machine can run."""
    if not session.python:
        session.skip(f"ansible-core {core} runs on Python {', '.join(CORES[core])}: none of them is on this machine")


def prepare_lab(session: nox.Session, group: str) -> dict[str, str]:
    """Set a session up for Ansible as users run it, with this collection, and return its environment."""
    provide(session, group)
    root = collection_tree.link(CHECKOUT, CACHE / "collections")
    return {"ANSIBLE_COLLECTIONS_PATH": str(root), "ANSIBLE_HOME": str(CACHE / "ansible")}


def run_functional(step: Recorder, name: str, *selection: str, environment: dict[str, str]) -> None:
    """Run a selection of tests/functional as a step of that name, and count its tests."""
    report = f"tests/output/junit/{name}.xml"
    step.run(name, "pytest", "--junitxml", report, *selection, junit=report, env=environment)


# More than cores: a part of their time is waiting for pods.
LAB_PER_PROCESS = ("--numprocesses", "3", "--dist", "worksteal")


@nox.session(python=NEWEST)
def functional(session: nox.Session) -> None:
    """Tests on the lab's control plane, several labs at a time, with either helm in turn."""
    environment = prepare_lab(session, "functional")
    environment["FRESH_ANSIBLE_PLAYBOOK"] = provide_program(session, "fresh", python=NEWEST, name="ansible-playbook")
    environment["ANSIBLE_RULEBOOK"] = provide_program(session, "eda", python=NEWEST, name="ansible-rulebook")
    selection = ["tests/functional", *LAB_PER_PROCESS, *session.posargs]
    with record(session) as step:
        run_functional(step, "functional", *selection, environment=environment)


@nox.session(python=NEWEST, default=False)
def soak(session: nox.Session) -> None:
    """What `functional` has in a short form, in full: repetitions of the lab, alone, both helms, repetitions."""
    environment = prepare_lab(session, "functional")
    oldest = min(core for core, python in LEGS.items() if python)
    environment["OLDEST_ANSIBLE_PLAYBOOK"] = provide_program(
        session, f"ansible-{oldest}", python=LEGS[oldest], name="ansible-playbook"
    )
    parallel = ["--both-helms", "--numprocesses", "4", "--dist", "load"]
    folders = [f"tests/functional/{name}" for name in ("fleet", "info", "install", "scale")]
    with record(session) as step:
        run_functional(step, "lab", "-m", "soak and not real", "tests/functional/lab", environment=environment)
        run_functional(step, "both helms", "--both-helms", *LAB_PER_PROCESS, *folders, environment=environment)
        run_functional(step, "modules", "-m", "soak", *parallel, *folders, environment=environment)


def provide_program(session: nox.Session, group: str, *, python: str | bool, name: str) -> str:
    """Return the path of a program of a group of requirements, in an environment beside that of the session."""
    folder, requirements = Path(f"{session.virtualenv.location}-{group}"), REQUIREMENTS / f"{group}.txt"
    if not has_requirements(folder, requirements):
        environment = packaging_environment()
        session.run_install("uv", "venv", "--quiet", "--clear", "--python", str(python), str(folder), env=environment)
        target = ["--python", str(folder), "--requirements", str(requirements)]
        session.run_install("uv", "pip", "install", "--quiet", *target, env=environment)
        note_requirements(folder, requirements)
    return str(folder / "bin" / name)


def provide_searcher(session: nox.Session) -> dict[str, str]:
    """Name the Python of the client that searches Milvus, whose packages are for older Pythons, in the environment."""
    python = LEGS["2.16"]
    return {"SEARCHER_PYTHON": provide_program(session, "searcher", python=python, name="python")} if python else {}


REAL_LACK = "from milvus_lab import image_parts, real_parts; print(real_parts.real_node_lack() or image_parts.lack())"
REAL_BUILT = "from milvus_lab import real_parts; print(real_parts.are_built() or '')"


@nox.session(python=NEWEST)
def real(session: nox.Session) -> None:
    """A real Milvus on a real node, scaled by the guide while it is searched, where its programs are built already."""
    run_real(session, "real and not soak", builds=False)


@nox.session(python=NEWEST, default=False)
def soak_real(session: nox.Session) -> None:
    """All that there is of a real Milvus on a real node, in full; builds what is missing."""
    run_real(session, "real", builds=True)


def run_real(session: nox.Session, marks: str, *, builds: bool) -> None:
    """Run the tests on a real node that have such marks, or record why there is none here."""
    environment = prepare_lab(session, "functional") | provide_searcher(session)
    lack = ask_lab(session, REAL_LACK) or ("" if "SEARCHER_PYTHON" in environment else "no Python 3.10 to 3.12")
    if not lack and not builds and not ask_lab(session, REAL_BUILT):
        lack = "its programs are not built on this machine; make demo or make real does that in some minutes, once"
    with record(session) as step:
        for name, folder in {"node": "tests/functional/lab", "milvus": "tests/real"}.items():
            if lack:
                step.skip(name, lack)
            else:
                run_functional(step, name, "-m", marks, "--capture=no", folder, environment=environment)


def ask_lab(session: nox.Session, program: str) -> str:
    """Return what a line of Python with the lab's modules prints."""
    environment = {"PYTHONPATH": str(CHECKOUT / "tests/lab")}
    return str(session.run("python", "-c", program, silent=True, env=environment)).strip()


@nox.session(python=NEWEST, default=False)
def bench(session: nox.Session) -> None:
    """Measure this collection against its peer."""
    environment = prepare_lab(session, "bench")
    session.run("python", "tests/bench/run.py", *session.posargs, env=environment)


@nox.session(python=NEWEST, default=False)
def demo(session: nox.Session) -> None:
    """Show the collection at work in the lab."""
    environment = prepare_lab(session, "functional") | provide_searcher(session)
    folders = ("tests/lab", "tests/functional", "tests/real/driver")
    environment["PYTHONPATH"] = os.pathsep.join(str(CHECKOUT / folder) for folder in folders)
    session.run("python", "tests/demo/demo.py", *session.posargs, env=environment)


@nox.session(venv_backend="none", default=False)
def lock(session: nox.Session) -> None:
    """Resolve the dependency groups of pyproject.toml anew into tests/requirements/."""
    options = ["--quiet", "--upgrade", "--universal", "--python-version", "3.11", "--no-header"]
    for requirements in sorted(REQUIREMENTS.glob("*.txt")):
        target = ["--group", requirements.stem, "--output-file", str(requirements.relative_to(CHECKOUT))]
        session.run("uv", "pip", "compile", *options, *target, env=packaging_environment())
