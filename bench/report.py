"""A benchmark's report: a table, how it was measured, and the targets for its values."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_HEADING = "\n## "


@dataclass(frozen=True, slots=True)
class Target:
    """A measured value and its limit: a maximum, or with `at_least` a minimum.

    `tolerance` is the share of the limit by which a short run may miss it, because CI machines
    are noisy.
    """

    what: str
    value: float
    limit: float
    at_least: bool = False
    tolerance: float = 0.0

    def is_met(self, *, short: bool = False) -> bool:
        tolerance = self.tolerance if short else 0.0
        if self.at_least:
            return self.value >= self.limit * (1 - tolerance)
        return self.value <= self.limit * (1 + tolerance)

    def line(self, *, short: bool = False) -> str:
        """The target and whether it is met, as a list item."""
        side = "at least" if self.at_least else "at most"
        if self.is_met():
            verdict = "met"
        else:
            verdict = "MISSED, within the tolerance" if self.is_met(short=short) else "MISSED"
        return f"- {self.what}: {self.value:.3g}, {side} {self.limit:.3g}: {verdict}"


@dataclass(frozen=True, slots=True)
class Report:
    """The section of docs/performance.md that one benchmark writes."""

    title: str
    method: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    targets: Sequence[Target] = field(default_factory=tuple)

    def markdown(self, *, short: bool = False) -> str:
        parts = [f"## {self.title}", self.method, table(self.columns, self.rows)]
        if self.targets:
            parts.append("\n".join(target.line(short=short) for target in self.targets))
        return "\n\n".join(parts) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, padded for the terminal. All columns but the first align right."""
    cells = [list(columns), *(list(row) for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(columns))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [
        [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        for row in (cells[0], rule, *cells[1:])
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in padded)


def run_conditions(load_before: float) -> str:
    """The date, the machine, and the load average before and after the run."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores {platform.machine()}, "
        f"{platform.system()}, CPython {platform.python_version()}, load {load_before:.1f} at the "
        f"start and {os.getloadavg()[0]:.1f} at the end."
    )


def update_page(page: Path, sections: Iterable[str], *, replace_all: bool = False) -> None:
    """Write sections into a page. A section replaces the one with its title, or is appended.

    `replace_all` removes all earlier sections, so that the whole page comes from one run.
    """
    head, *earlier = page.read_text().split(_HEADING)
    by_title = {} if replace_all else {_title(section): section.rstrip() for section in earlier}
    for section in sections:
        body = section.removeprefix("## ").rstrip()
        by_title[_title(body)] = body
    page.write_text(_HEADING.join([head.rstrip() + "\n", *(f"{s}\n" for s in by_title.values())]))


def _title(section: str) -> str:
    return section.partition("\n")[0]
