"""`make load`: send orders at a fixed rate, and check that each is stored and published once.

Without ENV, to the local stack; with ENV, to a stack on AWS, after a question. It creates users and
a queue that listens, and for SENDERS a stack of functions, and deletes all of them at the end. The
orders stay: the API cannot delete orders.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from bench.books import Events, order_problems, orders_with_ids
from bench.load.limits import MAX_DOLLARS, ON_AWS, ON_THIS_MACHINE, Load, TooMuch
from bench.load.senders import Sent, send_from_functions, send_from_here
from bench.load.usage import estimate, measured, used
from bench.prices import DATE, dollars
from bench.report import table
from local.api_user import ApiUser
from local.listener import TopicListener
from ops.arguments import stack_parser
from ops.stack import DeployedStack, find_stack
from ops.stack_command import Find, run_on_stack

_SILENCE_SECONDS = 200
"""So long nothing more may be stored or published. A lost invocation takes 181 s."""

_SHOWN = 5
_EXAMPLES = """
  make load RATE=5 MINUTES=1                              the local stack
  make load RATE=200 MINUTES=5 ENV=dev                    from this machine; asks first
  make load RATE=800 MINUTES=10 SENDERS=8 ENV=dev YES=1   from 8 functions, without asking
"""


class NotConfirmed(Exception):
    """The operator did not want to spend the money. The text says that nothing was sent."""


def main(argv: Sequence[str] | None = None, find: Find = find_stack) -> int:
    """Send a load. Returns 0, or 1 if the books do not balance or it is not allowed."""
    arguments = _parse(argv)
    load = Load(arguments.rate, arguments.minutes, arguments.senders)

    def work(stack: DeployedStack) -> int:
        load.check(ON_THIS_MACHINE if stack.is_emulated else ON_AWS)
        bill = estimate(load)
        print(f"{load.orders:,} orders, about US$ {dollars(bill):.4f} with prices of {DATE}")
        if dollars(bill) > MAX_DOLLARS:
            raise TooMuch(f"above US$ {MAX_DOLLARS:g}, nothing is sent")
        if not (stack.is_emulated or arguments.yes):
            _confirm()
        since = datetime.now(UTC)
        with _users(stack, load) as users, _listener(stack, users) as listener:
            if load.senders:
                sent = send_from_functions(stack, load, users)
            else:
                sent = send_from_here(load, users)
            print(f"sent {sent.orders:,} orders in {sent.seconds:.0f} s", flush=True)
            problems, found = _balance(stack, sent, listener)
        usage = used(stack, since)
        share = sent.orders / load.orders
        rows: list[tuple[str, str]] = [
            ("orders per second", f"{sent.orders / sent.seconds:.1f}"),
            *((f"answers: {status}", f"{n:,}") for status, n in sorted(sent.statuses.items())),
            *(
                (f"milliseconds, p{share * 100:g}", f"{sent.percentile(share):,}")
                for share in (0.5, 0.9, 0.99, 0.999)
            ),
            *((name, f"{count:,}") for name, count in found.items()),
            ("cold starts", f"{usage.cold_starts:,}"),
            ("Lambda, throttled", f"{usage.metrics['Throttles']:,}"),
            ("Lambda, failed invocations", f"{usage.metrics['Errors']:,}"),
            ("US$, estimated", f"{dollars(bill):.4f}"),
            ("US$, with what Lambda measured", f"{dollars(measured(bill, usage, share)):.4f}"),
        ]
        print(table(("", "number"), rows))
        for problem in problems[:_SHOWN]:
            print(f"WRONG: {problem}", file=sys.stderr)
        print(f"{len(problems)} differences between the books")
        return int(bool(problems))

    return run_on_stack(arguments, find, work, TooMuch, NotConfirmed)


def _balance(
    stack: DeployedStack, sent: Sent, listener: TopicListener
) -> tuple[list[str], dict[str, int]]:
    """Wait until everything is stored and published, or nothing more happens. Returns problems."""
    dynamodb = stack.client("dynamodb")
    orders = stack.resources("AWS::DynamoDB::Table")["OrdersTable"]
    seen, since = -1, time.monotonic()
    while True:
        received: list[Any] = [json.loads(text) for text in listener.received()]
        events = Events.of(received)
        stored = orders_with_ids(dynamodb, orders, sent.accepted)
        if len(stored) + len(events.copies) > seen:
            seen, since = len(stored) + len(events.copies), time.monotonic()
        problems = order_problems(sent.accepted, stored, (), events)
        if not problems or time.monotonic() - since > _SILENCE_SECONDS:
            break
        time.sleep(1)
    counts = {
        "accepted": len(sent.accepted),
        "stored": len(stored),
        "published": len(events.copies),
        "published again": events.repeated,
    }
    return problems, counts


@contextmanager
def _users(stack: DeployedStack, load: Load) -> Iterator[dict[str, ApiUser]]:
    """A user per sender during the context, by name."""
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    names = [f"load-{uuid.uuid4()}" for _ in range(load.parts)]
    outputs = {**stack.outputs, "GatewayUrl": stack.api}
    try:
        yield {name: ApiUser.sign_in(outputs, name, cognito) for name in names}
    finally:
        for name in names:
            cognito.admin_delete_user(UserPoolId=pool, Username=name)


@contextmanager
def _listener(stack: DeployedStack, users: dict[str, ApiUser]) -> Iterator[TopicListener]:
    """A queue that gets the events of these users during the context."""
    only = {"placedBy": [user.sub for user in users.values()]}
    listener = TopicListener(stack.outputs["OrderEventsTopic"], stack.client, only)
    try:
        yield listener
    finally:
        listener.close()


def _confirm() -> None:
    """Raises NotConfirmed."""
    print("Type yes to send them: ", end="", flush=True)
    if sys.stdin.readline().strip() != "yes":
        raise NotConfirmed("not confirmed: nothing was sent")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = stack_parser("load", "Send orders at a fixed rate, and balance the books.", _EXAMPLES)
    add = parser.add_argument
    add("--rate", type=float, default=5, help="RATE, orders per second")
    add("--minutes", type=float, default=1, help="MINUTES, how long")
    add("--senders", type=int, default=0, help="SENDERS, functions that send; 0: this machine")
    add("--yes", action="store_true", help="YES=1, send without asking")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
