"""API -> a ticket for the WebSocket API; WebSocket API -> connections let in and forgotten."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext
from tickets import TICKET_SECONDS, tickets

from common import aws
from common.api import routes
from common.api.errors import Unauthenticated
from common.connections import connections
from common.observability import logger

router = Router()  # type: ignore[no-untyped-call]

PONG = json.dumps({"type": "pong"})
NOT_UNDERSTOOD = json.dumps({"message": "only ping is understood here", "details": []})


@router.post("/live")
def invite() -> Response[str]:
    """Hand out the address to connect to, good once and for a short while."""
    ticket = tickets().issue(routes.caller(router.current_event), aws.env("LIVE_STAGE"))
    url = f"{aws.env('LIVE_URL')}?ticket={ticket}"
    return routes.created({"url": url, "expiresIn": TICKET_SECONDS})


def connect(event: dict[str, Any]) -> dict[str, Any]:
    """Let in whoever has a ticket."""
    request = event["requestContext"]
    query = event.get("queryStringParameters") or {}
    try:
        user_id = tickets().redeem(
            query.get("ticket", ""), f"{request['apiId']}/{request['stage']}"
        )
    except Unauthenticated:
        logger.info("connection refused")
        return {"statusCode": 401}
    connections().add(user_id, request["connectionId"])
    return {"statusCode": 200}


def disconnect(event: dict[str, Any]) -> dict[str, Any]:
    """Forget the connection. Not every one that ends says so: the others expire."""
    connections().remove(event["requestContext"]["connectionId"])
    return {"statusCode": 200}


def answer(event: dict[str, Any]) -> dict[str, Any]:
    """Answer a ping, which keeps a quiet connection open: it closes after 10 idle minutes."""
    return {"statusCode": 200, "body": PONG if _is_ping(event["body"]) else NOT_UNDERSTOOD}


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(
    correlation_id_path="requestContext.requestId",
    log_event=False,  # whatever the environment says: the event holds a ticket
)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    match event["requestContext"].get("eventType"):
        case "CONNECT":
            return connect(event)
        case "DISCONNECT":
            return disconnect(event)
        case "MESSAGE":
            return answer(event)
    return routes.serve(router, event, context)


def _is_ping(frame: str) -> bool:
    try:
        said = json.loads(frame)
    except (ValueError, RecursionError):
        said = frame
    # `action` is what API Gateway's own examples and clients say.
    return said == "ping" or (
        isinstance(said, dict) and "ping" in (said.get("type"), said.get("action"))
    )
