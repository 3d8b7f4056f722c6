"""Run the functions in the Lambda runtime image: `python -m local.sam_local [--open]`.

It sends every event in `events/` through `sam local`. The functions use a local stack that is
started for this run. With `--open` it makes the running local stack reachable for containers
instead, so that you can use `sam local` yourself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from local.emulator_clients import Outputs
from local.opensearch import search_engine
from local.sam_local import checks, docker, sam
from local.sam_local.docker import NotPossible
from local.stack.deployment import StackFailed
from local.stack.local_stack import LocalStack
from local.stack.ports import HOST
from project.commands import CommandFailed
from project.template import ROOT


async def run(outputs: Outputs) -> int:
    """Run all checks and return how many failed."""
    async with reachable(outputs):
        try:
            results = await checks.run()
        finally:
            docker.remove_containers(sam.TEMPLATE.parent)
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    return failed


async def stay_open(outputs: Outputs) -> int:
    """Keep the stack reachable for containers until interrupted, and print how to use it."""
    async with reachable(outputs):
        flags = " ".join(sam.flags(ROOT))
        print(
            "The stack is reachable for containers until you press Ctrl-C. In another terminal:\n\n"
            "export PATH=$PWD/.local/sam/bin:$PATH\n"
            "sam local invoke OrdersWriterFunction -e events/orders_writer/one_order.json"
            f" {flags}\n"
            f"sam local start-api --port 3001 {flags}\n"
            f"sam local start-lambda --port 3002 --warm-containers LAZY {flags}\n"
        )
        await asyncio.Event().wait()
    return 0


@asynccontextmanager
async def reachable(outputs: Outputs) -> AsyncIterator[None]:
    """Build the functions, and write the environment variables with which they reach the stack."""
    await sam.build()
    variables = json.dumps(sam.variables(outputs), indent=2)
    async with AsyncExitStack() as proxies:
        for port in set(re.findall(rf"{HOST}:(\d+)", variables)):
            address = await proxies.enter_async_context(docker.proxy(int(port)))
            variables = re.sub(rf"{HOST}:{port}\b", address, variables)
        sam.VARIABLES.touch(mode=0o600)  # with credentials
        sam.VARIABLES.write_text(variables)
        yield


@contextmanager
def a_stack() -> Iterator[Outputs]:
    """Start a local stack for the time of this context, and return its outputs."""
    search = search_engine.is_available()
    stack = LocalStack(sam.FOLDER / "stack", port=0, gateway_port=0, search=search)
    print("starting a local stack for this run")
    try:
        yield stack.up()
    finally:
        stack.down()


@contextmanager
def the_running_stack() -> Iterator[Outputs]:
    """Return the outputs of the local stack that `make up` has started. Raises NotPossible."""
    stack = LocalStack()
    if not stack.is_running("emulator"):
        raise NotPossible("the local stack is not running; start it with make up")
    yield stack.outputs()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.sam_local", description=__doc__)
    parser.add_argument("--open", action="store_true", help="make the running stack reachable")
    arguments = parser.parse_args()
    try:
        docker.docker("info")
    except NotPossible as reason:
        print(f"not run: Docker is not available ({reason})", file=sys.stderr)
        return os.EX_UNAVAILABLE
    stack, work = (the_running_stack, stay_open) if arguments.open else (a_stack, run)
    # Handle SIGTERM like Ctrl-C: stop what has been started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    try:
        with stack() as outputs:
            return 1 if asyncio.run(work(outputs)) else 0
    except (CommandFailed, NotPossible, StackFailed) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
