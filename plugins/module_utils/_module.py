# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What every module does around its work: options in, one way out. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import os
import re
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import remove_values

from ._argspec import COMMON, OptionSpec
from ._connection import Connection, connect, find_secrets
from ._errors import MilvusError, OptionError
from ._kube import KubeClient
from ._progress_file import VARIABLE, Progress

Json = dict[str, t.Any]

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
# Option → what it must look like, how long it may be: Helm's rule for releases, Kubernetes' for namespaces.
_NAMES = {
    "release_name": (re.compile(rf"^{_LABEL}(\.{_LABEL})*\Z"), 53),
    "release_namespace": (re.compile(rf"^{_LABEL}\Z"), 63),
}
# Ansible masks what these hold wherever it shows up, but only texts that are long enough: they are left out whole.
_LEFT_OUT = ("api_key", "chart_repo_password", "sensitive_values", "milvus_password", "milvus_token")


@dataclasses.dataclass(frozen=True)
class Task:
    """What the work of a module gets: a client, its options, the release it is about."""

    client: KubeClient
    connection: Connection
    options: Json
    release: str
    is_check: bool
    is_diff: bool
    # Masks texts in all that the module will print.
    hide: t.Callable[[set[str]], None]
    # Tells whoever looks on what is going on.
    say: t.Callable[[str], None] = lambda _line: None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells the release from all others: server, namespace, name."""
        return self.connection.configuration.host, self.client.namespace, self.release

    @property
    def title(self) -> str:
        """The release, for messages."""
        return f"release {self.client.namespace}/{self.release}"


def run(
    work: t.Callable[[Task], Json], *, empty: t.Callable[[str, str], Json], options: OptionSpec | None = None
) -> t.NoReturn:
    """Do the *work* of a module and leave with its result; on failure with the keys of *empty* and the error.

    A result may have `changed` and `diff`; an error brings what its `result` has of it.
    """
    # Not `started`: async_status takes a result with that key for a job that goes on.
    started = _tell_time()
    module = AnsibleModule(argument_spec={**COMMON, **(options or {})}, supports_check_mode=True)
    namespace, release = module.params["release_namespace"], module.params["release_name"]
    module.no_log_values = find_secrets(module.params, os.environ)
    invocation = {"module_args": _show_options(module.params)}
    warnings: list[str] = []
    try:
        _check_names(module.params)
        mask = functools.partial(remove_values, no_log_strings=module.no_log_values)
        progress = Progress(os.environ.pop(VARIABLE, ""), prefix=f"{namespace}/{release}: ", mask=mask)
        connection = connect(module.params, os.environ)
        warnings.extend(connection.warnings)
        client = KubeClient(connection, namespace)
        modes = (module.check_mode, module._diff)
        hide = module.no_log_values.update
        result = work(Task(client, connection, module.params, release, *modes, hide, progress.say))
    except MilvusError as exc:
        failure: Json = {**empty(namespace, release), **exc.result}
        _warn(module, [*warnings, *failure.pop("warnings", ())])
        error = {"kind": type(exc).__name__, **exc.facts}
        times = {"started_at": started, "ended_at": _tell_time()}
        module.fail_json(msg=str(exc), **failure, **times, error=error, invocation=invocation)
    _warn(module, [*warnings, *result.pop("warnings")])
    times = {"started_at": started, "ended_at": _tell_time()}
    module.exit_json(**{"changed": False, **result}, **times, error=None, invocation=invocation)


def _tell_time() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")


def _warn(module: AnsibleModule, warnings: t.Iterable[str]) -> None:
    for warning in warnings:
        # Ansible masks the rest of what a module returns, but not these.
        module.warn(remove_values(warning, module.no_log_values))


def _show_options(params: Json) -> Json:
    return {
        name: "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" if name in _LEFT_OUT and params[name] else params[name]
        for name in params
    }


def _check_names(params: Json) -> None:
    for option, (pattern, longest) in _NAMES.items():
        value = params[option]
        if len(value) > longest or not pattern.match(value):
            raise OptionError(
                f"Reading the option {option}",
                reason=f"'{value}' is no valid name: small letters, digits and dashes, up to {longest} characters",
                remedy="Correct it.",
            )
