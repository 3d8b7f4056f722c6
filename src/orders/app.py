"""API -> the caller's own orders."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext

from common.api import routes
from common.api.errors import NotFound, Refused
from common.observability import logger
from common.orders import orders
from common.pagination import Page
from common.refused_orders import refused_orders

router = Router()  # type: ignore[no-untyped-call]


@router.get("/orders")
def list_orders() -> dict[str, Any]:
    """The caller's orders, newest first."""
    caller = routes.caller(router.current_event)
    page = Page.from_query(router.current_event.query_string_parameters)
    found, token = orders().placed_by(caller, page)
    return {"orders": [order.to_json() for order in found], "next": token}


@router.get("/orders/<order_id>")
def show_order(order_id: str) -> dict[str, Any]:
    """One order of the caller. Staff can read the orders of all users.

    `refused` tells of another order that the caller sent with the same orderID. If this one was
    the only one, raises Refused.
    """
    event = router.current_event
    caller = routes.caller(event)
    placed_by = None if "staff" in routes.groups(event) else caller
    refusal = refused_orders().find(order_id.lower(), caller)
    refused = {"refused": refusal.to_json()} if refusal else {}
    try:
        return orders().get(order_id.lower(), placed_by).to_json() | refused
    except NotFound as error:
        if refusal is None:
            raise
        raise Refused("the order was refused", [refusal.reason]) from error


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)
