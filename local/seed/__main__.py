"""Fill the local stack with a shop that looks as if it were used: `make seed`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from local.emulator_clients import Outputs
from local.seed import catalogue
from local.seed.shop import Shop
from local.stack.local_stack import LocalStack
from local.stack_probe import NotSeen, StackProbe

_AT_ONCE = 2
"""Each request more at a time may start one more environment, which takes the longest."""


def main(outputs: Outputs | None = None, say: Callable[[str], None] = print) -> int:
    """Fill a stack, by default that of `make up`. Returns the exit status."""
    outputs = outputs or LocalStack().outputs()
    last = catalogue.orders()[-1]
    if StackProbe(outputs).stored(last.id):
        say("the shop has been filled already; make down empties it")
        return 0
    try:
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            _fill(outputs, threads, say)
    except (NotSeen, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    say(f"look at {outputs['GatewayUrl']}; make user NAME={catalogue.USERS[0]} prints a password")
    return 0


def _fill(outputs: Outputs, threads: ThreadPoolExecutor, say: Callable[[str], None]) -> None:
    """Everything but the orders comes first: the last order says that the shop is complete."""

    @contextmanager
    def step(what: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        say(f"  {what:<34}{time.monotonic() - start:5.1f} s")

    with step(f"{len(catalogue.USERS) + 1} users, {len(catalogue.GROUPS)} groups"):
        shop = Shop.open(outputs, threads)
    with step("pictures: READY, FAILED, PENDING"):
        shop.add_pictures()
    with step("conversations"):
        shop.talk()
    with step(f"{catalogue.ORDERS} orders, some refused"):
        shop.place_orders()


if __name__ == "__main__":
    sys.exit(main())
