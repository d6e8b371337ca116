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
      - The chart, as a name in O(chart_repo_url), C(repository/name), a path on the host that runs the module, or an
        V(oci://) reference.
      - Used by the modules that change a release; the others accept it for the sake of common C(module_defaults).
    type: str
  chart_repo_url:
    description:
      - The repository of a chart that O(chart_ref) gives by its bare name.
      - Used by the modules that change a release; the others accept it for the sake of common C(module_defaults).
    type: str
"""
