"""Let a function of the local stack wait for a debugger: `make debug FUNCTION=orders_writer`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import debugpy

from local.debug.debugging import PORT, PortTaken, debugged
from local.development.functions import Functions, UnknownFunction
from local.development.sessions import Session, SessionExists
from local.stack.deployment import StackFailed
from local.stack.local_stack import LocalStack
from project.commands import CommandFailed
from project.template import ROOT


def main(arguments: list[str] | None = None, stack: LocalStack | None = None) -> int:
    """Debug a function until interrupted, by default of the stack of `make up`."""
    parser = argparse.ArgumentParser(prog="make debug", description=__doc__)
    parser.add_argument("function", help="a name in src, for example orders_writer")
    parser.add_argument("--port", type=int, default=PORT, help=f"default: {PORT}")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    session = Session(
        root=str(ROOT),
        pid=os.getpid(),
        function=given.function,
        debugger_port=given.port,
        packages=str(Path(debugpy.__file__).parents[1]),
    )
    try:
        outputs = (stack or LocalStack()).up()
        with debugged(Functions(outputs), session):
            print(f"the shop       {outputs['GatewayUrl']}")
            print(
                f"{given.function} waits for a debugger at 127.0.0.1:{given.port}; Ctrl-C ends it"
            )
            sys.stdout.flush()
            signal.pause()
    except KeyboardInterrupt:
        print(f"\n{given.function} runs as deployed again")
    except (
        *(CommandFailed, StackFailed, SessionExists),
        *(UnknownFunction, PortTaken),
    ) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
