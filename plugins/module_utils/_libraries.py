# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The third-party libraries: what is used of them, and the message when one is missing. PRIVATE to this collection."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import traceback
import types
import typing as t

from ansible.module_utils.basic import missing_required_lib

from ._errors import LibraryError

# What the loaders import for identity providers that few kubeconfigs name. It takes longer than all requests.
_FOR_FEW = ("oauthlib.oauth2", "requests_oauthlib", "google.auth.transport.requests")


class Transport(t.NamedTuple):
    """What carries requests, the same in `kubernetes` 29 to 37."""

    configuration_class: t.Any
    rest_client_class: t.Any
    urllib3: t.Any


class Loaders(t.NamedTuple):
    """The modules of `kubernetes` that fill a configuration from a kubeconfig, or from a pod's service account."""

    kube_config: t.Any
    incluster_config: t.Any


@functools.cache
def load_transport() -> Transport:
    """Import the transport of the `kubernetes` package."""
    configuration, rest = _import("kubernetes.client.configuration", "kubernetes.client.rest")
    return Transport(configuration.Configuration, rest.RESTClientObject, importlib.import_module("urllib3"))


@functools.cache
def load_loaders() -> Loaders:
    """Import the configuration loaders of the `kubernetes` package; who names host and token does without them."""
    return Loaders(*_import("kubernetes.config.kube_config", "kubernetes.config.incluster_config"))


@functools.cache
def load_yaml() -> tuple[t.Any, t.Any]:
    """Return the `yaml` module and its fastest safe loader."""
    try:
        yaml = importlib.import_module("yaml")
    except ImportError as exc:
        raise _missing("PyYAML") from exc
    # The loader in Python takes a second for the manifest of a whole cluster, the one in C some milliseconds.
    return yaml, getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _import(*names: str) -> list[t.Any]:
    """Import modules of `kubernetes` without its generated API and model classes, which take longer than all requests.

    Python runs a package's __init__ before any of its submodules, and those of kubernetes and kubernetes.client import
    all of these classes. Where the short way does not work, or they are there already, the plain import is taken.
    """
    if "kubernetes" not in sys.modules:
        with contextlib.suppress(ImportError, AttributeError), _without_init("kubernetes", "client", "utils") as client:
            configuration = importlib.import_module("kubernetes.client.configuration").Configuration
            # For kubernetes.config, where only the refresh of an OIDC token calls for an ApiClient.
            vars(client).update(Configuration=configuration, ApiClient=_Later("kubernetes.client", "ApiClient"))
            with _postponed(*_FOR_FEW):
                return [importlib.import_module(name) for name in names]
    try:
        return [importlib.import_module(name) for name in names]
    except ImportError as exc:
        raise _missing("kubernetes") from exc


class _Later:
    """An attribute of a module that is imported when the attribute is first called, or asked for one of its own."""

    def __init__(self, module: str, attribute: str) -> None:
        self._path = module, attribute

    def _load(self) -> t.Any:
        module, attribute = self._path
        return getattr(importlib.import_module(module), attribute)

    def __call__(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        return self._load()(*args, **kwargs)

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._load(), name)


@contextlib.contextmanager
def _postponed(*names: str) -> t.Iterator[None]:
    """Let modules be imported without running them: whatever is taken from them is a _Later.

    Modules of packages that are imported already, or not installed, are left alone.
    """
    placeholders: dict[str, types.ModuleType] = {}
    for name in names:
        package, *subs = name.split(".")
        if package in sys.modules or importlib.util.find_spec(package) is None:
            continue
        parent = placeholders[package] = _make_placeholder(package)
        for sub in subs:
            child = placeholders[f"{parent.__name__}.{sub}"] = _make_placeholder(f"{parent.__name__}.{sub}")
            vars(parent)[sub] = parent = child
    sys.modules.update(placeholders)
    try:
        yield
    finally:
        for name in placeholders:
            del sys.modules[name]


def _make_placeholder(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module)["__getattr__"] = functools.partial(_Later, name)
    return module


@contextlib.contextmanager
def _without_init(package: str, first: str, *others: str) -> t.Iterator[types.ModuleType]:
    """Let submodules of *package* be imported without running its __init__ nor those of the subpackages named.

    Yields the empty module of the *first* subpackage. Afterwards nothing of the package is left in sys.modules, so that
    others get it as it is.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(package)
    root = spec.submodule_search_locations[0]
    for name in (package, *(f"{package}.{sub}" for sub in (first, *others))):
        module = types.ModuleType(name)
        module.__path__ = [os.path.join(root, *name.split(".")[1:])]
        module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
        sys.modules[name] = module
    try:
        yield sys.modules[f"{package}.{first}"]
    finally:
        for name in [name for name in sys.modules if name.split(".", 1)[0] == package]:
            del sys.modules[name]


def _missing(library: str) -> LibraryError:
    trace = traceback.format_exc()
    reason = missing_required_lib(library).rstrip(".")
    return LibraryError(f"Importing {library}", reason=reason, remedy="See Requirements.", import_error=trace)
