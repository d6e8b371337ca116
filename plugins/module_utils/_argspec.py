# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The option groups of the modules, each documented by the doc fragment of the same name. PRIVATE."""

from __future__ import annotations

import typing as t

OptionSpec = dict[str, dict[str, t.Any]]

CONNECTION: OptionSpec = {
    # Secrets inside are found and masked one by one (_connection.find_secrets); no_log keeps the option out of syslog.
    "kubeconfig": {"type": "raw", "no_log": True, "aliases": ["kubeconfig_path"]},
    "context": {"type": "str", "aliases": ["kube_context"]},
    "host": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
    "client_cert": {"type": "path", "aliases": ["cert_file"]},
    "client_key": {"type": "path", "no_log": False, "aliases": ["key_file"]},
    "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
    "tls_server_name": {"type": "str"},
    "proxy": {"type": "str"},
    "no_proxy": {"type": "str"},
    "impersonate_user": {"type": "str"},
    "impersonate_groups": {"type": "list", "elements": "str"},
}

RELEASE: OptionSpec = {
    "release_name": {"type": "str", "required": True, "aliases": ["name"]},
    "release_namespace": {"type": "str", "required": True, "aliases": ["namespace"]},
}

CHART: OptionSpec = {
    "chart_ref": {"type": "str"},
    "chart_repo_url": {"type": "str"},
    "chart_repo_username": {"type": "str"},
    "chart_repo_password": {"type": "str", "no_log": True},
    "chart_repo_ca_cert": {"type": "path"},
}

HELM: OptionSpec = {
    "helm_binary": {"type": "path", "aliases": ["binary_path"]},
}

# Of the modules that wait until the cluster is as the task wants it.
WAIT: OptionSpec = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 1800},
    "stable_seconds": {"type": "int", "default": 10},
    "unschedulable_timeout": {"type": "int", "default": 300},
}

# Of the modules that change a release.
LOCK: OptionSpec = {
    "lock_timeout": {"type": "int", "default": 600},
    "unlock": {"type": "str", "choices": ["stale", "never", "always"], "default": "stale"},
}

# Of the modules that add pods.
_CAPACITY: OptionSpec = {"require_capacity": {"type": "bool", "default": False}}

INSTALL: OptionSpec = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "create_namespace": {"type": "bool", "default": False},
    "chart_version": {"type": "str"},
    "release_values": {"type": "dict", "default": {}, "aliases": ["values"]},
    "values_files": {"type": "list", "elements": "path", "default": []},
    # The texts inside are masked one by one (_redaction.secret_strings), for Ansible would mask each 3 in the output.
    "sensitive_values": {"type": "dict", "default": {}, "no_log": True},
    "values_policy": {"type": "str", "choices": ["merge", "replace"], "default": "merge"},
    "allow_scale_in": {"type": "bool", "default": False},
    "allow_unsafe_upgrade": {"type": "bool", "default": False},
    **_CAPACITY,
    "on_failure": {"type": "str", "choices": ["keep", "rollback"], "default": "keep"},
    "backup_dir": {"type": "path"},
    "delete_volumes": {"type": "bool", "default": False},
    "confirm": {"type": "str"},
}

SCALE: OptionSpec = {
    # Free, for ansible-core refuses what it does not know without a word on why (_scale_request).
    "replicas": {"type": "dict", "default": {}},
    "autoscaling": {"type": "dict", "default": {}},
    "strategy": {"type": "str", "choices": ["together", "one_by_one"], "default": "together"},
    "scale_in_step": {"type": "int", "default": 1},
    "allow_zero": {"type": "bool", "default": False},
    "allow_restarts": {"type": "bool", "default": False},
    "drift": {"type": "str", "choices": ["keep_live", "restore_release", "fail"], "default": "keep_live"},
    **_CAPACITY,
    "wait_registered": {"type": "str", "choices": ["auto", "require", "skip"], "default": "auto"},
    "on_failure": {"type": "str", "choices": ["keep", "restore"], "default": "keep"},
}

_CHECKS = [
    *("release", "components", "counts", "pods", "images", "volumes", "endpoints", "autoscalers"),
    *("disruption_budgets", "registration", "health", "settled", "resource_groups", "smoke_test", "probe"),
]
_PROBE: OptionSpec = {
    "collection": {"type": "str", "required": True},
    "vector": {"type": "list", "elements": "float", "required": True},
    "ids": {"type": "list", "elements": "str", "required": True},
    "database": {"type": "str"},
    "vector_field": {"type": "str", "default": "vector"},
    "id_field": {"type": "str", "default": "id"},
}
VERIFY: OptionSpec = {
    "replicas": {"type": "dict", "default": {}},
    "checks": {"type": "list", "elements": "str", "choices": _CHECKS, "default": []},
    "required_checks": {"type": "list", "elements": "str", "choices": _CHECKS, "default": []},
    "wait_timeout": {"type": "int", "default": 60},
    "restart_window": {"type": "int", "default": 600},
    "smoke_test": {"type": "bool", "default": False},
    "probe": {"type": "dict", "options": _PROBE},
    "milvus_uri": {"type": "str"},
    "milvus_user": {"type": "str"},
    "milvus_password": {"type": "str", "no_log": True},
    "milvus_token": {"type": "str", "no_log": True},
    "milvus_ca_cert": {"type": "path"},
    "milvus_tls": {"type": "bool", "default": False},
}

# All modules take these, so that one `module_defaults` for the action group serves them all.
COMMON: OptionSpec = {**CONNECTION, **RELEASE, **CHART, **HELM}

# Doc fragment → the group it documents.
GROUPS: dict[str, OptionSpec] = {
    "_connection": CONNECTION,
    "_release": RELEASE,
    "_chart": CHART,
    "_helm": HELM,
    "_wait": WAIT,
    "_lock": LOCK,
}

# Connection option → the variable it falls back to. The names are those of kubernetes.core and of AWX credentials.
ENVIRONMENT: dict[str, str] = {
    "kubeconfig": "K8S_AUTH_KUBECONFIG",
    "context": "K8S_AUTH_CONTEXT",
    "host": "K8S_AUTH_HOST",
    "api_key": "K8S_AUTH_API_KEY",
    "ca_cert": "K8S_AUTH_SSL_CA_CERT",
    "client_cert": "K8S_AUTH_CERT_FILE",
    "client_key": "K8S_AUTH_KEY_FILE",
    "validate_certs": "K8S_AUTH_VERIFY_SSL",
    "tls_server_name": "K8S_AUTH_TLS_SERVER_NAME",
    "proxy": "K8S_AUTH_PROXY",
    "no_proxy": "K8S_AUTH_NO_PROXY",
    "impersonate_user": "K8S_AUTH_IMPERSONATE_USER",
    "impersonate_groups": "K8S_AUTH_IMPERSONATE_GROUPS",
}
