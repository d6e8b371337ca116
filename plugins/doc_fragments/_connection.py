# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Documentation of the options in module_utils/_argspec.CONNECTION."""

from __future__ import annotations


class ModuleDocFragment:
    """How to reach the Kubernetes API, and as whom."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - The kubeconfig to use, as a path, a list of paths, paths joined by colons, a dictionary, or the YAML text
        itself.
      - Files are read on the host that runs the module. Relative paths in a file start from its folder.
      - Of several files the first one that has an entry or a current context wins, as for C(kubectl).
      - If not set, the environment variable E(K8S_AUTH_KUBECONFIG) is used. If neither is set and O(host) does not
        come with an identity, E(KUBECONFIG) is used, then V(~/.kube/config), then the service account of the pod
        that the module runs in.
    type: raw
    aliases: [kubeconfig_path]
  context:
    description:
      - The context of the kubeconfig to use instead of its current one.
      - Where this or O(kubeconfig) is set, the environment's variables for server, identity and TLS are not used.
      - If not set, the environment variable E(K8S_AUTH_CONTEXT) is used.
    type: str
    aliases: [kube_context]
  host:
    description:
      - The URL of the API server.
      - If not set, the environment variable E(K8S_AUTH_HOST) is used.
    type: str
  api_key:
    description:
      - The bearer token to authenticate with.
      - If not set, the environment variable E(K8S_AUTH_API_KEY) is used.
    type: str
  ca_cert:
    description:
      - A file with the certificate of the authority that has signed the API server's certificate.
      - If not set, the environment variable E(K8S_AUTH_SSL_CA_CERT) is used.
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description:
      - A file with the client certificate to authenticate with.
      - If not set, the environment variable E(K8S_AUTH_CERT_FILE) is used.
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - A file with the key of the client certificate.
      - If not set, the environment variable E(K8S_AUTH_KEY_FILE) is used.
    type: path
    aliases: [key_file]
  validate_certs:
    description:
      - Whether to verify the API server's certificate. It is verified unless this or the kubeconfig says otherwise.
      - If not set, the environment variable E(K8S_AUTH_VERIFY_SSL) is used, with a warning when it is V(False); AWX
        sets it so for a credential without a certificate authority.
    type: bool
    aliases: [verify_ssl]
  tls_server_name:
    description:
      - The name to expect in the API server's certificate, where it differs from the one in the URL.
      - If not set, the environment variable E(K8S_AUTH_TLS_SERVER_NAME) is used.
    type: str
  proxy:
    description:
      - The URL of an HTTP proxy on the way to the API server. This has nothing to do with the proxies of Milvus.
      - If not set, the environment variable E(K8S_AUTH_PROXY) is used, then the kubeconfig's C(proxy-url), then
        E(HTTPS_PROXY) or E(HTTP_PROXY).
    type: str
  no_proxy:
    description:
      - Hosts, domains and networks to reach without the proxy, joined by commas.
      - If not set, the environment variable E(K8S_AUTH_NO_PROXY) is used, then E(NO_PROXY).
    type: str
  impersonate_user:
    description:
      - The user to act as.
      - If not set, the environment variable E(K8S_AUTH_IMPERSONATE_USER) is used.
    type: str
  impersonate_groups:
    description:
      - The groups to act as a member of.
      - If not set, the environment variable E(K8S_AUTH_IMPERSONATE_GROUPS) is used, with commas between the groups.
    type: list
    elements: str
requirements:
  - kubernetes >= 29.0.0 (Python library)
  - PyYAML
notes:
  - Options that are set win over the environment, which wins over the kubeconfig.
  - The library runs the exec plugins and refreshes the tokens that a kubeconfig asks for. The file is never written.
"""
