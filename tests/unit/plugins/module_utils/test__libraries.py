# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.milvus.cluster.plugins.module_utils import _libraries
from ansible_collections.milvus.cluster.plugins.module_utils._errors import LibraryError

CONFTEST = Path(__file__).parents[2] / "conftest.py"


def run_fresh(code: str) -> t.Any:
    """Run code in a new interpreter, where nothing is imported yet, and return what it prints as JSON."""
    find_collection = f"import runpy\nrunpy.run_path({str(CONFTEST)!r})\n"
    start = "import json, sys\nfrom ansible_collections.milvus.cluster.plugins.module_utils import _libraries\n"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    output = subprocess.run(
        [sys.executable, "-c", find_collection + start + code], env=environ, capture_output=True, check=True, text=True
    )
    return json.loads(output.stdout)


def test_the_transport_needs_no_generated_class() -> None:
    code = """
transport = _libraries.load_transport()
generated = ("kubernetes.client.models", "kubernetes.client.api")
print(json.dumps([
    transport.rest_client_class(transport.configuration_class()).pool_manager.clear.__name__,
    [name for name in sys.modules if name.startswith(generated)],
    "kubernetes" in sys.modules,
    "oauthlib" in sys.modules,
]))
"""
    assert run_fresh(code) == ["clear", [], False, False]


def test_the_loaders_need_none_either() -> None:
    code = """
loaders = _libraries.load_loaders()
loaded = [name for name in sys.modules if name.startswith(("kubernetes", "oauthlib", "requests", "google"))]
print(json.dumps([loaders.kube_config.KubeConfigLoader.__name__, loaders.incluster_config.__name__, loaded]))
"""
    assert run_fresh(code) == ["KubeConfigLoader", "kubernetes.config.incluster_config", []]


def test_others_get_the_packages_as_they_are() -> None:
    code = """
_libraries.load_loaders()
import kubernetes, oauthlib.oauth2, requests_oauthlib
taken = [kubernetes.client.V1Pod, kubernetes.client.CoreV1Api, oauthlib.oauth2.Client, requests_oauthlib.OAuth2Session]
print(json.dumps([each.__name__ for each in taken]))
"""
    assert run_fresh(code) == ["V1Pod", "CoreV1Api", "Client", "OAuth2Session"]


def test_what_refreshes_oidc_tokens_is_there_when_it_is_needed() -> None:
    code = """
library = _libraries.load_loaders().kube_config
client = library.ApiClient(configuration=_libraries.load_transport().configuration_class())
error = library.oauthlib.oauth2.rfc6749.errors.InvalidClientIdError
print(json.dumps([type(client).__module__, type(library.OAuth2Session(client_id="me")).__module__, error.__module__]))
"""
    modules = ["kubernetes.client.api_client", "requests_oauthlib.oauth2_session", "oauthlib.oauth2.rfc6749.errors"]
    assert run_fresh(code) == modules


def test_google_is_there_when_it_is_needed() -> None:
    pytest.importorskip("google.auth")
    code = """
google = _libraries.load_loaders().kube_config.google
print(json.dumps([google.auth.default.__name__, type(google.auth.transport.requests.Request()).__name__]))
"""
    assert run_fresh(code) == ["default", "Request"]


def test_what_is_imported_already_stays() -> None:
    code = """
import oauthlib.oauth2, requests_oauthlib
library = _libraries.load_loaders().kube_config
print(json.dumps([library.OAuth2Session is requests_oauthlib.OAuth2Session, library.oauthlib is oauthlib]))
"""
    assert run_fresh(code) == [True, True]


@pytest.mark.parametrize("error", [ImportError, AttributeError])
def test_takes_the_plain_import_where_the_short_way_is_closed(error: type[Exception]) -> None:
    code = f"""
import contextlib
@contextlib.contextmanager
def closed(*_names):
    raise {error.__name__}("no such module")
    yield
_libraries._without_init = closed
transport = _libraries.load_transport()
print(json.dumps([transport.configuration_class.__name__, "kubernetes.client" in sys.modules]))
"""
    assert run_fresh(code) == ["Configuration", True]


@pytest.mark.parametrize(
    ("load", "module", "library"),
    [
        (_libraries.load_transport, "kubernetes", "kubernetes"),
        (_libraries.load_loaders, "kubernetes", "kubernetes"),
        (_libraries.load_yaml, "yaml", "PyYAML"),
    ],
)
def test_a_missing_library(load: t.Any, module: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    load.cache_clear()
    real = importlib.import_module

    def refuse(name: str) -> t.Any:
        if name.split(".", maxsplit=1)[0] == module:
            raise ImportError(f"No module named {name}")
        return real(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(LibraryError) as caught:
        load()
    message = str(caught.value)
    assert f"Importing {library} failed: Failed to import the required Python library ({library})" in message
    assert "No module named" in caught.value.facts["import_error"]
