"""Ending the sessions of a stack's users, as its function `users` does."""

from __future__ import annotations

from common.connections import Connections
from common.global_sign_out import GlobalSignOut
from common.live_sign_out import LiveSignOut
from common.sessions import EndedSessions
from common.sockets import Sockets
from ops.stack import DeployedStack


class OutdatedStack(Exception):
    """The stack was deployed by an earlier version. The text says what to do."""


def global_sign_out(stack: DeployedStack) -> GlobalSignOut:
    """Return the sign-out with the settings of the function. Raises OutdatedStack."""
    name = stack.resources("AWS::Lambda::Function")["UsersFunction"]
    configuration = stack.client("lambda").get_function_configuration(FunctionName=name)
    settings: dict[str, str] = configuration["Environment"]["Variables"]
    if "LIVE_URL" not in settings:
        raise OutdatedStack("the stack is too old to end sessions: deploy it, then run this again")
    dynamodb = stack.client("dynamodb")
    address = settings["LIVE_URL"].replace("ws", "http", 1)
    return GlobalSignOut(
        settings["USER_POOL_ID"],
        stack.client("cognito-idp"),
        EndedSessions(settings["IDEMPOTENCY_TABLE"], dynamodb),
        LiveSignOut(
            Connections(settings["CONNECTIONS_TABLE"], dynamodb),
            Sockets(stack.client("apigatewaymanagementapi", endpoint_url=address)),
        ),
    )
