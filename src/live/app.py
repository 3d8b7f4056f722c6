"""API -> a ticket for the WebSocket API; WebSocket API -> connections stored, checked, deleted."""

import json
from typing import Any

import connection_limit
import session_checks
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext
from tickets import TICKET_SECONDS, tickets

from common import aws, quotas
from common.api import routes
from common.api.errors import TooManyRequests, Unauthenticated
from common.connections import connections
from common.observability import logger
from common.sessions import Session, ended_sessions
from common.sockets import sockets

router = Router()  # type: ignore[no-untyped-call]

PONG = json.dumps({"type": "pong"})
UNKNOWN_MESSAGE = json.dumps({"message": "only ping is supported here", "details": []})


@router.post("/live")
def create_ticket() -> Response[str]:
    """Return the URL to connect to, which works once and for 30 seconds."""
    event = router.current_event
    session = Session.from_claims(routes.claims(event), routes.username(event))
    quotas.count_connection(session.userID)
    connection_limit.check(session.userID, added=1)
    if not session_checks.is_valid(session):
        raise Unauthenticated("sign in again")
    ticket = tickets().issue(session, aws.env("LIVE_STAGE"))
    url = f"{aws.env('LIVE_ADDRESS')}?ticket={ticket}"
    return routes.created({"url": url, "expiresIn": TICKET_SECONDS})


def connect(event: dict[str, Any]) -> dict[str, Any]:
    """Accept the connection if it has a valid ticket, and the session has not ended since.

    The user may have received several tickets for the last connection within the limit.
    """
    request = event["requestContext"]
    query = event.get("queryStringParameters") or {}
    try:
        session = tickets().redeem(
            query.get("ticket", ""), f"{request['apiId']}/{request['stage']}"
        )
    except Unauthenticated:
        logger.info("connection refused")
        return {"statusCode": 401}
    connection = connections().add(session, request["connectionId"])
    try:
        connection_limit.check(session.userID)
    except TooManyRequests:
        connections().remove_all([connection])
        logger.info("connection above the limit refused")
        return {"statusCode": 429}
    # In this order: a sign-out first writes its record, and then reads the connections to close.
    if ended_sessions().contain(session):
        connections().remove_all([connection])
        logger.info("connection of an ended session refused")
        return {"statusCode": 401}
    return {"statusCode": 200}


def disconnect(event: dict[str, Any]) -> dict[str, Any]:
    """Delete the connection. A connection that ends without this event expires."""
    connections().remove(event["requestContext"]["connectionId"])
    return {"statusCode": 200}


def reply(event: dict[str, Any]) -> dict[str, Any]:
    """Answer a ping, which keeps the connection open. Close it if its session is not valid."""
    request = event["requestContext"]
    if not session_checks.may_stay(request["connectionId"], request["connectedAt"] / 1000):
        connections().remove(request["connectionId"])
        sockets().close(request["connectionId"])
        logger.info("connection closed, because its session has ended")
        return {"statusCode": 401}
    return {"statusCode": 200, "body": PONG if _is_ping(event["body"]) else UNKNOWN_MESSAGE}


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    match event["requestContext"].get("eventType"):
        case "CONNECT":
            return connect(event)
        case "DISCONNECT":
            return disconnect(event)
        case "MESSAGE":
            return reply(event)
    return routes.serve(router, event, context)


def _is_ping(frame: str) -> bool:
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError):
        message = frame
    # API Gateway's own examples and clients use `action`.
    return message == "ping" or (
        isinstance(message, dict) and "ping" in (message.get("type"), message.get("action"))
    )
