# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The bench: what the collection costs, in time, helm processes and API traffic, beside what its peers cost."""
