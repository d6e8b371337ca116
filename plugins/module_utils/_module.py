# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What every module does around its work: options in, one way out. PRIVATE to this collection."""

from __future__ import annotations

import os
import re
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ._argspec import COMMON, OptionSpec
from ._connection import connect, find_secrets
from ._errors import MilvusError, OptionError
from ._kube import KubeClient

Json = dict[str, t.Any]

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
# Option → what it must look like, how long it may be: Helm's rule for releases, Kubernetes' for namespaces.
_NAMES = {
    "release_name": (re.compile(rf"^{_LABEL}(\.{_LABEL})*\Z"), 53),
    "release_namespace": (re.compile(rf"^{_LABEL}\Z"), 63),
}


class Task(t.NamedTuple):
    """What the work of a module gets: a client, its options, the release it is about."""

    client: KubeClient
    options: Json
    release: str


def run(
    work: t.Callable[[Task], Json], *, empty: t.Callable[[str, str], Json], options: OptionSpec | None = None
) -> t.NoReturn:
    """Do the *work* of a module and leave with its result; on failure with the keys of *empty* and the error."""
    module = AnsibleModule(argument_spec={**COMMON, **(options or {})}, supports_check_mode=True)
    namespace, release = module.params["release_namespace"], module.params["release_name"]
    try:
        module.no_log_values = find_secrets(module.params, os.environ)
        _check_names(module.params)
        connection = connect(module.params, os.environ)
        result = work(Task(KubeClient(connection, namespace), module.params, release))
    except MilvusError as exc:
        failure: Json = {**empty(namespace, release), "error": {"kind": type(exc).__name__, **exc.facts}}
        module.fail_json(msg=str(exc), **failure)
    for warning in (*connection.warnings, *result.pop("warnings")):
        module.warn(warning)
    module.exit_json(changed=False, **result, error=None)


def _check_names(params: Json) -> None:
    for option, (pattern, longest) in _NAMES.items():
        value = params[option]
        if len(value) > longest or not pattern.match(value):
            raise OptionError(
                f"Reading the option {option}",
                reason=f"'{value}' is no valid name: small letters, digits and dashes, up to {longest} characters",
                remedy="Correct it.",
            )
