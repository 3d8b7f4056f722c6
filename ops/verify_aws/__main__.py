"""Check on a deployed stack what nothing else can check: `make verify-aws ENV=dev`.

Without ENV it is the local stack. The exit status is 0 if no assumption failed.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ops.stack import StackNotFound, find_stack
from ops.verify_aws import report
from ops.verify_aws.probe import Probe, Row, Verdict
from ops.verify_aws.probes import PROBES
from ops.verify_aws.target import Target

_EXAMPLES = """
  make verify-aws                              the local stack
  make verify-aws ENV=dev                      a stack on AWS
  make verify-aws ARGS="--list"                what is looked at
  make verify-aws ARGS="--only users"          one topic, or one assumption
  make verify-aws ARGS="--json report.json"    keep the report
"""

_STAYS = (
    "What stays: the orders of the probes, with whatever heard their events, and two users'"
    " rows in the conversations table. Users, images, the message and queues are removed."
)


def main(argv: Sequence[str] | None = None, probes: Sequence[Probe] = PROBES) -> int:
    """Run the probes. 0: all hold; 1: one fails, something was left behind, or no stack."""
    arguments = _parse(argv)
    probes = [each for each in probes if _is_chosen(each, arguments.only)]
    if arguments.list:
        print(*(f"{each.topic:<14} {each.assumption}" for each in probes), sep="\n")
        return 0
    if not probes:
        print(f"no probe of {', '.join(arguments.only)}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # users are deleted then too
    done: list[Row] = []
    try:
        stack = find_stack(arguments.stack, arguments.region)
        print(stack.place, flush=True)
        if stack.parameters.get("ApiAuthorizer") == "Jwt":
            raise StackNotFound(
                "the probes sign in at the stack's own user pool: ApiAuthorizer=Cognito"
            )
        with Target(stack) as target:
            done += report.rows(probes, target, lambda line: print(line, flush=True))
    except (StackNotFound, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what was made is removed", file=sys.stderr)
        return 130
    print(f"\n{report.summary(done)}\n{_STAYS}")
    for each in target.left_behind:
        print(f"left behind: {each}", file=sys.stderr)
    if arguments.json:
        report.write(arguments.json, stack.place, done, target.left_behind)
    is_bad = target.left_behind or any(row.verdict is Verdict.FAILED for row in done)
    return 1 if is_bad else 0


def _is_chosen(probe: Probe, only: Sequence[str]) -> bool:
    return not only or any(each in (probe.topic, probe.assumption) for each in only)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make verify-aws",
        description=__doc__,
        epilog=f"examples:{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--only", action="append", default=[], metavar="TOPIC", help="a topic, or an assumption")
    add("--list", action="store_true", help="list topics and assumptions, and ask nobody")
    add("--json", type=Path, metavar="FILE", help="write the report there as well")
    add("--stack", help="a stack on AWS; without it ENV's, and without that the local one")
    add("--region", help="its region, else that of your AWS configuration")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
