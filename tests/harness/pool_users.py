"""Users of a user pool in moto, as Cognito keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from common import aws
from project import functions

PASSWORD = "Correct-Horse-7-Battery"


@dataclass(frozen=True, slots=True)
class PoolUsers:
    """A user pool with one app client."""

    pool: str
    client: str

    @classmethod
    def create(cls) -> PoolUsers:
        """Create the pool. The caller has started moto."""
        cognito = aws.cognito()
        policy = functions.resource("UserPool")["Policies"]["PasswordPolicy"]
        policies: Any = {"PasswordPolicy": policy | {"MinimumLength": 12}}
        made = cognito.create_user_pool(PoolName="pool", Policies=policies)
        pool = made["UserPool"]["Id"]
        client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="client")
        return cls(pool, client["UserPoolClient"]["ClientId"])

    @property
    def environment(self) -> dict[str, str]:
        """The variables of functions that use the pool."""
        return {"USER_POOL_ID": self.pool, "USER_POOL_CLIENT_ID": self.client}

    def add(self, name: str, user_id: str) -> None:
        """Create a user with PASSWORD and this `sub`, which moto would choose itself."""
        user: Any = {"UserPoolId": self.pool, "Username": name}
        aws.cognito().admin_create_user(**user)
        aws.cognito().admin_set_user_password(**user, Password=PASSWORD, Permanent=True)
        sub: Any = {"Name": "sub", "Value": user_id}
        aws.cognito().admin_update_user_attributes(**user, UserAttributes=[sub])

    def sign_in(self, name: str, password: str = PASSWORD) -> Any:
        """Return the tokens of a new session."""
        return aws.cognito().initiate_auth(
            ClientId=self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )["AuthenticationResult"]

    def refreshes(self, tokens: Any) -> bool:
        """Return whether the session's refresh token still returns tokens."""
        cognito = aws.cognito()
        try:
            cognito.initiate_auth(
                ClientId=self.client,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
            )
        except cognito.exceptions.NotAuthorizedException:
            return False
        return True
