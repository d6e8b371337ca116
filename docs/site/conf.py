# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""How Sphinx makes the site of what antsibull-docs has written. Nothing is fetched for it."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

project = "milvus.cluster"
copyright = "2026 milvus.cluster contributors"  # noqa: A001  # the name that Sphinx reads
title = "milvus.cluster: Milvus clusters on Kubernetes, by Ansible"
html_title = html_short_title = "milvus.cluster"

extensions = ["sphinx_antsibull_ext"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_theme = "sphinx_ansible_theme"
html_theme_options = {"analytics_id": "", "tag_manager_id": "", "vcs_pageview_mode": "edit"}
html_show_sphinx = False
html_copy_source = False
html_use_index = False
suppress_warnings: list[str] = []

# Pages of Ansible's own site that ours refer to, by label: known here, because its inventory would have to be fetched.
_ANSIBLE = "https://docs.ansible.com/ansible/latest"
_KUBERNETES = f"{_ANSIBLE}/collections/kubernetes/core"
_ELSEWHERE = {
    "action_plugins": f"{_ANSIBLE}/plugins/action.html",
    "ansible_configuration_settings": f"{_ANSIBLE}/reference_appendices/config.html",
    "ansible_collections.kubernetes.core.helm_info_module": f"{_KUBERNETES}/helm_info_module.html",
    "ansible_collections.kubernetes.core.helm_module": f"{_KUBERNETES}/helm_module.html",
    "common_return_values": f"{_ANSIBLE}/reference_appendices/common_return_values.html",
}


def setup(app: Sphinx) -> None:
    """Have Sphinx ask us about labels that it does not know."""
    app.connect("missing-reference", find_elsewhere)


def find_elsewhere(*event: t.Any) -> nodes.Node | None:
    """Return the link to a page of Ansible's site, None for any other label: that is a mistake, and ends the build."""
    from docutils.nodes import reference

    _app, _env, node, content = event
    url = _ELSEWHERE.get(node.get("reftarget", "")) if node.get("reftype") == "ref" else None
    return reference("", "", content, refuri=url, internal=False) if url else None
