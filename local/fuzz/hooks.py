"""What the tests of `make fuzz` wait for, as the document tells clients to."""

from __future__ import annotations

from typing import Any

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
def before_call(_: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Let the first request for an order that was placed be sent when it is stored."""
    order_id = case.path_parameters.get("orderID")
    if case.method == "GET" and order_id in _NOT_READ:
        _NOT_READ.remove(order_id)  # the requests below call this function, too
        wait_for("the order", lambda: case.call(**kwargs).status_code != 404)
