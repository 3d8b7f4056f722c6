"""API -> messages to other users are sent, read and deleted."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext
from conversations import conversations
from recipients import find_recipient, find_recipient_by_id

from common import quotas
from common.api import routes
from common.api.errors import Invalid
from common.api.idempotency import Begin, create_once
from common.api.request_body import RequestBody
from common.messages import MAX_ID_LENGTH, MAX_NAME_LENGTH, MAX_TEXT_LENGTH, Message, User
from common.observability import logger
from common.pagination import Page

router = Router()  # type: ignore[no-untyped-call]

MESSAGE = RequestBody(
    {
        "to": {"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH},
        "toID": {"type": "string", "minLength": 1, "maxLength": MAX_ID_LENGTH},
        "text": {"type": "string", "maxLength": MAX_TEXT_LENGTH, "pattern": r"\S"},
    },
    ("text",),
)
# The query parameters that name the other user of a conversation, and their longest values.
WITH = {"with": MAX_NAME_LENGTH, "withID": MAX_ID_LENGTH}


@router.post("/messages")
def send_message() -> Response[str]:
    """Send a message to a user, by name or by ID."""
    event = router.current_event
    body = MESSAGE.parse(event)
    if ("to" in body) == ("toID" in body):
        raise Invalid("the request body is invalid", ["to: either to or toID is required"])

    def send(begin: Begin) -> Message:
        sender = User(routes.caller(event), routes.username(event))
        # Before the recipient is looked up, because the quota of Cognito is for all users together.
        quotas.count_message(sender.userID)
        if "to" in body:
            recipient = find_recipient(body["to"])
        else:
            recipient = find_recipient_by_id(body["toID"])
        if recipient.userID == sender.userID:
            raise Invalid("the message is invalid", ["to: yourself"])
        message = Message.new(sender, recipient, body["text"])
        begin(message.key)
        conversations().send(message)
        return message

    message = create_once(router, body, send, lambda message: message.key, conversations().get)
    return routes.created(message.to_json())


@router.get("/messages")
def list_messages() -> dict[str, Any]:
    """The caller's conversations or, with `with` or `withID`, the messages of one of them."""
    caller = routes.caller(router.current_event)
    query = router.current_event.query_string_parameters
    if not WITH.keys() & query.keys():
        found, token = conversations().of_user(caller, Page.from_query(query))
        return {"conversations": [each.to_json() for each in found], "next": token}
    partner_id, name = _partner(query)
    messages, token = conversations().messages_with(caller, partner_id, Page.from_query(query))
    if messages:  # they name a user who does not exist any more, too
        name = messages[-1].partner_of(caller).name
    return {
        "with": name or find_recipient_by_id(partner_id).name,
        "withID": partner_id,
        "messages": [message.to_json() for message in messages],
        "next": token,
    }


@router.put("/messages")
def mark_read() -> Response[str]:
    """Mark everything that the user `with` or `withID` wrote so far as read."""
    caller = routes.caller(router.current_event)
    partner_id, _ = _partner(router.current_event.query_string_parameters)
    conversations().mark_read(caller, partner_id)
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


def _partner(query: dict[str, str]) -> tuple[str, str]:
    """The ID of the user in `with` or `withID`, and the user's name, "" if it is not known."""
    given = [(name, query[name]) for name in WITH if name in query]
    if len(given) != 1:
        raise Invalid("invalid with", ["with: either with or withID is required"])
    [(name, value)] = given
    if not 1 <= len(value) <= WITH[name]:
        raise Invalid(f"invalid {name}", [f"{name}: must have 1 to {WITH[name]} characters"])
    if name == "withID":
        return value, ""
    found = find_recipient(value)
    return found.userID, found.name
