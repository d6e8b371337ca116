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
            vars(client).update(Configuration=configuration, ApiClient=_make_api_client)  # for kubernetes.config
            return [importlib.import_module(name) for name in names]
    try:
        return [importlib.import_module(name) for name in names]
    except ImportError as exc:
        raise _missing("kubernetes") from exc


def _make_api_client(*args: t.Any, **kwargs: t.Any) -> t.Any:
    """Build the real ApiClient. Only the refresh of an OIDC token calls for it, when _without_init is long over."""
    return importlib.import_module("kubernetes.client").ApiClient(*args, **kwargs)


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
