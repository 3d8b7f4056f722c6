"""`make chaos`: everything happens at once on a local stack of its own, and nothing is lost.

It prints the seed, with which the same plan can be run again. It exits with 1 if the books do not
balance, or if a process or a file is left.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time

from bench.chaos.plan import MAX_SECONDS, Kind
from bench.chaos.run import Outcome, run
from bench.chaos.traffic import CLIENTS, REQUESTS_PER_SECOND
from bench.report import Report, Target, run_conditions, update_page
from local.stack.deployment import StackFailed
from project.commands import CommandFailed
from project.template import ROOT

PAGE = ROOT / "docs" / "reliability.md"
MAX_MINUTES = 60
_SHOWN = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help=f"at most {MAX_MINUTES}")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of the plan")
    parser.add_argument("--keep", action="store_true", help="write the figures to docs/")
    arguments = parser.parse_args()
    if not 0 < arguments.minutes <= MAX_MINUTES:
        parser.error(f"MINUTES must be above 0, and at most {MAX_MINUTES}")
    load, start = os.getloadavg()[0], time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - start:6.1f} s  {text}", flush=True)

    say(f"seed {arguments.seed}")
    try:
        outcome = run(arguments.seed, round(arguments.minutes * 60), say)
    except (CommandFailed, StackFailed) as error:
        print(error, file=sys.stderr)
        return 1
    section = report(outcome).markdown()
    print(f"\n{section}")
    for problem in outcome.problems[:_SHOWN]:
        print(f"WRONG: {problem}", file=sys.stderr)
    if arguments.keep:
        update_page(PAGE, [f"{section}\n{run_conditions(load)}"])
    return int(bool(outcome.problems))


def report(outcome: Outcome) -> Report:
    """The section of docs/reliability.md about a run."""
    recovery = outcome.recovery
    answers = sorted(outcome.statuses.items())
    faults = [(f"faults: {kind}", f"{outcome.faults[kind]:,}") for kind in Kind]
    effects = [
        (name, f"{count:,}") for name, count in outcome.faults.items() if name not in set(Kind)
    ]
    rows = [
        *faults,
        *effects,
        ("answers to the clients", ", ".join(f"{count:,} × {status}" for status, count in answers)),
        *((name, f"{count:,}") for name, count in recovery.balance.counts.items()),
        ("dead letters replayed", f"{recovery.replayed:,}"),
        ("until the books balanced", f"{recovery.seconds:.0f} s"),
    ]
    return Report(
        f"A run of {outcome.seconds / 60:g} minutes",
        f"Seed {outcome.seed}. {CLIENTS} clients take at most {REQUESTS_PER_SECOND} steps per "
        f"second together, fewer on a busy machine; a fault lasts at most {MAX_SECONDS} s. "
        f"{'With' if outcome.search else 'Without'} search.",
        ("", "number"),
        rows,
        [
            Target("differences between the books", len(recovery.balance.problems), 0),
            Target("dead letters that fail again", len(recovery.kept), 0),
            Target("processes and files that are left", len(outcome.left), 0),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
