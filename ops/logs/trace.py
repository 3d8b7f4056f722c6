"""Print the way of one order or image through the stack: `make trace ID=…`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ops.arguments import stack_parser
from ops.dead_letters.output import printable
from ops.logs.groups import LogGroups
from ops.logs.lines import LogLine
from ops.logs.output import coloured
from ops.stack import DeployedStack, find_stack
from ops.stack_command import Find, run_on_stack

_EXAMPLES = """
  make trace ID=3803d0bb-1bbc-4b6e-9d9a-505c92b8f1f9           on the local stack
  make trace ID=3803d0bb-1bbc-4b6e-9d9a-505c92b8f1f9 ENV=dev   in an environment on AWS
"""

# Each table, the name of its key, and the attribute with the time of the request at the API.
_TABLES = (
    ("order", "OrdersTable", "orderID", "placedAt"),
    ("image", "ImagesTable", "imageID", "createdAt"),
)
_STAGES = {
    "order stored": "table",
    "event published": "publisher",
    "email sent": "notification",
    "event pushed": "live",
    "document written": "index",
}
"""The place of an order or image after it was logged."""

_BEFORE_SECONDS = 60  # clocks differ


@dataclass(frozen=True, slots=True)
class Step:
    """Where it was at a time."""

    time: datetime
    stage: str
    text: str


def main(
    argv: Sequence[str] | None = None,
    find: Find = find_stack,
) -> int:
    """Print the steps. Returns 1 if nothing is known about the ID."""
    parser = stack_parser("trace", "Print the way of one order or image.", _EXAMPLES)
    parser.add_argument("id", type=str.lower, metavar="ID", help="of an order or an image")
    hours = "how far back to look for an ID that is in no table; default: 24"
    parser.add_argument("--hours", type=float, default=24, help=hours)
    arguments = parser.parse_args(argv)
    return run_on_stack(arguments, find, partial(_print_steps, arguments.id, arguments.hours))


def _print_steps(searched: str, hours: float, stack: DeployedStack) -> int:
    found, steps = _follow(stack, searched, hours)
    if not steps:
        print(
            f"no order and no image has the ID {searched}, and no log of the last "
            f"{hours:g} hours contains it",
            file=sys.stderr,
        )
        return 1
    print(f"\n{found} {searched}")
    for step in steps:
        took = (step.time - steps[0].time).total_seconds()
        at = f"{step.time:%H:%M:%S}.{step.time.microsecond // 1000:03}"
        stage = coloured(f"{step.stage:<13}", "32")
        print(f"  {at}  {took:+9.3f} s  {stage} {printable(step.text)}")
    return 0


def _follow(stack: DeployedStack, searched: str, hours: float) -> tuple[str, list[Step]]:
    """Return what has the ID, and its steps in the order of their times."""
    rows = [each for each in (_row(stack, searched, *table) for table in _TABLES) if each]
    kind, steps = rows[0] if rows else ("not stored:", [])
    since = steps[0].time.timestamp() - _BEFORE_SECONDS if steps else time.time() - hours * 3600
    for line in LogGroups(stack).lines(int(since * 1000), containing=searched):
        steps += _steps(line)
    return kind, sorted(steps, key=lambda step: step.time)


def _row(
    stack: DeployedStack, searched: str, kind: str, table: str, key: str, at: str
) -> tuple[str, list[Step]] | None:
    """Return the kind, and the step at the API, of the row with the ID; None without a row."""
    item: dict[str, Any] | None = (
        stack.client("dynamodb")
        .get_item(
            TableName=stack.resources("AWS::DynamoDB::Table")[table],
            Key={key: {"S": searched}},
            ProjectionExpression="#at, #status",
            ExpressionAttributeNames={"#at": at, "#status": "status"},
        )
        .get("Item")
    )
    if item is None:
        return None
    state = f" It is {item['status']['S']} now." if "status" in item else ""
    return kind, [
        Step(datetime.fromisoformat(item[at]["S"]), "edge", f"the API accepted it.{state}")
    ]


def _steps(line: LogLine) -> list[Step]:
    """Return the step that a line tells, after those that it knows of the queue."""
    fields = {name: v for name, v in line.fields.items() if name in ("reason", "error", "code")}
    text = " ".join([f"{line.function}: {line.message}", *(f"{n}={v}" for n, v in fields.items())])
    times = [
        Step(datetime.fromtimestamp(int(line.fields[name]) / 1000, UTC), stage, text_of_queue)
        for name, stage, text_of_queue in (
            ("queued_at", "queue", "SQS has it"),
            ("received_at", "writer", f"{line.function} received it"),
        )
        if name in line.fields
    ]
    return [*times, Step(line.time, _STAGES.get(line.message, line.function), text)]


if __name__ == "__main__":
    sys.exit(main())
