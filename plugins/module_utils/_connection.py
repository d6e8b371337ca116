# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which cluster, and as whom: from the task's options, the environment, a kubeconfig or the pod. PRIVATE.

Reading certificates, running exec plugins and refreshing tokens are the `kubernetes` package's; this file decides which
of the sources counts and turns what goes wrong into messages.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ._argspec import ENVIRONMENT
from ._errors import OptionError
from ._libraries import load_loaders, load_transport, load_yaml

Options = t.Mapping[str, t.Any]

# Who names a kubeconfig or a context in the task wants what is in there, and not AWX's credential of another cluster.
_OF_ANOTHER_CLUSTER = {"host", "api_key", "ca_cert", "client_cert", "client_key", "validate_certs", "tls_server_name"}
# Option → attribute of the library's Configuration.
_ATTRIBUTES = {
    "host": "host",
    "ca_cert": "ssl_ca_cert",
    "client_cert": "cert_file",
    "client_key": "key_file",
    "validate_certs": "verify_ssl",
    "tls_server_name": "tls_server_name",
}
_SECRET_KEYS = {"token", "password", "client-key-data", "access-token", "id-token", "refresh-token", "client-secret"}
AT_A_TIME = 8  # requests; most that is read goes one by one
_SHORTEST_SECRET = 8  # masking shorter strings would mask harmless output too


@dataclasses.dataclass(frozen=True)
class Connection:
    """A resolved connection: the library's *configuration*, and what comes on top of it as headers."""

    configuration: t.Any
    token: str = ""
    impersonation: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


def connect(options: Options, environ: t.Mapping[str, str]) -> Connection:
    """Resolve the connection *options* of a task. Raises OptionError; sends nothing but what an exec plugin sends."""
    settings = resolve(options, environ)
    _check(settings)
    configuration = load_transport().configuration_class()
    configuration.proxy = None
    if not _is_complete(options, settings):
        _load_credentials(configuration, settings, environ=environ)
    for option, attribute in _ATTRIBUTES.items():
        if option in settings:
            setattr(configuration, attribute, settings[option])
    configuration.host = configuration.host.rstrip("/")
    # Last: the library's releases differ in which variables they take, and some when a host is set.
    configuration.proxy = settings.get("proxy") or configuration.proxy or _find_proxy(configuration.host, environ)
    configuration.no_proxy = settings.get("no_proxy") or environ.get("no_proxy") or environ.get("NO_PROXY")
    configuration.connection_pool_maxsize = AT_A_TIME
    return Connection(
        configuration,
        settings.get("api_key", ""),
        tuple(_impersonation(settings)),
        tuple(_warnings(options, settings)),
    )


def resolve(options: Options, environ: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Merge the task's connection options with the environment's. Blank values count as not given."""
    settings = {name: options.get(name) for name in ENVIRONMENT if options.get(name) not in (None, "", [])}
    ignored = _OF_ANOTHER_CLUSTER if {"kubeconfig", "context"} & set(settings) else set()
    for option in ENVIRONMENT:
        if environ.get(ENVIRONMENT[option]) and option not in settings and option not in ignored:
            settings[option] = _read_variable(option, environ)
    return settings


def find_secrets(options: Options, environ: t.Mapping[str, str]) -> set[str]:
    """Return the strings of the connection options that must not be shown."""
    secrets: set[str] = set()
    with contextlib.suppress(OptionError):  # connect() will raise it again, when there is somebody to catch it
        settings = resolve(options, environ)
        secrets.add(settings.get("api_key", ""))
        secrets.update(_walk_secrets(_parse_inline(settings.get("kubeconfig"))))
    return {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}


def _walk_secrets(node: t.Any, key: str = "") -> t.Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _walk_secrets(value, "password" if key == "env" and name == "value" else str(name))
    elif isinstance(node, list):
        for value in node:
            yield from _walk_secrets(value, key)
    elif isinstance(node, str) and key in _SECRET_KEYS:
        yield node


def _read_variable(option: str, environ: t.Mapping[str, str]) -> t.Any:
    variable = ENVIRONMENT[option]
    value = environ[variable]
    if option == "impersonate_groups":
        return value.split(",")
    if option != "validate_certs":
        return value
    try:
        return boolean(value)
    except TypeError:
        action, reason = f"Reading the environment variable {variable}", f"'{value}' is no boolean"
        raise OptionError(action, reason=reason, remedy="Set it to True or False.") from None


def _check(settings: Options) -> None:
    proxy = settings.get("proxy", "")
    if proxy.isdigit():
        raise OptionError(
            "Reading the option proxy",
            reason=f"'{proxy}' is no URL; this option is the HTTP proxy on the way to the API server",
            remedy="For the number of Milvus proxies use replicas.proxy.",
        )
    for option, value in (("host", settings.get("host")), ("proxy", proxy)):
        if value and "://" not in value:
            reason, remedy = f"'{value}' is no URL", f"Write https://{value} or the like."
            raise OptionError(f"Reading the option {option}", reason=reason, remedy=remedy)
    for option in ("ca_cert", "client_cert", "client_key"):
        path = settings.get(option)
        if path and not os.path.isfile(path):
            reason = f"there is no file {path} on the host that runs the module"
            raise OptionError(f"Reading the option {option}", reason=reason, remedy="Correct the path.")


def _is_complete(options: Options, settings: Options) -> bool:
    """Whether server and identity are named by themselves, and no kubeconfig is asked for."""
    identity = "api_key" in settings or {"client_cert", "client_key"} <= set(settings)
    return "host" in settings and identity and not (options.get("kubeconfig") or options.get("context"))


def _find_proxy(host: str, environ: t.Mapping[str, str]) -> str | None:
    """Return the proxy that the environment has for a URL, as client-go and so helm takes it."""
    variable = f"{host.split(':', maxsplit=1)[0]}_proxy"
    return environ.get(variable.upper()) or environ.get(variable) or None


def _impersonation(settings: Options) -> t.Iterator[tuple[str, str]]:
    if "impersonate_user" in settings:
        yield "Impersonate-User", settings["impersonate_user"]
    for group in settings.get("impersonate_groups", ()):
        yield "Impersonate-Group", group


def _warnings(options: Options, settings: Options) -> t.Iterator[str]:
    if settings.get("validate_certs") is False and options.get("validate_certs") is None:
        # AWX injects it with a bearer token credential whose field for the certificate authority was left blank.
        yield (
            f"TLS certificates are not verified, because the environment says {ENVIRONMENT['validate_certs']}=False: "
            "whoever is between here and the API server can read the token and change the answers. In AWX, put the "
            "cluster's CA certificate into the credential; elsewhere set ca_cert."
        )


def _load_credentials(configuration: t.Any, settings: Options, *, environ: t.Mapping[str, str]) -> None:
    """Fill *configuration* from the kubeconfig that counts, or from the pod's service account."""
    default = environ.get("KUBECONFIG") or "~/.kube/config"
    source = settings.get("kubeconfig") or default
    inline = _parse_inline(source)
    paths = [] if inline is not None else _find_files(source)
    if inline is not None:
        _Kubeconfig("the kubeconfig given inline", [inline], "").load(configuration, settings.get("context"))
    elif paths:
        joined = os.pathsep.join(paths)
        configs = [_read_kubeconfig(path) for path in paths]
        _Kubeconfig(f"kubeconfig {joined}", configs, joined).load(configuration, settings.get("context"))
    elif "kubeconfig" in settings or environ.get("KUBECONFIG") or "context" in settings:
        raise OptionError(
            "Loading the kubeconfig",
            reason=f"there is no file {source} on the host that runs the module",
            remedy="Correct kubeconfig, or the variable K8S_AUTH_KUBECONFIG or KUBECONFIG.",
        )
    elif environ.get("KUBERNETES_SERVICE_HOST"):
        _load_service_account(configuration)
    elif "host" not in settings:
        raise OptionError(
            "Connecting to Kubernetes",
            reason=f"no cluster is named: no option, no K8S_AUTH_* variable, no file {default}, and this is not a pod",
            remedy="Set kubeconfig, or host and api_key.",
        )


def _find_files(source: t.Any) -> list[str]:
    """Return the files of a path, a list of paths, or paths joined as in KUBECONFIG, that exist, as kubectl does."""
    paths = source if isinstance(source, (list, tuple)) else str(source).split(os.pathsep)
    expanded = [os.path.expanduser(str(path)) for path in paths if path]
    return [path for path in expanded if os.path.isfile(path)]


def _parse_inline(source: t.Any) -> dict[str, t.Any] | None:
    """Return a kubeconfig given as a dict or as its text; None for paths."""
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        source = _parse_yaml(source, "the kubeconfig given inline")
        return _require_kubeconfig(source, "the kubeconfig given inline")
    return _require_kubeconfig(source, "the kubeconfig given inline") if isinstance(source, dict) else None


def _parse_yaml(text: str, what: str) -> t.Any:
    yaml, loader = load_yaml()
    try:
        return yaml.load(text, Loader=loader)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)  # the exception's own text quotes lines, and with them secrets
        where = f" in line {mark.line + 1}" if mark else ""
        reason = f"it is no YAML{where} ({getattr(exc, 'problem', None) or 'unreadable'})"
        raise OptionError(f"Reading {what}", reason=reason, remedy="Correct it.") from None


def _require_kubeconfig(config: t.Any, what: str) -> dict[str, t.Any]:
    if not isinstance(config, dict) or not isinstance(config.get("clusters"), list):
        reason = "it is no kubeconfig, for it has no list of clusters"
        raise OptionError(f"Reading {what}", reason=reason, remedy="Correct it.")
    return config


def _read_kubeconfig(path: str) -> dict[str, t.Any]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as exc:
        raise OptionError(f"Reading kubeconfig {path}", reason=str(exc), remedy="Correct the path.") from exc
    return _require_kubeconfig(_parse_yaml(text, f"kubeconfig {path}"), f"kubeconfig {path}")


class _Kubeconfig(t.NamedTuple):
    """A kubeconfig: what to call it, its content by file, and its joined *paths*, empty when it is given inline."""

    title: str
    configs: list[dict[str, t.Any]]
    paths: str

    def load(self, configuration: t.Any, context: str | None) -> None:
        """Have the library fill *configuration*."""
        library = load_loaders().kube_config
        context = self._choose_context(context)
        # The refresh of a token must not write into the user's file.
        arguments = {"context": context, "client_configuration": configuration, "persist_config": False}
        try:
            with _collect_log() as complaints:
                if self.paths:
                    library.load_kube_config(self.paths, **arguments)
                else:
                    library.load_kube_config_from_dict(self.configs[0], **arguments)
        except Exception as exc:  # clients of identity providers raise what they like
            reason, remedy = str(exc).rstrip("."), "Correct it; kubectl reads the same."
            raise OptionError(f"Loading {self.title}", reason=reason, remedy=remedy) from exc
        if complaints:
            # The library logs the failure of an exec plugin and goes on without an identity.
            raise OptionError(
                f"Getting credentials as {self.title} says",
                reason=complaints[-1].rstrip("."),
                remedy="A command that it names must run on the host that runs the module: try it there.",
            )
        configuration.proxy = self._find_cluster(context).get("proxy-url")  # older libraries do not read it

    def _find_cluster(self, context: str) -> dict[str, t.Any]:
        """Return the cluster of a context that the library has loaded."""

        def find(kind: str, name: str) -> dict[str, t.Any]:
            entries = (entry for config in self.configs for entry in config.get(kind) or ())
            found: dict[str, t.Any] = next(entry for entry in entries if entry["name"] == name)
            return found

        cluster: dict[str, t.Any] = find("clusters", find("contexts", context)["context"]["cluster"])["cluster"]
        return cluster

    def _choose_context(self, context: str | None) -> str:
        entries = [entry for config in self.configs for entry in config.get("contexts") or ()]
        known = [str(entry["name"]) for entry in entries if isinstance(entry, dict) and "name" in entry]
        # Of several files the first that sets it wins, says kubectl; the library would take the last.
        wanted = context or next((c["current-context"] for c in self.configs if c.get("current-context")), None)
        if wanted in known:
            return str(wanted)
        reason = f"it has no context '{wanted}'" if wanted else "it has no current-context"
        remedy = f"Set context to one of: {', '.join(known) or 'none'}."
        raise OptionError(f"Loading {self.title}", reason=reason, remedy=remedy)


def _load_service_account(configuration: t.Any) -> None:
    library = load_loaders().incluster_config
    try:
        library.load_incluster_config(client_configuration=configuration)
    except (library.ConfigException, OSError) as exc:
        reason, remedy = str(exc).rstrip("."), "Set kubeconfig, or host and api_key."
        raise OptionError("Loading the pod's service account", reason=reason, remedy=remedy) from exc


@contextlib.contextmanager
def _collect_log() -> t.Iterator[list[str]]:
    """Collect what is logged as an error to the root logger, which the `kubernetes` package does instead of raising."""
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    handler = Collector(level=logging.ERROR)
    logging.getLogger().addHandler(handler)
    try:
        yield messages
    finally:
        logging.getLogger().removeHandler(handler)
