# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The helm process, Helm 3.14 to 4: what it is asked, and its failures as errors. PRIVATE to this collection.

No secret is on a command line or in a file on disk: values go through standard input, the rest through private files.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import re
import shlex
import shutil
import time
import typing as t

from . import _helm_process
from ._errors import CancelledError, HelmError, HelmMissingError, MilvusError, OvertakenError
from ._heartbeat import Heartbeat, describe_time, ignore
from ._helm_errors import AFTER_STOP, find_remedy, is_overtaken, read_fetch_failure, read_words
from ._helm_process import Command, Finished, Runner
from ._kubeconfig import write_kubeconfig

if t.TYPE_CHECKING:
    from ._chart_source import ChartArguments
    from ._connection import Connection

Json = dict[str, t.Any]
Version = tuple[int, int, int]

OLDEST = (3, 14)  # the first with everything that is used here
MARGIN = 30.0  # seconds that helm has beyond the time-out that it is told, to keep it by itself
# What charts ask for before they use it, beyond what helm takes for granted without a cluster.
APIS = ("networking.k8s.io/v1/Ingress", "policy/v1/PodDisruptionBudget", "autoscaling/v2/HorizontalPodAutoscaler")
_DONE = "helm is done"
_BRIEF = 30.0  # seconds to print a version
_FETCH = 180.0  # seconds to fetch the index of a repository
_GET_HELM = "Helm 3.14 or later is needed: see https://helm.sh/docs/intro/install, or set helm_binary."
# Where the user's repositories, logins and caches are. All other settings of helm are ours to make.
_LOCATIONS = {
    *(f"HELM_{kind}_HOME" for kind in ("CACHE", "CONFIG", "DATA")),
    *(f"HELM_{kind}" for kind in ("REPOSITORY_CONFIG", "REPOSITORY_CACHE", "REGISTRY_CONFIG", "CONTENT_CACHE")),
}
_SETTINGS = {"NO_COLOR": "1", "LC_ALL": "C", "HELM_DEBUG": "false", "HELM_NO_PLUGINS": "1"}


@dataclasses.dataclass(frozen=True)
class Operation:
    """A release as it shall become. *new* says that it is not there yet; *timeout* is in seconds.

    *values* are all of the user's; *secrets* are the strings of them that no message may show. *inherited* are the
    descriptors of files that helm keeps open as long as it lives. *reuse* keeps the defaults that the release has
    stored in place of the chart's. Without *validates* helm does not compare the objects with the API server's schema.
    """

    release: str
    namespace: str
    chart: ChartArguments = dataclasses.field(repr=False)
    values: Json = dataclasses.field(repr=False)
    new: bool = False
    create_namespace: bool = False
    timeout: int = 300
    labels: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    description: str = ""
    history_max: int = 10
    secrets: t.Collection[str] = dataclasses.field(default=(), repr=False)
    inherited: tuple[int, ...] = ()
    reuse: bool = False
    validates: bool = True


class Hook(t.NamedTuple):
    """An object that Helm makes at certain *events*, such as "pre-install"; it is not in the manifest."""

    kind: str
    name: str
    events: tuple[str, ...]
    manifest: str


class Rendered(t.NamedTuple):
    """What an operation would make; *defaults* are the chart's values without the user's."""

    manifest: str
    chart_name: str
    chart_version: str
    app_version: str
    hooks: tuple[Hook, ...]
    defaults: Json


class _Request(t.NamedTuple):
    """A helm command, what it does in words, and what goes with it besides its command line."""

    action: str
    words: tuple[str, ...]
    seconds: float
    stdin: str = ""
    files: t.Mapping[str, str] = {}
    secrets: t.Collection[str] = ()
    stops: bool = False
    inherited: tuple[int, ...] = ()


def open_helm(
    options: t.Mapping[str, t.Any],
    connection: Connection,
    *,
    environ: t.Mapping[str, str],
    driver: str = "secret",
    say: t.Callable[[str], None] = ignore,
) -> Helm:
    """Find helm: the option helm_binary, else in PATH. *driver* is "secret" or "configmap", where the records are.

    *say* gets a line for each thing that helm is asked to do, and one now and then while it does it.

    Raises HelmMissingError; starts no process.
    """
    wanted = options.get("helm_binary")
    binary = shutil.which(wanted or "helm", path=environ.get("PATH"))
    if binary is None:
        place = f"{wanted} is no program" if wanted else f"there is none in PATH ({environ.get('PATH', '')})"
        raise HelmMissingError("Finding helm on the host that runs the module", reason=place, remedy=_GET_HELM)
    environment = {
        **{key: value for key, value in environ.items() if not key.startswith("HELM_") or key in _LOCATIONS},
        **_SETTINGS,
        "HELM_DRIVER": driver,
    }
    environment.pop("KUBECONFIG", None)
    if connection.configuration.no_proxy:
        environment["NO_PROXY"] = environment["no_proxy"] = connection.configuration.no_proxy
    return Helm(os.path.abspath(binary), environment, connection=connection, say=say)


class Helm:
    """A helm program and the cluster it works on.

    Its methods raise HelmError, CancelledError and HelmMissingError, and OvertakenError where nothing was done.
    """

    def __init__(
        self,
        binary: str,
        environment: t.Mapping[str, str],
        *,
        connection: Connection,
        runner: Runner = _helm_process.run,
        say: t.Callable[[str], None] = ignore,
    ) -> None:
        self.binary = binary
        self._environment = environment
        self._connection = connection
        self._runner = runner
        self._say = say
        self._fetched: set[str] = set()

    @functools.cached_property
    def version(self) -> Version:
        """The version of helm."""
        action = f"Asking {self.binary} for its version"
        words = self._run(_Request(action, ("version", "--template", "{{.Version}}"), _BRIEF)).strip()
        match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", words)
        version = tuple(int(number) for number in match.groups()) if match else ()
        if version < OLDEST:
            raise HelmMissingError(action, reason=f"it is '{words}', which is too old", remedy=_GET_HELM)
        return t.cast("Version", version)

    @property
    def major(self) -> int:
        """3 or 4."""
        return self.version[0]

    def render(self, operation: Operation) -> Rendered:
        """Have an operation rendered against the cluster and change nothing."""
        output = self._change(operation, "Rendering", "--dry-run=server")
        try:
            # Above it Helm 4 tells of a chart that it has pulled from a registry.
            release = json.loads(next(line for line in output.split("\n") if line.startswith("{")))
            metadata = release["chart"]["metadata"]
            return Rendered(
                release["manifest"],
                metadata["name"],
                metadata["version"],
                metadata.get("appVersion") or "",
                tuple(_read_hook(hook) for hook in release.get("hooks") or ()),
                release["chart"].get("values") or {},
            )
        except (StopIteration, ValueError, LookupError, TypeError) as exc:
            reason = f"helm has printed something else than a release ({type(exc).__name__})"
            action = f"Rendering release {operation.release}"
            raise HelmError(action, reason=reason, remedy="Check that helm_binary is the helm of helm.sh.") from exc

    def template(self, operation: Operation) -> str:
        """Render an operation without a cluster, as if all of APIS were there, and return the manifest."""
        flags = (*(() if operation.new else ("--is-upgrade",)), *(f"--api-versions={api}" for api in APIS))
        return self._run(self._prepare(operation, "Rendering", command="template", flags=flags))

    def upgrade(self, operation: Operation) -> None:
        """Install or upgrade a release. Hooks are waited for, pods are not."""
        flags = {
            "--timeout": f"{operation.timeout}s",
            "--history-max": str(operation.history_max),
            "--labels": ",".join(f"{key}={value}" for key, value in operation.labels.items()),
            "--description": operation.description,
        }
        given = (f"{flag}={value}" for flag, value in flags.items() if value)
        self._change(operation, "Installing" if operation.new else "Upgrading", *given, *self._patience)
        self._say(_DONE)

    def uninstall(self, name: str, namespace: str, *, timeout: int) -> None:
        """Uninstall a release. Hooks are waited for, pods are not."""
        words = ("uninstall", name, f"--namespace={namespace}", f"--timeout={timeout}s", *self._patience)
        self._reach(_Request(f"Uninstalling release {name} in namespace {namespace}", words, timeout + MARGIN))
        self._say(_DONE)

    def rollback(self, name: str, namespace: str, *, revision: int, timeout: int) -> None:
        """Take a release back to *revision*. Hooks are waited for, pods are not."""
        words = ("rollback", name, str(revision), f"--namespace={namespace}", f"--timeout={timeout}s", *self._patience)
        action = f"Rolling release {name} in namespace {namespace} back to revision {revision}"
        self._reach(_Request(action, words, timeout + MARGIN))
        self._say(_DONE)

    @property
    def _patience(self) -> tuple[str, ...]:
        return ("--wait=hookOnly",) if self.major >= 4 else ()

    def _change(self, operation: Operation, verb: str, *flags: str) -> str:
        self.version  # noqa: B018  # a helm that is too old does not know the flags, and says so in other words
        install = ("--install", *(("--create-namespace",) if operation.create_namespace else ()))
        values = "--reuse-values" if operation.reuse else "--reset-values"
        validation = () if operation.validates else ("--disable-openapi-validation",)
        flags = (values, *validation, "--output=json", *(install if operation.new else ()), *flags)
        request = self._prepare(operation, verb, command="upgrade", flags=flags)
        return self._reach(request._replace(inherited=operation.inherited))

    def _prepare(self, operation: Operation, verb: str, *, command: str, flags: tuple[str, ...]) -> _Request:
        """Put together what both commands that make manifests of a chart get."""
        chart = operation.chart
        self._fetch_index(chart)
        action = f"{verb} release {operation.release} in namespace {operation.namespace}"
        words = (command, operation.release, chart.reference, *chart.flags, f"--namespace={operation.namespace}")
        return _Request(
            action,
            (*words, "--values=-", *flags),
            operation.timeout + MARGIN,
            json.dumps(operation.values),
            chart.files,
            operation.secrets,
            stops=True,
        )

    def _fetch_index(self, chart: ChartArguments) -> None:
        """Have helm fetch the index of the chart's repository, once."""
        if chart.repository and chart.repository not in self._fetched:
            words = ("repo", "update", chart.repository)
            request = _Request("Fetching the index of the chart repository", words, _FETCH, files=chart.files)
            finished = self._execute(request)
            failure = read_fetch_failure(finished.stdout)
            if failure or finished.exit_code:
                raise self._failed(request, finished, words=failure or read_words(finished.stderr))
            self._fetched.add(chart.repository)

    def _reach(self, request: _Request) -> str:
        """Run helm with a way to the cluster. The kubeconfig is new each time, for tokens are renewed."""
        return self._run(request._replace(files={**request.files, "KUBECONFIG": write_kubeconfig(self._connection)}))

    def _run(self, request: _Request) -> str:
        """Run helm and return what it has printed."""
        finished = self._execute(request)
        if finished.exit_code:
            words = read_words(finished.stderr, request.secrets)
            raise self._failed(request, finished, words=words or f"it ended with exit code {finished.exit_code}")
        return finished.stdout

    def _execute(self, request: _Request) -> Finished:
        """Run helm to an end of its own. The one place that starts it."""
        argv = (self.binary, *request.words)
        rest = (request.seconds, request.stdin, request.files, request.stops, request.inherited)
        tick = self._announce(request)
        try:
            finished = self._runner(Command(argv, self._environment, *rest, tick))
        except OSError as exc:
            reason = f"{self.binary} cannot be started ({exc.strerror})"
            raise HelmMissingError(request.action, reason=reason, remedy=_GET_HELM) from exc
        said = f"helm then ended with exit code {finished.exit_code}, saying: "
        said += read_words(finished.stderr, request.secrets) or "nothing"
        facts = self._facts(request, finished)
        if finished.signal:
            reason = f"{finished.signal} came; {said}"
            raise CancelledError(request.action, reason=reason, remedy=AFTER_STOP, signal=finished.signal, **facts)
        if finished.timed_out:
            reason = f"helm took longer than {request.seconds:g} s; {said}"
            raise HelmError(request.action, reason=reason, remedy=AFTER_STOP, **facts)
        return finished

    def _announce(self, request: _Request) -> t.Callable[[], None]:
        """Say what helm is going to do, and return what says now and then that it is still at it."""
        heart, began = Heartbeat(self._say), time.monotonic()
        if request.seconds > _BRIEF:
            heart.say(f"helm: {request.action}")

        def describe() -> str:
            waited = time.monotonic() - began
            return f"Waiting for helm ({request.action}): {describe_time(waited, request.seconds - waited)}"

        return lambda: heart.beat(describe)

    def _failed(self, request: _Request, finished: Finished, *, words: str) -> MilvusError:
        kind = OvertakenError if is_overtaken(words) else HelmError
        return kind(request.action, reason=words, remedy=find_remedy(words), **self._facts(request, finished))

    def _facts(self, request: _Request, finished: Finished) -> Json:
        return {"command": shlex.join((self.binary, *request.words)), "exit_code": finished.exit_code}


def _read_hook(hook: Json) -> Hook:
    return Hook(hook["kind"], hook["name"], tuple(hook.get("events") or ()), hook.get("manifest") or "")
