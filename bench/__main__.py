"""`make bench`: ratios measured side by side in one run, kept in docs/performance.md.

`make bench-short` is the part that CI runs: it fails when a ratio is off by more than what a
noisy machine explains, and never for a time.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial

from bench import batches, cold_start, cost, growth, images, imports, laptop, profile
from bench.section import Section, circumstances, keep
from local.stack import deployment
from project.template import ROOT

PAGE = ROOT / "docs" / "performance.md"
SHORT = ("writer", "publisher", "init", "imports", "growth")
SHORT_ROUNDS = 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="runs of everything; medians count")
    parser.add_argument("--orders", type=int, default=laptop.RUSH, help="in the rush")
    parser.add_argument("--short", action="store_true", help="what CI runs")
    parser.add_argument("--keep", action="store_true", help="write the page in docs")
    parser.add_argument("what", nargs="*", help="some of the sections, images or cost; else all")
    asked = parser.parse_args()
    rounds = SHORT_ROUNDS if asked.short else asked.rounds
    sections: dict[str, Callable[[], Section]] = {
        **{name: partial(batches.section, name, rounds) for name in batches.RACES},
        "profile": profile.section,
        "init": lambda: cold_start.section(rounds),
        "imports": lambda: imports.section(rounds),
        "growth": growth.section,
        "laptop": lambda: laptop.section(asked.orders),
    }
    what = asked.what or (SHORT if asked.short else [*sections, "images", "cost"])
    if unknown := set(what) - {*sections, "images", "cost"}:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    deployment.build()

    missed, measured = 0, []
    for name in what:
        if name == "images":
            images.report(rounds)
        elif name == "cost":
            cost.report(keep=asked.keep)
        else:
            load = os.getloadavg()[0]
            found = sections[name]()
            text = found.markdown(short=asked.short)
            print(f"\n{text}", flush=True)
            missed += sum(not bar.holds(short=asked.short) for bar in found.bars)
            measured.append(f"{text}\n{circumstances(load)}")
    if asked.keep:
        keep(PAGE, measured, alone=set(sections) <= set(what))
    return int(asked.short and missed > 0)


sys.exit(main())
