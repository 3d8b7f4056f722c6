"""Start, stop or show the local stack.

python -m local.stack up [--search] [NAME=VALUE …] | down | status | env
"""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError

from local.emulator_clients import Outputs, environment
from local.stack.deployment import StackFailed
from local.stack.local_stack import LocalStack
from project import template
from project.commands import CommandFailed, end_of
from project.template import WrongParameter


def main(command: str, parameters: Mapping[str, str] | None = None, *, search: bool = False) -> int:
    """Run a command and return the exit status."""
    stack = LocalStack(parameters=parameters, search=search)
    # Handle a kill, and the end of the terminal, like Ctrl-C: stop what has been started.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("terminated"))
    try:
        if command == "down":
            stack.down()
            return 0
        if command == "up":
            stack.up()
    except (CommandFailed, StackFailed) as error:
        print(error, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        log = stack.directory / "emulator.log"
        print(f"the emulator failed: {error}\n{end_of(log)}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, for example
        print(f"{stack.directory} cannot be used: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    if not (stack.is_running("emulator") and stack.is_running("gateway")):
        print("the local stack is not running; start it with make up", file=sys.stderr)
        return 1
    if command == "env":
        _print_variables(stack.outputs())
        return 0
    _print_addresses(stack.outputs())
    return 0


def _print_addresses(outputs: Outputs) -> None:
    print(f"the shop       {outputs['GatewayUrl']}")
    print(f"notifications  {outputs['GatewayUrl']}/_local/notifications")
    print(f"AWS            {outputs['Endpoint']}")
    if "OpenSearchUrl" in outputs:
        print(f"OpenSearch     {outputs['OpenSearchUrl']}")


def _print_variables(outputs: Outputs) -> None:
    """Print shell commands after which AWS tools use the emulator."""
    print("unset AWS_PROFILE AWS_SESSION_TOKEN")
    for name, value in environment(outputs).items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["up", *given]:
            try:
                parameters = template.parameters(each for each in given if each != "--search")
            except WrongParameter as error:
                sys.exit(str(error))
            sys.exit(main("up", parameters, search="--search" in given))
        case ["down" | "status" | "env" as command]:
            sys.exit(main(command))
    sys.exit("usage: python -m local.stack up [--search] [NAME=VALUE …] | down | status | env")
