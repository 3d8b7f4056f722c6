"""The deployed stack that `make e2e ENV=dev` runs the end-to-end tests against."""

from __future__ import annotations

import os

from local.emulator_clients import Outputs
from ops.stack import StackNotFound, find_stack, settings

ENVIRONMENT = os.environ.get("DEPLOYED", "")
"""An environment of samconfig.toml; empty if the tests start a local stack."""

WINDOW_SECONDS = 10 if ENVIRONMENT else 0
"""The delay that batch windows of queues and streams add on AWS; the local stack has none."""


def outputs() -> Outputs:
    """Return the stack's outputs, with those that a local stack adds. Raises StackNotFound.

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
