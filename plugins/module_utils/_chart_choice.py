# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Which chart and version an install or upgrade takes. Pure. PRIVATE to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ._chart_version import satisfies
from ._errors import OptionError

if t.TYPE_CHECKING:
    from ._chart_source import ChartSource
    from ._release import Release

DIGEST_LENGTH = 32  # of the 64 characters; a label's value has room for 63, the revision's number included


class ChartChoice(t.NamedTuple):
    """*version* is what helm is asked for, "" for the newest; *move* names the chart to move to, "" to stay."""

    version: str
    move: str


@dataclasses.dataclass(frozen=True)
class ChartWish:
    """The chart that the task names. *constraint* is its chart_version, "" without."""

    source: ChartSource
    constraint: str

    def choose(self, running: Release | None, *, applied_digest: str, remembered: str) -> ChartChoice:
        """Decide by the *running* release: its version stays until the task excludes it.

        *applied_digest* is of the chart as it was last applied, "" where nobody has noted it; *remembered* is the
        version that kept volumes were written by. Raises OptionError when a local chart is of none of the versions that
        the task asks for.
        """
        if self.source.is_local:
            return self._choose_local(running, applied_digest=applied_digest)
        if running is None:
            return ChartChoice(self.constraint or remembered, "")
        if not self.constraint or satisfies(running.chart.version, self.constraint):
            return ChartChoice(running.chart.version, "")
        return ChartChoice(self.constraint, f"chart {running.chart.name} {self.constraint}")

    def _choose_local(self, running: Release | None, *, applied_digest: str) -> ChartChoice:
        chart = self.source.metadata
        if self.constraint and not satisfies(chart.version, self.constraint):
            raise OptionError(
                "Reading the option chart_version",
                reason=f"chart_ref {self.source.reference} is of version {chart.version}, which is not "
                f"'{self.constraint}'",
                remedy="Correct one of the two, or leave chart_version out.",
            )
        title = f"chart {chart.name} {chart.version}"
        if running is None:
            return ChartChoice(chart.version, "")
        if (chart.name, chart.version) != (running.chart.name, running.chart.version):
            return ChartChoice(chart.version, title)
        is_same = applied_digest in ("", self.digest)
        return ChartChoice(chart.version, "" if is_same else f"{title} with other content")

    @property
    def digest(self) -> str:
        """What is noted of a local chart's content, "" for others."""
        return self.source.digest[:DIGEST_LENGTH] if self.source.is_local else ""
