# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Documentation of the options in module_utils/_argspec.HELM."""

from __future__ import annotations


class ModuleDocFragment:
    """Which helm."""

    DOCUMENTATION = r"""
options:
  helm_binary:
    description:
      - The helm binary to run, of Helm 3.14 or later.
      - The default is the C(helm) in E(PATH).
      - Its settings in the environment, E(HELM_NAMESPACE) and the like, do not count, but for those that say where its
        repositories, registry logins and caches are.
      - Used by the modules that change a release; the others accept it for the sake of common C(module_defaults).
    type: path
    aliases: [binary_path]
"""
