"""The functions in AWS's own runtime image: `python -m local.sam_local [--open]`.

Sends every event of `events/` through `sam local`, with a local stack of its own as the AWS
behind the functions. `--open` instead brings the running local stack within the containers'
reach, for `sam local` commands of your own.
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

from local.account import Outputs
from local.opensearch import search_engine
from local.sam_local import checks, docker, sam
from local.sam_local.docker import NotPossible
from local.stack.deployment import StackFailed
from local.stack.local_stack import LocalStack
from local.stack.ports import HOST
from project.commands import CommandFailed
from project.template import ROOT


async def run(outputs: Outputs) -> int:
    """Check everything; how many checks failed."""
    async with opened(outputs):
        try:
            results = await checks.run()
        finally:
            docker.remove_containers(sam.TEMPLATE.parent)
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    return failed


async def stay_open(outputs: Outputs) -> int:
    """Keep the stack within the containers' reach until interrupted, and say how to use it."""
    async with opened(outputs):
        flags = " ".join(sam.flags(ROOT))
        print(
            "Open until Ctrl-C. In another terminal:\n\n"
            "export PATH=$PWD/.local/sam/bin:$PATH"
            " AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n"
            "sam local invoke OrdersWriterFunction -e events/orders_writer/one_order.json"
            f" {flags}\n"
            f"sam local start-api --port 3001 {flags}\n"
            f"sam local start-lambda --port 3002 --warm-containers LAZY {flags}\n"
        )
        await asyncio.Event().wait()
    return 0


@asynccontextmanager
async def opened(outputs: Outputs) -> AsyncIterator[None]:
    """Build, and write the template and the variables that let containers reach the stack."""
    await sam.build()
    variables = json.dumps(sam.variables(outputs), indent=2)
    async with AsyncExitStack() as doors:
        for port in set(re.findall(rf"{HOST}:(\d+)", variables)):
            address = await doors.enter_async_context(docker.door(int(port)))
            variables = re.sub(rf"{HOST}:{port}\b", address, variables)
        sam.VARIABLES.write_text(variables)
        yield


@contextmanager
def a_stack() -> Iterator[Outputs]:
    """The outputs of a local stack that runs as long as this context."""
    search = search_engine.is_available()
    stack = LocalStack(sam.FOLDER / "stack", port=0, gateway_port=0, search=search)
    print("a local stack for this run")
    try:
        yield stack.up()
    finally:
        stack.down()


@contextmanager
def the_running_stack() -> Iterator[Outputs]:
    """The outputs of the local stack that `make up` has started. Raises NotPossible."""
    stack = LocalStack()
    if not stack.is_running("emulator"):
        raise NotPossible("the local stack is down: make up")
    yield stack.outputs()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.sam_local", description=__doc__)
    parser.add_argument("--open", action="store_true", help="wait, for commands of your own")
    arguments = parser.parse_args()
    try:
        docker.docker("info")
    except NotPossible as reason:
        print(f"not run: no Docker engine answers ({reason})", file=sys.stderr)
        return os.EX_UNAVAILABLE
    stack, work = (the_running_stack, stay_open) if arguments.open else (a_stack, run)
    # As Ctrl-C: what has been started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    try:
        with stack() as outputs:
            return 1 if asyncio.run(work(outputs)) else 0
    except (CommandFailed, NotPossible, StackFailed) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
