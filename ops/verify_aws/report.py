"""The report of a run: a table as it goes, and the same as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ops.verify_aws.probe import Probe, Row, Verdict, run

SEEN_WIDTH = 40


def rows(probes: Iterable[Probe], target: Any, say: Callable[[str], None]) -> Iterator[Row]:
    """Run the probes one after the other, and say each row when it is there."""
    probes = list(probes)
    widths = (
        max(len(each) for each in ("assumption", *(each.assumption for each in probes))),
        max(len(each) for each in ("expected", *(each.expected for each in probes))),
        SEEN_WIDTH,
    )
    say(_line(("assumption", "expected", "seen", "ok"), widths))
    say("-+-".join("-" * width for width in (*widths, len(Verdict.SKIPPED))))
    for each in probes:
        row = run(each, target)
        say(_line((row.assumption, row.expected, row.seen, row.verdict), widths))
        yield row


def summary(done: Sequence[Row]) -> str:
    """How many of which verdict."""
    count = Counter(row.verdict for row in done)
    return (
        f"{count[Verdict.OK]} ok, {count[Verdict.FAILED]} failed, {count[Verdict.SKIPPED]} skipped"
    )


def write(file: Path, place: str, done: Sequence[Row], left_behind: Sequence[str]) -> None:
    """Keep the report as JSON."""
    report = {"stack": place, "rows": [asdict(row) for row in done], "leftBehind": left_behind}
    file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return " | ".join([*map(str.ljust, cells, widths), cells[-1]])
