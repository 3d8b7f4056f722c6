"""What the end-to-end tests look at behind the API."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local.emulator_clients import Outputs, client, environment
from local.listener import TopicListener
from local.stack.local_stack import LocalStack
from local.stack_probe import StackProbe
from ops.stack import DeployedStack
from ops.user import UserPool
from project.contract import events as contract
from tests.e2e.cognito_accounts import Account, verified
from tests.e2e.publisher_log import PublisherLog
from tests.e2e.test_users import PASSWORD
from tests.harness.contract_traffic import checked_answers
from tests.harness.functions import create_function
from tests.harness.openid import self_signed_certificate

type SecondStack = Callable[..., Outputs]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of an OpenID provider, which the second stack trusts."""
    return self_signed_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def second_stack(
    certificate: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecondStack]:
    """Deploy a second stack with these parameters. Later calls update it, which is faster."""
    directory = tmp_path_factory.mktemp("second")

    def up(**parameters: str) -> Outputs:
        with checked_answers(), pytest.MonkeyPatch.context() as patched:
            patched.setenv("SSL_CERT_FILE", str(certificate))
            return stack(parameters).up()

    def stack(parameters: dict[str, str]) -> LocalStack:
        return LocalStack(directory, port=0, gateway_port=0, parameters=parameters)

    try:
        yield up
    finally:
        stack({}).down()


@pytest.fixture
def probe(outputs: Outputs) -> Iterator[StackProbe]:
    """A probe of the stack. It deletes the dead letters that a test has looked at."""
    if outputs["Endpoint"]:  # the local stack contains only dead letters of tests
        sqs = client("sqs", outputs)
        sqs.purge_queue(QueueUrl=outputs["OrdersDeadLetterQueueUrl"])
    probe = StackProbe(outputs)
    yield probe
    probe.release(discard=True)


@pytest.fixture
def deployed(outputs: Outputs) -> DeployedStack:
    """The stack, with an administrator's permissions."""
    return DeployedStack(outputs["Stack"], "", partial(client, outputs=outputs))


@pytest.fixture
def new_function(deployed: DeployedStack) -> Iterator[Callable[..., str]]:
    """Create a function with this code and the permissions of the writer. Returns its name."""
    lambda_client = deployed.client("lambda")
    writer = deployed.resources("AWS::Lambda::Function")["OrdersWriterFunction"]
    role = lambda_client.get_function_configuration(FunctionName=writer)["Role"]
    names: list[str] = []

    def created(code: str, **settings: Any) -> str:
        names.append(create_function(lambda_client, code, role, **settings))
        return names[-1]

    yield created
    for name in names:
        lambda_client.delete_function(FunctionName=name)


@pytest.fixture
def pool(deployed: DeployedStack) -> UserPool:
    """The user pool, with an administrator's permissions."""
    return UserPool(deployed)


@pytest.fixture
def operator(outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the arguments with which the operator's tools find the stack; set credentials."""
    if outputs["Endpoint"]:
        for name, value in environment(outputs).items():
            monkeypatch.setenv(name, value)
    return ["--stack", outputs["Stack"], "--region", outputs["Region"]]


class Events:
    """The events that the topic of order events has published, by order."""

    def __init__(self, listener: TopicListener) -> None:
        self._listener = listener
        self._read = 0
        self._of: dict[str, dict[str, Any]] = defaultdict(dict)

    def of(self, order_id: str) -> list[dict[str, Any]]:
        """The different events of this order so far. SNS may deliver one more than once."""
        received = self._listener.received()
        for event in map(json.loads, received[self._read :]):
            assert contract.problems(event) == []
            first = self._of[event["data"]["orderID"]].setdefault(event["eventID"], event)
            assert event == first
        self._read = len(received)
        return list(self._of[order_id].values())


@pytest.fixture
def publisher_log(deployed: DeployedStack) -> PublisherLog:
    """The log of the publisher since the test began."""
    return PublisherLog(deployed)


class Mail:
    """The emails that SNS would have sent to the shop."""

    def __init__(self, listener: TopicListener) -> None:
        self._listener = listener

    def containing(self, text: str) -> list[str]:
        """Return the emails that contain this text, for example an orderID."""
        return [each for each in self._listener.received() if text in each]


def listening(outputs: Outputs, topic: str) -> Iterator[TopicListener]:
    listener = TopicListener(topic, partial(client, outputs=outputs))
    yield listener
    listener.close()


@pytest.fixture(scope="session")
def events_listener(outputs: Outputs) -> Iterator[TopicListener]:
    yield from listening(outputs, outputs["OrderEventsTopic"])


@pytest.fixture(scope="session")
def mail_listener(outputs: Outputs) -> Iterator[TopicListener]:
    yield from listening(outputs, outputs["OrderNotificationsTopic"])


@pytest.fixture(scope="session")
def events(events_listener: TopicListener) -> Events:
    return Events(events_listener)


@pytest.fixture(scope="session")
def mail(mail_listener: TopicListener) -> Mail:
    return Mail(mail_listener)


@pytest.fixture
def nobody(outputs: Outputs, made_users: list[str]) -> Callable[[], Account]:
    """Return an account that does not exist yet in the user pool."""
    cognito = client("cognito-idp", outputs)

    def named() -> Account:
        account = Account(outputs, cognito, f"cognito-{uuid.uuid4()}")
        made_users.append(account.name)
        return account

    return named


@pytest.fixture
def new_account(nobody: Callable[[], Account]) -> Callable[[], Account]:
    """Create an account with a verified address."""

    def created() -> Account:
        account = nobody()
        account.cognito.admin_create_user(
            **account.user, UserAttributes=verified(account.address), MessageAction="SUPPRESS"
        )
        account.cognito.admin_set_user_password(**account.user, Password=PASSWORD, Permanent=True)
        return account

    return created


@pytest.fixture
def account(new_account: Callable[[], Account]) -> Account:
    return new_account()
