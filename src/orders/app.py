"""API -> the caller's own orders are listed, read and cancelled."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext

from common.api import routes
from common.api.errors import NotFound, Refused
from common.api.idempotency_key import key_of
from common.observability import logger
from common.order_query import states_of
from common.order_states import Role, State
from common.orders_table import Request, orders
from common.pagination import Page
from common.refused_orders import refused_orders

router = Router()  # type: ignore[no-untyped-call]


@router.get("/orders")
def list_orders() -> dict[str, Any]:
    """The caller's orders, newest first, or only those in one state."""
    caller = routes.caller(router.current_event)
    query = router.current_event.query_string_parameters
    page, states = Page.from_query(query), states_of(query)
    found, token = orders().placed_by(caller, page)
    shown = [order.to_json(Role.BUYER) for order in found if order.state in states]
    return {"orders": shown, "next": token}


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
        order = orders().get(order_id.lower(), placed_by)
        return order.to_json(Role.BUYER, with_history=True) | refused
    except NotFound as error:
        if refusal is None:
            raise
        raise Refused("the order was refused", [refusal.reason]) from error


@router.post("/orders/<order_id>/cancel")
def cancel_order(order_id: str) -> dict[str, Any]:
    """Cancel one of the caller's orders, which is possible until the shop accepts it."""
    event = router.current_event
    request = Request(State.CANCELLED, Role.BUYER, routes.caller(event), key=key_of(event))
    order = orders().change(order_id.lower(), request)
    return order.to_json(Role.BUYER, with_history=True)


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)
