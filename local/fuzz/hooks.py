"""What the tests of `make fuzz` wait for, as the document tells clients to."""

from __future__ import annotations

import os
from typing import Any

import requests
import schemathesis
from schemathesis import Case, HookContext, Response

from local.stack_probe import wait_for

_NOT_READ = set[str]()
"""The ids of orders that were placed. An order is stored about a second later."""


@schemathesis.hook
def after_call(_: HookContext, case: Case[Any], response: Response) -> None:
    """Remember an order that was placed."""
    if case.operation.path.startswith("/orders") and response.status_code == 202:
        _NOT_READ.add(response.json()["orderID"])


@schemathesis.hook
def before_call(_: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:  # noqa: ARG001
    """Let the first request about an order that was placed be sent when it is stored."""
    order_id = case.path_parameters.get("orderID")
    if order_id in _NOT_READ:
        _NOT_READ.discard(order_id)
        url = f"{case.operation.base_url}/orders/{order_id}"
        token = {"Authorization": os.environ["ID_TOKEN"]}
        wait_for(
            "the order", lambda: requests.get(url, headers=token, timeout=30).status_code != 404
        )
