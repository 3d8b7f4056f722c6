"""`make bench`: compare Storefront with its baselines, side by side in one run.

`make bench-short` runs the part that CI needs. It fails if a target is missed by more than its
tolerance, which allows for noisy machines. It compares ratios and counts, never times.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import (
    cold_start,
    cost,
    desk,
    fairness,
    hostile_traffic,
    image_tools,
    import_time,
    local_stack,
    scaling,
    throughput,
    transitions,
    watch,
    web_start,
    writer_profile,
)
from bench.report import Report, run_conditions, update_page
from local.dynamodb_local import MISSING
from local.stack import builds
from project import maven
from project.template import ROOT

PAGE = ROOT / "docs" / "performance.md"
SHORT = ("writer", "publisher", "init", "imports", "scaling", "fairness", "transitions", "desk")
SHORT_ROUNDS = 2
NEED_MAVEN = {"transitions", "desk", "cost"}  # for DynamoDB Local


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the medians count")
    parser.add_argument(
        "--orders", type=int, default=local_stack.RUSH_ORDERS, help="orders in the rush"
    )
    parser.add_argument(
        "--hostile-seconds",
        type=int,
        default=hostile_traffic.HOSTILE_SECONDS,
        help="how long the hostile user sends requests",
    )
    parser.add_argument(
        "--pictures", type=Path, help="a folder of pictures, whose metadata `images` compares"
    )
    parser.add_argument("--short", action="store_true", help="only what CI runs")
    parser.add_argument("--keep", action="store_true", help="write the results to docs/")
    parser.add_argument("benchmarks", nargs="*", help="the benchmarks to run; all by default")
    arguments = parser.parse_args()
    rounds = SHORT_ROUNDS if arguments.short else arguments.rounds
    reports: dict[str, Callable[[], Report]] = {
        **{name: partial(throughput.report, name, rounds) for name in throughput.COMPARISONS},
        "profile": writer_profile.report,
        "init": lambda: cold_start.report(rounds),
        "imports": lambda: import_time.report(rounds),
        "scaling": scaling.report,
        "transitions": lambda: transitions.report(rounds, short=arguments.short),
        "desk": lambda: desk.report(short=arguments.short),
        "fairness": fairness.report,
        "local-stack": lambda: local_stack.report(arguments.orders),
        "watch": watch.report,
        "web": lambda: web_start.report(rounds),
        "hostile": lambda: hostile_traffic.report(arguments.hostile_seconds),
    }
    known = [*reports, "images", "cost"]
    benchmarks = arguments.benchmarks or (SHORT if arguments.short else known)
    if unknown := set(benchmarks) - set(known):
        parser.error(
            f"unknown benchmark: {', '.join(sorted(unknown))}; choose from {', '.join(known)}"
        )
    if NEED_MAVEN & set(benchmarks) and not maven.is_available():
        parser.error(MISSING)
    if benchmarks != ["images"]:
        builds.build()

    missed, sections = 0, []
    for name in benchmarks:
        if name == "images":
            image_tools.report(rounds, arguments.pictures)
        elif name == "cost":
            cost.report(keep=arguments.keep)
        else:
            load = os.getloadavg()[0]
            report = reports[name]()
            text = report.markdown(short=arguments.short)
            print(f"\n{text}", flush=True)
            missed += sum(not target.is_met(short=arguments.short) for target in report.targets)
            sections.append(f"{text}\n{run_conditions(load)}")
    if arguments.keep:
        update_page(PAGE, sections, replace_all=set(reports) <= set(benchmarks))
    return int(arguments.short and missed > 0)


sys.exit(main())
