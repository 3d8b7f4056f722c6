"""What a benchmark found: a table, how it was made, and the bars that it is held to."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_HEADING = "\n## "


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must come to: `value` at least the limit, or at most.

    `slack` is what the short form grants, as a share of the limit, for the noise of machines
    that others use too.
    """

    what: str
    value: float
    limit: float
    at_least: bool = False
    slack: float = 0.0

    def holds(self, *, short: bool = False) -> bool:
        slack = self.slack if short else 0.0
        if self.at_least:
            return self.value >= self.limit * (1 - slack)
        return self.value <= self.limit * (1 + slack)

    def line(self, *, short: bool = False) -> str:
        """The bar and what came of it, as a list item."""
        side = "at least" if self.at_least else "at most"
        if self.holds():
            verdict = "holds"
        else:
            verdict = "MISSED, within the slack" if self.holds(short=short) else "MISSED"
        return f"- {self.what}: {self.value:.3g}, {side} {self.limit:.3g}: {verdict}"


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark's part of docs/performance.md."""

    title: str
    how: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    bars: Sequence[Bar] = field(default_factory=tuple)

    def markdown(self, *, short: bool = False) -> str:
        parts = [f"## {self.title}", self.how, table(self.columns, self.rows)]
        if self.bars:
            parts.append("\n".join(bar.line(short=short) for bar in self.bars))
        return "\n\n".join(parts) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, padded so that a terminal shows it well; figures are to the right."""
    cells = [list(columns), *(list(row) for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(columns))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [
        [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        for row in (cells[0], rule, *cells[1:])
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in padded)


def circumstances(load: float) -> str:
    """When and on what it was measured; `load` is the load average before."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores {platform.machine()}, "
        f"{platform.system()}, CPython {platform.python_version()}, load {load:.1f} at the "
        f"start and {os.getloadavg()[0]:.1f} at the end."
    )


def keep(page: Path, sections: Iterable[str], *, alone: bool = False) -> None:
    """Put sections into a page: each in place of the one with its title, new ones at the end.

    `alone` leaves none of the former ones, so that all of a page is of one run.
    """
    head, *former = page.read_text().split(_HEADING)
    by_title = {} if alone else {_title(section): section.rstrip() for section in former}
    for section in sections:
        body = section.removeprefix("## ").rstrip()
        by_title[_title(body)] = body
    page.write_text(_HEADING.join([head.rstrip() + "\n", *(f"{s}\n" for s in by_title.values())]))


def _title(section: str) -> str:
    return section.partition("\n")[0]
