"""The deployed stack that `make e2e ENV=dev` runs the end-to-end tests against."""

from __future__ import annotations

import os

from local.emulator_clients import Outputs
from ops.stack import StackNotFound, find_stack, settings

ENVIRONMENT = os.environ.get("DEPLOYED", "")
"""An environment of samconfig.toml; empty where the tests start a local stack of their own."""

WINDOW_SECONDS = 10 if ENVIRONMENT else 0
"""What the batch windows of queues and streams may add, which the local stack does not wait for."""


def outputs() -> Outputs:
    """The stack's outputs, with what the local stack adds to its own. Raises StackNotFound.

    There is no endpoint: clients find AWS, and their credentials, by themselves.
    """
    configured = settings(ENVIRONMENT)
    stack = find_stack(configured["stack_name"], configured.get("region"))
    if stack.parameters["DeletionProtection"] == "true":
        raise StackNotFound(
            f"{stack.name} is protected: its orders are real, and tests leave theirs"
        )
    os.environ["AWS_DEFAULT_REGION"] = stack.outputs["Region"]
    search = stack.parameters["Search"]
    engine = {} if search == "none" else {"OpenSearchUrl": search}
    return {
        **stack.outputs,
        **engine,
        "Stack": stack.name,
        "Endpoint": "",
        "GatewayUrl": stack.api,
    }
