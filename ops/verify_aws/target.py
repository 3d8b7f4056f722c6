"""The stack that is looked at, with users and listeners that are gone afterwards."""

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

API_TAKES: TokenKind = "access"
"""Which token of a sign-in the API takes. It refuses the other one."""


@dataclass(frozen=True)
class Reply:
    """What the API answered."""

    status: int
    content: bytes
    headers: Message

    @property
    def body(self) -> Any:
        """The parsed JSON. Raises ValueError."""
        return json.loads(self.content)


class NotAccepted(Exception):
    """The API did not take an order that it should take; the text is its answer."""


class Target:
    """A deployed stack. Leaving the context removes what was made for the probes."""

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
        self.at_the_end("dead letters of the probes", self._discard_dead_letters)
        self._exit.close()

    def at_the_end(self, what: str, remove: Callable[[], object]) -> None:
        """Remove something when all is over; what cannot be removed is `left_behind`."""

        def removed() -> None:
            try:
                remove()
            except Exception as error:  # the rest is removed all the same
                self.left_behind.append(f"{what}: {error}")

        self._exit.callback(removed)

    @property
    def outputs(self) -> dict[str, str]:
        return self.stack.outputs

    @property
    def allowed_origin(self) -> str:
        """What the stack answers as Access-Control-Allow-Origin."""
        return self.stack.parameters["AllowedOrigin"]

    @property
    def origin(self) -> str:
        """A web page's origin that the stack allows."""
        return "https://shop.example" if self.allowed_origin == "*" else self.allowed_origin

    @cached_property
    def user(self) -> ApiUser:
        """Who asks."""
        return self._make_user()

    @cached_property
    def other(self) -> ApiUser:
        """Somebody else."""
        return self._make_user()

    @cached_property
    def events(self) -> TopicListener:
        """What the topic of order events publishes."""
        return self._listen("OrderEventsTopic")

    @cached_property
    def notifications(self) -> TopicListener:
        """What SNS would mail to the shop."""
        return self._listen("OrderNotificationsTopic")

    def token(self, user: ApiUser, kind: TokenKind = API_TAKES) -> str:
        """A token of the user's sign-in."""
        return user.access_token if kind == "access" else user.id_token

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str | None] | None = None,
        user: ApiUser | None = None,
    ) -> Reply:
        """Ask the API as a web page of the user's would; a header of None is left out.

        A body that is no `bytes` is sent as JSON.
        """
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given: dict[str, str | None] = {
            "Authorization": self.token(user or self.user),
            "Content-Type": "application/json",
            "Origin": self.origin,
            **(headers or {}),
        }
        sent = {name: value for name, value in given.items() if value is not None}
        status, content, answered = send(method, self.stack.api + path, data, sent)
        return Reply(status, content, answered)

    def new_order_id(self) -> str:
        """An orderID that nobody has, of which no dead letter stays."""
        self.order_ids.append(str(uuid.uuid4()))
        return self.order_ids[-1]

    def place(self, body: object, headers: dict[str, str | None] | None = None) -> str:
        """PUT an order under a new orderID, which is answered. Raises NotAccepted."""
        order_id = self.new_order_id()
        reply = self.ask("PUT", f"/orders/{order_id}", body, headers)
        if reply.status != 202:
            raise NotAccepted(f"{reply.status} {reply.content.decode(errors='replace')}")
        return order_id

    def stored(self, order_id: str) -> dict[str, Any] | None:
        """The order's item in the table."""
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

    def _make_user(self) -> ApiUser:
        name = f"verify-{uuid.uuid4()}"
        cognito = self.stack.client("cognito-idp")

        def delete() -> None:
            with suppress(cognito.exceptions.UserNotFoundException):
                cognito.admin_delete_user(UserPoolId=self.outputs["UserPoolId"], Username=name)

        self.at_the_end(f"user {name}", delete)
        outputs = {**self.outputs, "GatewayUrl": self.stack.api}
        return ApiUser.sign_in(outputs, name, cognito)

    def _listen(self, topic: str) -> TopicListener:
        listener = TopicListener(self.outputs[topic], self.stack.client)
        self.at_the_end(f"the queue that heard {topic}", listener.close)
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
