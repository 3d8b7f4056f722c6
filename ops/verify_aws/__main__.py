"""Check assumptions about AWS on a deployed stack: `make verify-aws ENV=dev`.

Without ENV, the probes run on the local stack. The exit status is 0 if no probe failed and
everything was cleaned up.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ops.arguments import stack_parser
from ops.stack import StackNotFound, find_stack
from ops.verify_aws import report
from ops.verify_aws.probe import Probe, Row, Verdict
from ops.verify_aws.probes import PROBES
from ops.verify_aws.target import Target

_EXAMPLES = """
  make verify-aws                              the local stack
  make verify-aws ENV=dev                      a stack on AWS
  make verify-aws ARGS="--list"                list the probes
  make verify-aws ARGS="--only users"          one topic, or one assumption
  make verify-aws ARGS="--json report.json"    write the report to a file
"""

_NOT_REMOVED = (
    "Not removed: the probes' orders and their notifications, and the two users' rows in the"
    " conversations table. Users, images, the message and queues are removed."
)


def main(argv: Sequence[str] | None = None, probes: Sequence[Probe] = PROBES) -> int:
    """Run the probes. 0: none failed; 1: one failed, clean-up failed, or there is no stack."""
    arguments = _parse(argv)
    probes = [each for each in probes if _is_chosen(each, arguments.only)]
    if arguments.list:
        print(*(f"{each.topic:<14} {each.assumption}" for each in probes), sep="\n")
        return 0
    if not probes:
        print(f"no probe matches {', '.join(arguments.only)}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that users are deleted
    done: list[Row] = []
    try:
        stack = find_stack(arguments.stack, arguments.region)
        print(stack.place, flush=True)
        if stack.parameters.get("ApiAuthorizer") != "Cognito":
            raise StackNotFound(
                "the probes send ID tokens of the user pool; they need ApiAuthorizer=Cognito"
            )
        with Target(stack) as target:
            done += report.rows(probes, target, lambda line: print(line, flush=True))
    except (StackNotFound, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; users, images and queues of the probes are removed", file=sys.stderr)
        return 130
    print(f"\n{report.summary(done)}\n{_NOT_REMOVED}")
    for each in target.left_behind:
        print(f"not removed: {each}", file=sys.stderr)
    if arguments.json:
        report.write(arguments.json, stack.place, done, target.left_behind)
    is_bad = target.left_behind or any(row.verdict is Verdict.FAILED for row in done)
    return 1 if is_bad else 0


def _is_chosen(probe: Probe, only: Sequence[str]) -> bool:
    return not only or any(each in (probe.topic, probe.assumption) for each in only)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = stack_parser(
        "verify-aws",
        __doc__,
        _EXAMPLES,
    )
    add = parser.add_argument
    add("--only", action="append", default=[], metavar="TOPIC", help="a topic or an assumption")
    add("--list", action="store_true", help="list topics and assumptions; needs no stack")
    add("--json", type=Path, metavar="FILE", help="write the report to this file too")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
