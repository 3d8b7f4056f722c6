"""The `messages` function with an emulated user pool, as its users see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from common import aws
from project import functions
from project.fake_aws import tables
from tests.harness.api import ApiResponse, answer


class Messaging:
    """A user pool, the `sub`s of its users by name, and their requests to `messages`."""

    def __init__(self) -> None:
        self.pool = aws.cognito().create_user_pool(
            PoolName="pool",
            AliasAttributes=["email"],
            UsernameConfiguration={"CaseSensitive": False},
        )["UserPool"]["Id"]
        self.subs: dict[str, str] = {}

    def register(self, name: str) -> str:
        """Create a user. Returns the `sub`."""
        made = aws.cognito().admin_create_user(
            UserPoolId=self.pool,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": f"{name}@example.com"},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
        [sub] = [a["Value"] for a in made["User"]["Attributes"] if a["Name"] == "sub"]
        self.subs[name] = sub
        return sub

    def delete(self, name: str) -> None:
        """Delete a user. The name is free then."""
        aws.cognito().admin_delete_user(UserPoolId=self.pool, Username=name)

    def disable(self, name: str) -> None:
        """Disable a user, who then cannot sign in."""
        aws.cognito().admin_disable_user(UserPoolId=self.pool, Username=name)

    def ask(self, name: str, case: str, key: str | None = None, **changes: Any) -> ApiResponse:
        """Send the event of a case as this user. `key` is the Idempotency-Key."""
        event = functions.event("messages", case)
        identity = {"sub": self.subs[name], "cognito:username": name}
        event["requestContext"]["authorizer"]["claims"] |= identity
        if key is not None:
            event["headers"]["Idempotency-Key"] = key
        event.update(changes)
        return answer("messages", event)

    def send(self, sender: str, to: str, text: str) -> Any:
        """Send a message to a user name. Returns the new message."""
        response = self.ask(sender, "send", body=json.dumps({"to": to, "text": text}))
        assert response.status == 201, response
        return response.body


@contextmanager
def messaging(*more_tables: str) -> Iterator[Messaging]:
    """Emulate the tables and a user pool with the users ada, ben and cleo."""
    with (
        tables("MessagesTable", "ConversationsTable", "IdempotencyTable", *more_tables),
        pytest.MonkeyPatch.context() as patch,
    ):
        made = Messaging()
        patch.setenv("USER_POOL_ID", made.pool)
        for name in ("ada", "ben", "cleo"):
            made.register(name)
        yield made


def query(**parameters: str) -> dict[str, Any]:
    """The change of an event to these query parameters."""
    return {"queryStringParameters": parameters}


def message(message_id: str) -> dict[str, Any]:
    """The change of an event to the path of this message."""
    return {"path": f"/messages/{message_id}", "pathParameters": {"messageID": message_id}}


def texts(response: ApiResponse) -> list[str]:
    """The texts of the messages in a response."""
    return [each["text"] for each in response.body["messages"]]
