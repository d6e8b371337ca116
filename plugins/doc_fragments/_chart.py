# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Documentation of the options in module_utils/_argspec.CHART."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the chart comes from."""

    DOCUMENTATION = r"""
options:
  chart_ref:
    description:
      - The chart. A bare name is looked for in O(chart_repo_url).
      - C(repository/name) is a chart of a repository that the user who runs the module has added to helm.
      - An V(oci://) reference is a chart in a registry.
      - What begins with V(/), V(.) or V(~), or ends with V(.tgz), is a folder or an archive on the host that runs the
        module. A folder of the same name does not make a path of a bare name.
      - The default is V(milvus).
      - Used by the modules that change a release; the others accept it for the sake of common C(module_defaults).
    type: str
  chart_repo_url:
    description:
      - The repository of a chart that O(chart_ref) gives by its bare name.
      - The default is V(https://zilliztech.github.io/milvus-helm).
      - Used by the modules that change a release; the others accept it for the sake of common C(module_defaults).
    type: str
  chart_repo_username:
    description:
      - The user name at O(chart_repo_url), or at the registry of an V(oci://) reference.
      - Without it a registry is asked as the user who runs the module has logged in with C(helm registry login).
      - Used by the modules that change a release; the others accept it for the sake of common C(module_defaults).
    type: str
  chart_repo_password:
    description:
      - The password that belongs to O(chart_repo_username). It is on no command line and in no file on disk.
      - Used by the modules that change a release; the others accept it for the sake of common C(module_defaults).
    type: str
  chart_repo_ca_cert:
    description:
      - The path of the CA certificate, on the host that runs the module, that the certificate of O(chart_repo_url), or
        of the registry, is checked against.
      - Used by the modules that change a release; the others accept it for the sake of common C(module_defaults).
    type: path
"""
