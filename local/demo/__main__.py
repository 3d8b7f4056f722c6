"""Send an order, a picture and a message through the local stack: `make demo`."""

from __future__ import annotations

import asyncio
import sys

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError

from local.api_user import ApiUser
from local.demo.images import follow_a_picture
from local.demo.messages import follow_a_message
from local.demo.order_life import follow_a_life
from local.demo.orders import follow_a_dead_letter, follow_an_order, repeat_an_order
from local.demo.output import say
from local.emulator_clients import Outputs
from local.stack.local_stack import LocalStack
from local.stack.logs import last_errors
from local.stack_probe import NotSeen, StackProbe


def main(outputs: Outputs) -> int:
    """Run the demo on the stack with these outputs and return the exit status."""
    try:
        api_user = ApiUser.sign_in(outputs, "demo")
        say("signed in", "demo")
        follow_an_order(StackProbe(outputs), api_user)
        repeat_an_order(StackProbe(outputs), api_user)
        follow_a_dead_letter(StackProbe(outputs), api_user)
        asyncio.run(follow_a_life(api_user, ApiUser.sign_in(outputs, "shop", group="staff")))
        follow_a_picture(api_user)
        asyncio.run(follow_a_message(api_user, ApiUser.sign_in(outputs, "friend")))
    except (NotSeen, OSError, aiohttp.ClientError, BotoCoreError, ClientError) as error:
        print(error, last_errors(outputs), sep="\n", file=sys.stderr)
        return 1
    print()
    say("look", f"{outputs['GatewayUrl']}/  the shop")
    say("", f"{outputs['GatewayUrl']}/_local/notifications  what SNS, Cognito and SES would email")
    say("", "make dlq   show the dead letters and send them again")
    say("", "make down  stop the stack")
    return 0


if __name__ == "__main__":
    sys.exit(main(LocalStack().outputs()))
