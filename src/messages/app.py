"""API -> messages to other users sent, read, and taken back."""

from typing import Any

import people
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext
from conversations import conversations

from common.api import routes
from common.api.errors import Invalid
from common.api.idempotency import once
from common.api.request_body import Body
from common.messages import MAX_NAME_LENGTH, MAX_TEXT_LENGTH, Message
from common.observability import logger
from common.pagination import Page

router = Router()  # type: ignore[no-untyped-call]

MESSAGE = Body(
    {
        "to": {"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH},
        "text": {"type": "string", "maxLength": MAX_TEXT_LENGTH, "pattern": r"\S"},
    },
    ("to", "text"),
)


@router.post("/messages")
def send_message() -> Response[str]:
    """Send a message to a user by name."""
    wanted = MESSAGE.of(router.current_event)

    def send() -> dict[str, Any]:
        sender = people.caller(router.current_event)
        recipient = people.find(wanted["to"])
        if recipient.userID == sender.userID:
            raise Invalid("the message is wrong", ["to: yourself"])
        message = Message.new(sender, recipient, wanted["text"])
        conversations().send(message)
        return message.to_json()

    return routes.created(once(router, wanted, send))


@router.get("/messages")
def list_messages() -> dict[str, Any]:
    """The caller's conversations, or one of them: the messages exchanged with `with`."""
    caller = routes.caller(router.current_event)
    query = router.current_event.query_string_parameters
    if "with" not in query:
        rows, following = conversations().of(caller, Page.requested(query, caller))
        return {"conversations": [row.to_json() for row in rows], "next": following}
    partner = _partner(query)
    page = Page.requested(query, f"{caller} {partner}")
    found, following = conversations().between(caller, partner, page)
    return {"messages": [message.to_json() for message in found], "next": following}


@router.put("/messages")
def mark_read() -> Response[str]:
    """The caller has read what `with` wrote so far."""
    partner = _partner(router.current_event.query_string_parameters)
    conversations().mark_read(routes.caller(router.current_event), partner)
    return Response(204, body="")


@router.delete("/messages/<message_id>")
def delete_message(message_id: str) -> Response[str]:
    """Delete a message of the caller's own, for both."""
    conversations().remove(message_id.lower(), routes.caller(router.current_event))
    return Response(204, body="")


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(
    correlation_id_path="requestContext.requestId",
    log_event=False,  # whatever the environment says: the event holds what people write
)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)


def _partner(query: dict[str, str]) -> str:
    name = query.get("with", "")
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise Invalid(
            "with is wrong", [f"with: a user's name, of {MAX_NAME_LENGTH} characters at most"]
        )
    return name.lower()
