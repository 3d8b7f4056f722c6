"""The report of a run: a table, printed row by row, and a JSON file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ops.verify_aws.probe import Probe, Row, Verdict, run

OBSERVED_WIDTH = 40


def rows(probes: Iterable[Probe], target: Any, say: Callable[[str], None]) -> Iterator[Row]:
    """Run the probes one after the other, and pass each row to `say` as soon as it is known."""
    probes = list(probes)
    widths = (
        max(len(each) for each in ("assumption", *(each.assumption for each in probes))),
        max(len(each) for each in ("expected", *(each.expected for each in probes))),
        OBSERVED_WIDTH,
    )
    say(_line(("assumption", "expected", "observed", "ok"), widths))
    say("-+-".join("-" * width for width in (*widths, len(Verdict.SKIPPED))))
    for each in probes:
        row = run(each, target)
        say(_line((row.assumption, row.expected, row.observed, row.verdict), widths))
        yield row


def summary(done: Sequence[Row]) -> str:
    """Return how many probes have each verdict."""
    count = Counter(row.verdict for row in done)
    return (
        f"{count[Verdict.OK]} ok, {count[Verdict.FAILED]} failed, {count[Verdict.SKIPPED]} skipped"
    )


def write(file: Path, place: str, done: Sequence[Row], left_behind: Sequence[str]) -> None:
    """Write the report to a file as JSON."""
    report = {"stack": place, "rows": [asdict(row) for row in done], "leftBehind": left_behind}
    file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return " | ".join([*map(str.ljust, cells, widths), cells[-1]])
