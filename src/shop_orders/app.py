"""API -> members of `staff` list and read the orders of all buyers, and change their states."""

from datetime import UTC, datetime
from typing import Any

import state_changes
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext
from desk import Filter, desk
from period import Period
from summary import days_of, summary

from common.api import routes
from common.api.errors import Invalid, NotFound
from common.api.idempotency_key import key_of
from common.observability import logger
from common.order_query import states_of
from common.order_states import Role
from common.orders_table import orders
from common.pagination import Page, is_key

router = Router()  # type: ignore[no-untyped-call]


def staff() -> str:
    """The caller's `sub`. Raises NotFound for a caller who is not a member of `staff`."""
    caller = routes.caller(router.current_event)
    if "staff" not in routes.groups(router.current_event):
        raise NotFound("no such route")
    return caller


@router.get("/shop/orders")
def list_shop_orders() -> dict[str, Any]:
    """The orders of all buyers or of one, newest first."""
    staff()
    query = router.current_event.query_string_parameters
    page, wanted = Page.from_query(query), Filter(states_of(query), Period.from_query(query))
    buyer = query.get("placedBy")
    if buyer is None:
        found, token = desk().newest(wanted, page)
    elif is_key(buyer):
        of_buyer, token = orders().placed_by(buyer, page)
        found = [order for order in of_buyer if wanted.accepts(order)]
    else:
        raise Invalid("invalid placedBy", ["placedBy: not the ID of a user"])
    return {"orders": [order.to_json(Role.STAFF) for order in found], "next": token}


@router.get("/shop/orders/<order_id>")
def show_shop_order(order_id: str) -> dict[str, Any]:
    """One order of any buyer."""
    staff()
    return orders().get(order_id.lower(), None).to_json(Role.STAFF, with_history=True)


@router.post("/shop/orders/<order_id>/state")
def change_state(order_id: str) -> dict[str, Any]:
    """Change the state of an order that the client has seen in this version."""
    caller = staff()
    event = router.current_event
    request = state_changes.request(state_changes.CHANGE.parse(event), caller, key_of(event))
    order = orders().change(order_id.lower(), request)
    return order.to_json(Role.STAFF, with_history=True)


@router.post("/shop/changes")
def change_states() -> dict[str, Any]:
    """Change the states of several orders. Each of them is changed or refused by itself."""
    caller = staff()
    event = router.current_event
    return state_changes.change(state_changes.CHANGES.parse(event), caller, key_of(event))


@router.get("/shop/summary")
def show_summary() -> dict[str, Any]:
    """How many orders there are per state and per day, and the oldest open one."""
    staff()
    days = days_of(router.current_event.query_string_parameters)
    return summary(days, datetime.now(UTC).date())


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)
