"""API -> messages to other users are sent, read and deleted."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext
from conversations import conversations
from recipients import find_recipient

from common.api import routes
from common.api.errors import Invalid
from common.api.idempotency import run_once
from common.api.request_body import RequestBody
from common.messages import MAX_NAME_LENGTH, MAX_TEXT_LENGTH, Message, User
from common.observability import logger
from common.pagination import Page

router = Router()  # type: ignore[no-untyped-call]

MESSAGE = RequestBody(
    {
        "to": {"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH},
        "text": {"type": "string", "maxLength": MAX_TEXT_LENGTH, "pattern": r"\S"},
    },
    ("to", "text"),
)


@router.post("/messages")
def send_message() -> Response[str]:
    """Send a message to a user by name."""
    event = router.current_event
    body = MESSAGE.parse(event)

    def send() -> dict[str, Any]:
        sender = User(routes.caller(event), routes.username(event))
        recipient = find_recipient(body["to"])
        if recipient.userID == sender.userID:
            raise Invalid("the message is invalid", ["to: yourself"])
        message = Message.new(sender, recipient, body["text"])
        conversations().send(message)
        return message.to_json()

    return routes.created(run_once(router, body, send))


@router.get("/messages")
def list_messages() -> dict[str, Any]:
    """The caller's conversations or, with the parameter `with`, the messages of one of them."""
    caller = routes.caller(router.current_event)
    query = router.current_event.query_string_parameters
    if "with" not in query:
        found, token = conversations().of_user(caller, Page.from_query(query, caller))
        return {"conversations": [each.to_json() for each in found], "next": token}
    partner = _partner(query)
    page = Page.from_query(query, f"{caller} {partner}")
    messages, token = conversations().messages_with(caller, partner, page)
    return {"messages": [message.to_json() for message in messages], "next": token}


@router.put("/messages")
def mark_read() -> Response[str]:
    """Mark everything that the user `with` wrote so far as read."""
    partner = _partner(router.current_event.query_string_parameters)
    conversations().mark_read(routes.caller(router.current_event), partner)
    return Response(204, body="")


@router.delete("/messages/<message_id>")
def delete_message(message_id: str) -> Response[str]:
    """Delete one of the caller's own messages, for both users."""
    conversations().remove(message_id.lower(), routes.caller(router.current_event))
    return Response(204, body="")


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)


def _partner(query: dict[str, str]) -> str:
    name = query.get("with", "")
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise Invalid(
            "invalid with", [f"with: must be a user name of 1 to {MAX_NAME_LENGTH} characters"]
        )
    return name.lower()
