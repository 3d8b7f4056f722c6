"""Watch the sources and update the running local stack: `make watch`."""

from __future__ import annotations

import os
import signal
import sys

from local.development.functions import Functions
from local.development.sessions import Session, SessionExists
from local.stack.deployment import StackFailed
from local.stack.local_stack import LocalStack
from local.watch.updates import follow
from local.watch.watcher import Watcher
from project.commands import CommandFailed
from project.template import ROOT


def main(stack: LocalStack | None = None) -> int:
    """Watch until interrupted, by default with the stack of `make up`. Returns the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    stack = stack or LocalStack()
    session = Session(str(ROOT), os.getpid())
    try:
        with Watcher(ROOT) as watcher:  # what is saved from now on is not missed
            outputs = stack.up()
            functions = Functions(outputs)
            with functions.developed(session):
                print(f"the shop       {outputs['GatewayUrl']}")
                print("watching src, layers, web and template.yaml; Ctrl-C ends it", flush=True)
                follow(watcher, ROOT, functions, stack.up)
    except KeyboardInterrupt:
        print("\nthe stack keeps running, with what was deployed last; make up deploys the rest")
    except (CommandFailed, StackFailed, SessionExists) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
