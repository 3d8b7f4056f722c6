"""Users in the emulator's Cognito, in user pools as the template defines them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any

import pytest

from project.template import ROOT
from tests.e2e.test_users import totp
from tests.harness.edge import stack

PASSWORD = "Correct-Horse-7-Battery"

_names = (f"ann-{number}" for number in count(1))


class Refused(Exception):
    """Cognito refused a request. The text is the error's code and message."""


class EmulatedCognito:
    """The process, with one line per request and per response."""

    def __init__(self, requests: IO[str], responses: IO[str]) -> None:
        self._requests = requests
        self._responses = responses
        self._pools: dict[str, tuple[str, str]] = {}

    def send(self, operation: str, request: Any) -> Any:
        """Return the fields of the response. Raises Refused."""
        self._requests.write(json.dumps([operation, request]) + "\n")
        self._requests.flush()
        status, fields = json.loads(self._responses.readline())
        if status != 200:
            raise Refused(f"{fields['__type']}: {fields['message']}")
        return fields

    def pool(self, **parameters: str) -> tuple[str, str]:
        """Return the ids of the user pool and the app client for these parameters."""
        key = json.dumps(parameters)
        if key not in self._pools:
            deployed = stack(**parameters)
            pool, client = (
                deployed.resolve(deployed.template["Resources"][each]["Properties"])
                for each in ("UserPool", "UserPoolClient")
            )
            # The process runs no functions. tests/e2e/test_user_names.py covers the trigger.
            pool.pop("LambdaConfig")
            pool_id = self.send("CreateUserPool", {"PoolName": key, **pool})["UserPool"]["Id"]
            client |= {"UserPoolId": pool_id, "ClientName": "client"}
            created = self.send("CreateUserPoolClient", client)["UserPoolClient"]
            self._pools[key] = pool_id, created["ClientId"]
        return self._pools[key]


@dataclass(frozen=True)
class Account:
    """A user with a password and a verified address."""

    cognito: EmulatedCognito
    pool: str
    client: str
    name: str

    @property
    def address(self) -> str:
        return f"{self.name}@example.com"

    def ask(self, operation: str, **request: Any) -> Any:
        """Return the fields of the response. Raises Refused."""
        caller = "UserPoolId" if operation.startswith("Admin") else "ClientId"
        return self.cognito.send(
            operation, {caller: self.pool if caller == "UserPoolId" else self.client, **request}
        )

    def refusal(self, operation: str, **request: Any) -> str:
        """Return the code and the message of the error that a request gets."""
        with pytest.raises(Refused) as error:
            self.ask(operation, **request)
        return str(error.value)

    def wait(
        self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move the clock."""
        self.cognito.send("advance", seconds + 60 * (minutes + 60 * (hours + 24 * days)))

    def mailed_code(self) -> str:
        """Return the code in the last email."""
        code = re.search(r"\d{6}", self.cognito.send("emails", None)[-1])
        assert code is not None
        return code[0]

    def app_code(self, secret: str, after: int = 0) -> str:
        """Return the code that an authenticator app shows after so many seconds."""
        return totp(secret, after + round(self.cognito.send("advance", 0)))

    def sign_in(self, password: str = PASSWORD, name: str | None = None) -> Any:
        """Return the response to a name and a password. Raises Refused."""
        return self.ask(
            "InitiateAuth",
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name or self.name, "PASSWORD": password},
        )

    def refresh(self, token: str) -> Any:
        """Return the response to a refresh token. Raises Refused."""
        parameters = {"REFRESH_TOKEN": token}
        return self.ask("InitiateAuth", AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)

    def set_up_app(self) -> str:
        """Set up an authenticator app. Returns its secret. Its present code is used up."""
        token = self.sign_in()["AuthenticationResult"]["AccessToken"]
        secret: str = self.ask("AssociateSoftwareToken", AccessToken=token)["SecretCode"]
        self.ask("VerifySoftwareToken", AccessToken=token, UserCode=self.app_code(secret))
        preferred = {"Enabled": True, "PreferredMfa": True}
        self.ask("SetUserMFAPreference", AccessToken=token, SoftwareTokenMfaSettings=preferred)
        return secret

    def answer(self, challenge: dict[str, str], code: str | None = None) -> Any:
        """Answer a challenge, with a code if it needs one. Raises Refused."""
        return self.ask(
            "RespondToAuthChallenge",
            ChallengeName=challenge["ChallengeName"],
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": self.name}
            | ({"SOFTWARE_TOKEN_MFA_CODE": code} if code else {}),
        )


@pytest.fixture(scope="session")
def emulated_cognito(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedCognito]:
    """The running Cognito, without a user pool."""
    python = ROOT / ".local" / "emulator" / "bin" / "python"
    with subprocess.Popen(
        [python, Path(__file__).with_name("emulator.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the emulator's log
        text=True,
        env={"STATE_DIR": str(tmp_path_factory.mktemp("keys"))},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield EmulatedCognito(process.stdin, process.stdout)
        process.stdin.close()  # ends the process


@pytest.fixture
def new_account(emulated_cognito: EmulatedCognito) -> Callable[..., Account]:
    """Create a user in the user pool that the template defines for these parameters."""

    def created(**parameters: str) -> Account:
        account = Account(emulated_cognito, *emulated_cognito.pool(**parameters), next(_names))
        verified = {"email": account.address, "email_verified": "true"}
        account.ask(
            "AdminCreateUser",
            Username=account.name,
            UserAttributes=[{"Name": name, "Value": value} for name, value in verified.items()],
            MessageAction="SUPPRESS",
        )
        password = {"Password": PASSWORD, "Permanent": True}
        account.ask("AdminSetUserPassword", Username=account.name, **password)
        return account

    return created


@pytest.fixture
def account(new_account: Callable[..., Account]) -> Account:
    """A user in the user pool with the template's default parameters."""
    return new_account()
