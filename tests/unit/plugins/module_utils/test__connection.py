# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

import json
import os
import stat
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.milvus.cluster.plugins.module_utils import _libraries
from ansible_collections.milvus.cluster.plugins.module_utils._argspec import CONNECTION, ENVIRONMENT
from ansible_collections.milvus.cluster.plugins.module_utils._connection import connect, find_secrets, resolve
from ansible_collections.milvus.cluster.plugins.module_utils._errors import OptionError

AWX = {"K8S_AUTH_HOST": "https://awx:6443", "K8S_AUTH_API_KEY": "awx-token"}


def make_config(name: str = "one", **user: t.Any) -> dict[str, t.Any]:
    """A kubeconfig with one cluster, user and context of the same name."""
    cluster = {"server": f"https://{name}:6443", "certificate-authority": "ca.crt"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user or {"token": f"token-of-{name}"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a kubeconfig, and a folder with a CA file as current directory elsewhere."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path


def write(path: Path, config: t.Any) -> str:
    """Write a kubeconfig, and the CA file that it names, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(config if isinstance(config, str) else yaml.safe_dump(config), encoding="utf-8")
    (path.parent / "ca.crt").write_text("a certificate", encoding="utf-8")
    return str(path)


def find_token(configuration: t.Any) -> str | None:
    """The header that the library makes of the credentials."""
    return next((setting["value"] for setting in configuration.auth_settings().values()), None)


@pytest.mark.parametrize(
    ("options", "environ", "settings"),
    [
        ({}, {}, {}),
        ({"host": "https://a"}, {}, {"host": "https://a"}),
        ({}, AWX, {"host": "https://awx:6443", "api_key": "awx-token"}),
        ({"host": "https://a"}, AWX, {"host": "https://a", "api_key": "awx-token"}),
        ({"host": ""}, {"K8S_AUTH_HOST": "https://b"}, {"host": "https://b"}),
        ({}, {"K8S_AUTH_HOST": ""}, {}),
        # A kubeconfig or context in the task means another cluster than AWX's credential.
        ({"kubeconfig": "/k"}, {**AWX, "K8S_AUTH_VERIFY_SSL": "False"}, {"kubeconfig": "/k"}),
        ({"context": "c"}, {**AWX, "K8S_AUTH_KUBECONFIG": "/k"}, {"context": "c", "kubeconfig": "/k"}),
        ({"kubeconfig": "/k"}, {"K8S_AUTH_PROXY": "http://p"}, {"kubeconfig": "/k", "proxy": "http://p"}),
        (
            {},
            {**AWX, "K8S_AUTH_KUBECONFIG": "/k"},
            {"host": "https://awx:6443", "api_key": "awx-token", "kubeconfig": "/k"},
        ),
        ({"validate_certs": True}, {"K8S_AUTH_VERIFY_SSL": "no"}, {"validate_certs": True}),
        ({"validate_certs": False}, {}, {"validate_certs": False}),
        ({}, {"K8S_AUTH_VERIFY_SSL": "False"}, {"validate_certs": False}),
        ({}, {"K8S_AUTH_IMPERSONATE_GROUPS": "a,b"}, {"impersonate_groups": ["a", "b"]}),
        ({"impersonate_groups": []}, {}, {}),
    ],
)
def test_options_win_over_the_environment(options: t.Any, environ: t.Any, settings: t.Any) -> None:
    assert resolve(options, environ) == settings


def test_every_option_has_a_variable() -> None:
    assert set(ENVIRONMENT) == set(CONNECTION)


def test_a_variable_that_is_no_boolean() -> None:
    with pytest.raises(OptionError, match="variable K8S_AUTH_VERIFY_SSL failed: 'maybe' is no boolean"):
        resolve({}, {"K8S_AUTH_VERIFY_SSL": "maybe"})


@pytest.mark.parametrize("form", ["path", "list", "joined", "dict", "yaml", "json", "variable", "KUBECONFIG", "home"])
def test_forms_of_a_kubeconfig(form: str, home: Path) -> None:
    config = make_config()
    place = home / "home/.kube/config" if form == "home" else home / "configs/config"
    path = write(place, config)
    inline = {**config, "clusters": [{"name": "one", "cluster": {"server": "https://one:6443"}}]}
    options: dict[str, t.Any] = {
        "path": path,
        "list": [str(home / "missing"), path],
        "joined": f"{home}/missing{os.pathsep}{path}",
        "dict": inline,
        "yaml": yaml.safe_dump(inline),
        "json": json.dumps(inline),
    }
    environ = {"variable": {"K8S_AUTH_KUBECONFIG": path}, "KUBECONFIG": {"KUBECONFIG": path}}.get(form, {})
    configuration = connect({"kubeconfig": options.get(form)}, environ).configuration
    assert configuration.host == "https://one:6443"
    assert find_token(configuration) == "Bearer token-of-one"
    # A relative path in a file starts from the file's folder.
    assert configuration.ssl_ca_cert == (None if form in ("dict", "yaml", "json") else str(place.parent / "ca.crt"))


def test_contexts(home: Path) -> None:
    one, two = write(home / "1/config", make_config("one")), write(home / "2/config", make_config("two"))
    both = [one, two]
    # kubectl, and so helm, takes the first file's current context.
    assert connect({"kubeconfig": both}, {}).configuration.host == "https://one:6443"
    assert connect({"kubeconfig": both, "context": "two"}, {}).configuration.host == "https://two:6443"
    assert connect({"context": "one"}, {"KUBECONFIG": one}).configuration.host == "https://one:6443"
    with pytest.raises(OptionError, match=r"it has no context 'three'\. Set context to one of: one, two\."):
        connect({"kubeconfig": both, "context": "three"}, {})


BROKEN = {
    "empty": ("", "it is no kubeconfig, for it has no list of clusters"),
    "text": ("hello", "it is no kubeconfig"),
    "list": ("[1, 2]", "it is no kubeconfig"),
    "no yaml": ("users: [{token: s3cr3t-s3cr3t\n  x: [", "it is no YAML in line "),
    "another document": ("kind: Pod", "it is no kubeconfig"),
    "clusters of another shape": ({**make_config(), "clusters": ["x"]}, ""),
    "no current context": ({**make_config(), "current-context": ""}, "it has no current-context"),
    "no contexts": ({**make_config(), "contexts": None}, "it has no context 'one'. Set context to one of: none."),
    "no such cluster": ({**make_config(), "clusters": []}, ""),
    "no such certificate": (make_config("one", **{"client-certificate": "gone.crt"}), "File does not exist"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_kubeconfigs(case: str, home: Path) -> None:
    config, reason = BROKEN[case]
    path = write(home / "config", config)
    with pytest.raises(OptionError) as caught:
        connect({"kubeconfig": path}, {})
    assert reason in str(caught.value)
    assert path in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_a_kubeconfig_of_bytes(home: Path) -> None:
    (home / "config").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OptionError, match="Reading kubeconfig"):
        connect({"kubeconfig": str(home / "config")}, {})


@pytest.mark.parametrize(
    ("options", "environ", "message"),
    [
        ({"kubeconfig": "/gone"}, {}, "there is no file /gone on the host that runs the module"),
        ({}, {"KUBECONFIG": "/gone:/lost"}, "there is no file /gone:/lost"),
        ({"context": "x"}, {}, "there is no file ~/.kube/config"),
        ({}, {}, "no cluster is named"),
        ({"api_key": "x"}, {}, "no cluster is named"),
        ({"host": "one:6443", "api_key": "x"}, {}, "'one:6443' is no URL. Write https://one:6443 or the like."),
        ({"proxy": "3"}, {}, "For the number of Milvus proxies use replicas.proxy."),
        ({"proxy": "squid:3128"}, {}, "Reading the option proxy failed: 'squid:3128' is no URL"),
        ({"ca_cert": "/gone"}, {}, "Reading the option ca_cert failed: there is no file /gone"),
        ({"client_key": "/gone"}, {}, "Reading the option client_key failed: there is no file /gone"),
        ({"kubeconfig": "{"}, {}, "Reading the kubeconfig given inline failed: it is no YAML"),
        ({"kubeconfig": {"a": 1}}, {}, "Reading the kubeconfig given inline failed: it is no kubeconfig"),
    ],
)
def test_options_that_lead_nowhere(options: t.Any, environ: t.Any, message: str, home: Path) -> None:
    assert home
    with pytest.raises(OptionError) as caught:
        connect(options, environ)
    assert message in str(caught.value)


def test_server_and_token_need_no_kubeconfig(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / "home/.kube/config", "no kubeconfig at all")
    monkeypatch.setattr(_libraries, "load_loaders", None)  # and not the library's loaders either
    connection = connect({}, AWX)
    assert connection.configuration.host == "https://awx:6443"
    assert connection.token == "awx-token"


def test_options_come_on_top_of_a_kubeconfig(home: Path) -> None:
    path = write(home / "config", make_config())
    (home / "other.crt").write_text("x", encoding="utf-8")
    options = {
        "kubeconfig": path,
        "host": "https://127.0.0.1:1/",
        "api_key": "another",
        "ca_cert": str(home / "other.crt"),
        "validate_certs": False,
        "tls_server_name": "one",
        "proxy": "http://squid:3128",
        "no_proxy": "example.com",
        "impersonate_user": "alice",
        "impersonate_groups": ["a", "b"],
    }
    connection = connect(options, {})
    configuration = connection.configuration
    assert configuration.host == "https://127.0.0.1:1"
    assert connection.token == "another"
    assert connection.impersonation == (
        ("Impersonate-User", "alice"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
    )
    names = ("ssl_ca_cert", "verify_ssl", "tls_server_name", "proxy", "no_proxy")
    expected = [options[name] for name in ("ca_cert", "validate_certs", "tls_server_name", "proxy", "no_proxy")]
    assert [getattr(configuration, name) for name in names] == expected


def test_a_kubeconfig_can_name_proxy_server_name_and_trust(home: Path) -> None:
    config = make_config()
    extra = {"proxy-url": "http://squid:3128", "tls-server-name": "one", "insecure-skip-tls-verify": True}
    config["clusters"][0]["cluster"].update(extra)
    connection = connect({"kubeconfig": write(home / "config", config)}, {})
    configuration = connection.configuration
    found = (configuration.proxy, configuration.tls_server_name, configuration.verify_ssl)
    assert found == ("http://squid:3128", "one", False)
    assert connection.warnings == ()


PROXIES = {"HTTPS_PROXY": "http://from-environment:1", "HTTP_PROXY": "http://for-http:1", "NO_PROXY": "example.com"}


@pytest.mark.parametrize(
    ("options", "in_config", "environ", "proxy"),
    [
        ({}, None, {}, None),
        ({}, None, PROXIES, "http://from-environment:1"),
        ({}, None, {"https_proxy": "http://small:1"}, "http://small:1"),
        ({"host": "http://one:1"}, None, PROXIES, "http://for-http:1"),
        ({}, "http://of-cluster:1", PROXIES, "http://of-cluster:1"),
        ({}, "http://of-cluster:1", {**PROXIES, "K8S_AUTH_PROXY": "http://auth:1"}, "http://auth:1"),
        ({"proxy": "http://option:1"}, "http://of-cluster:1", PROXIES, "http://option:1"),
    ],
)
def test_which_proxy(options: t.Any, in_config: str | None, environ: t.Any, proxy: str | None, home: Path) -> None:
    config = make_config()
    if in_config:
        config["clusters"][0]["cluster"]["proxy-url"] = in_config
    configuration = connect({"kubeconfig": write(home / "config", config), **options}, environ).configuration
    assert configuration.proxy == proxy
    assert configuration.no_proxy == environ.get("NO_PROXY")


def test_the_file_is_never_written(home: Path) -> None:
    path = write(home / "config", make_config())
    os.chmod(path, stat.S_IRUSR)
    before = Path(path).read_bytes()
    connect({"kubeconfig": path}, {})
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize(
    ("options", "environ", "warns"),
    [
        ({}, {"K8S_AUTH_VERIFY_SSL": "False"}, True),
        ({}, {"K8S_AUTH_VERIFY_SSL": "True"}, False),
        ({}, {}, False),
        ({"validate_certs": False}, {"K8S_AUTH_VERIFY_SSL": "False"}, False),
        ({"validate_certs": True}, {"K8S_AUTH_VERIFY_SSL": "False"}, False),
    ],
)
def test_warns_of_awx_credentials_without_a_ca(options: t.Any, environ: t.Any, warns: bool, home: Path) -> None:
    assert home
    warnings = connect(options, {**AWX, **environ}).warnings
    assert [("K8S_AUTH_VERIFY_SSL=False" in warning) for warning in warnings] == [True] * warns


PLUGIN = """#!/bin/sh
cat <<'END'
{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "from-plugin"}}
END
"""


def exec_config(command: Path | str) -> dict[str, t.Any]:
    call = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(command), "interactiveMode": "Never"}
    return make_config("one", exec=call)


def test_exec_plugin(home: Path) -> None:
    plugin = home / "plugin"
    plugin.write_text(PLUGIN, encoding="utf-8")
    plugin.chmod(0o755)
    connection = connect({"kubeconfig": write(home / "config", exec_config(plugin))}, {})
    assert find_token(connection.configuration) == "Bearer from-plugin"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "No such file"),
        ("#!/bin/sh\necho no login >&2; exit 3\n", "no login"),
        ("#!/bin/sh\necho what\n", "failed to decode"),
        ("#!/bin/sh\necho '{}'\n", "malformed response"),
    ],
)
def test_exec_plugin_that_fails(text: str | None, reason: str, home: Path) -> None:
    plugin = home / "plugin"
    if text is not None:
        plugin.write_text(text, encoding="utf-8")
        plugin.chmod(0o755)
    with pytest.raises(OptionError, match=r"Getting credentials as kubeconfig .* says failed") as caught:
        connect({"kubeconfig": write(home / "config", exec_config(plugin))}, {})
    assert reason in str(caught.value)


def test_a_provider_with_errors_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class ProviderError(Exception):
        pass

    def refuse(*_args: t.Any, **_kwargs: t.Any) -> None:
        raise ProviderError("the account is locked.")

    monkeypatch.setattr(_libraries.load_loaders().kube_config, "load_kube_config", refuse)
    with pytest.raises(OptionError, match=r"^Loading kubeconfig \S+ failed: the account is locked\. "):
        connect({"kubeconfig": write(home / "config", make_config())}, {})


POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


def test_inside_a_pod(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    incluster = _libraries.load_loaders().incluster_config
    for name, attribute in (("token", "SERVICE_TOKEN_FILENAME"), ("ca.crt", "SERVICE_CERT_FILENAME")):
        (home / name).write_text("of-the-pod", encoding="utf-8")
        monkeypatch.setattr(incluster, attribute, str(home / name))
    for name, value in POD.items():
        monkeypatch.setenv(name, value)
    configuration = connect({}, POD).configuration
    assert configuration.host == "https://10.0.0.1:443"
    assert find_token(configuration) == "bearer of-the-pod"
    # A kubeconfig outweighs the pod, for helm sees it so too.
    write(home / "home/.kube/config", make_config())
    assert connect({}, POD).configuration.host == "https://one:6443"


def test_inside_a_pod_without_a_service_account(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    incluster = _libraries.load_loaders().incluster_config
    monkeypatch.setattr(incluster, "SERVICE_TOKEN_FILENAME", str(home / "gone"))
    for name, value in POD.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(OptionError, match=r"pod's service account failed: Service token file does not exist\."):
        connect({}, POD)


def test_secrets_are_found_one_by_one() -> None:
    user = {
        "token": "a-long-token",
        "password": "short",
        "client-key-data": "a-long-key",
        "client-certificate-data": "a-certificate",
        "exec": {
            "command": "aws",
            "env": [{"name": "AWS_SECRET", "value": "a-long-secret"}, {"name": "X", "value": None}],
        },
        "auth-provider": {"config": {"id-token": "a-long-id-token"}},
    }
    config = make_config("development", **user)
    secrets = {"a-long-token", "a-long-key", "a-long-secret", "a-long-id-token"}
    assert find_secrets({"kubeconfig": config}, {}) == secrets
    assert find_secrets({"kubeconfig": yaml.safe_dump(config)}, {}) == secrets
    assert find_secrets({"kubeconfig": "/home/user/.kube/config"}, AWX) == set()
    assert find_secrets({}, AWX) == {"awx-token"}
    assert find_secrets({"api_key": "explicit-token", "kubeconfig": "{"}, {}) == {"explicit-token"}
