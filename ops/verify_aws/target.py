"""The stack under test, with temporary users and listeners."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from email.message import Message
from functools import cached_property
from types import TracebackType
from typing import Any, Literal, Self

from local.api_user import ApiUser, send
from local.listener import TopicListener
from ops.dead_letters.queues import queue_sources
from ops.stack import DeployedStack

type TokenKind = Literal["access", "id"]

ACCEPTED_KIND: TokenKind = "id"
"""The token of a sign-in that the API accepts. Only account routes accept the other one."""


@dataclass(frozen=True)
class Reply:
    """A response of the API."""

    status: int
    content: bytes
    headers: Message

    @property
    def body(self) -> Any:
        """The parsed JSON. Raises ValueError."""
        return json.loads(self.content)


class NotAccepted(Exception):
    """The API rejected a valid order; the text is its response."""


class Target:
    """A deployed stack. Leaving the context removes everything that the probes created."""

    def __init__(self, stack: DeployedStack) -> None:
        self.stack = stack
        self.order_ids: list[str] = []
        self.left_behind: list[str] = []
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.on_exit("dead letters of the probes", self._discard_dead_letters)
        self._exit.close()

    def on_exit(self, what: str, remove: Callable[[], object]) -> None:
        """Remove something at the end. If that fails, it is added to `left_behind`."""

        def removed() -> None:
            try:
                remove()
            except Exception as error:  # the rest must still be removed
                self.left_behind.append(f"{what}: {error}")

        self._exit.callback(removed)

    @property
    def outputs(self) -> dict[str, str]:
        return self.stack.outputs

    @property
    def allowed_origin(self) -> str:
        """The stack's value for Access-Control-Allow-Origin."""
        return self.stack.parameters["AllowedOrigin"]

    @property
    def origin(self) -> str:
        """An origin of web pages that the stack allows.

        The local gateway allows only its own pages, where AWS would allow all.
        """
        if self.allowed_origin != "*":
            return self.allowed_origin
        return self.stack.api if self.stack.is_emulated else "https://shop.example"

    @cached_property
    def user(self) -> ApiUser:
        """The user that sends requests by default."""
        return self._make_user()

    @cached_property
    def other(self) -> ApiUser:
        """Another user."""
        return self._make_user()

    @cached_property
    def events(self) -> TopicListener:
        """The messages of the topic of order events, from the first use on."""
        return self._listen("OrderEventsTopic")

    @cached_property
    def notifications(self) -> TopicListener:
        """The notifications that SNS would mail to the shop, from the first use on."""
        return self._listen("OrderNotificationsTopic")

    def token(self, user: ApiUser, kind: TokenKind = ACCEPTED_KIND) -> str:
        """Return a token from the user's sign-in."""
        return user.access_token if kind == "access" else user.id_token

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str | None] | None = None,
        user: ApiUser | None = None,
    ) -> Reply:
        """Send a request to the API as the user's web page would.

        A header with the value None is left out. A body that is not `bytes` is sent as JSON.
        """
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given: dict[str, str | None] = {
            "Authorization": self.token(user or self.user),
            "Content-Type": "application/json",
            "Origin": self.origin,
            **(headers or {}),
        }
        sent = {name: value for name, value in given.items() if value is not None}
        status, content, received = send(method, self.stack.api + path, data, sent)
        return Reply(status, content, received)

    def new_order_id(self) -> str:
        """Return an unused orderID. Its dead letters are deleted at the end."""
        self.order_ids.append(str(uuid.uuid4()))
        return self.order_ids[-1]

    def place(self, body: object, headers: dict[str, str | None] | None = None) -> str:
        """PUT an order with a new orderID, and return that. Raises NotAccepted."""
        order_id = self.new_order_id()
        reply = self.ask("PUT", f"/orders/{order_id}", body, headers)
        if reply.status != 202:
            raise NotAccepted(f"{reply.status} {reply.content.decode(errors='replace')}")
        return order_id

    def stored(self, order_id: str) -> dict[str, Any] | None:
        """Return the order's item from the table."""
        item: dict[str, Any] | None = (
            self.stack.client("dynamodb")
            .get_item(
                TableName=self.outputs["OrdersTable"],
                Key={"orderID": {"S": order_id}},
                ConsistentRead=True,
            )
            .get("Item")
        )
        return item

    def delete_user_at_exit(self, name: str) -> None:
        """Delete a user at the end, if there is one with this name."""
        cognito = self.stack.client("cognito-idp")

        def delete() -> None:
            with suppress(cognito.exceptions.UserNotFoundException):
                cognito.admin_delete_user(UserPoolId=self.outputs["UserPoolId"], Username=name)

        self.on_exit(f"user {name}", delete)

    def _make_user(self) -> ApiUser:
        name = f"verify-{uuid.uuid4()}"
        self.delete_user_at_exit(name)
        cognito = self.stack.client("cognito-idp")
        outputs = {**self.outputs, "GatewayUrl": self.stack.api}
        return ApiUser.sign_in(outputs, name, cognito)

    def _listen(self, topic: str) -> TopicListener:
        listener = TopicListener(self.outputs[topic], self.stack.client)
        self.on_exit(f"the queue that listens to {topic}", listener.close)
        return listener

    def _discard_dead_letters(self) -> None:
        for queue in queue_sources(self.stack):
            if queue.target != "OrdersQueue":
                continue
            with queue.hold(30) as dead_letters:
                own = [each for each in dead_letters if each.subject in self.order_ids]
                for dead_letter, problem in queue.discard(own):
                    if problem:
                        self.left_behind.append(f"dead letter {dead_letter.id}: {problem}")
