"""`make erase` finds a user, asks, starts the erasure and follows it.

fault 65
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import boto3
import pytest

from common import aws
from ops.erase import main
from ops.stack import DeployedStack
from project.fake_aws import items
from tests.harness.personal_data import ADA, QUEUES, Stores, handle, personal_data, waiting

pytestmark = pytest.mark.slow


class Stack(DeployedStack):
    """A stack whose resources have their logical ids in moto."""

    def resources(self, resource_type: str) -> dict[str, str]:
        match resource_type:
            case "AWS::DynamoDB::Table":
                return {"ErasuresTable": "ErasuresTable"}
            case "AWS::SQS::Queue":
                return {queue: queue for queue in QUEUES}
        return {"UserPool": self.name}


@pytest.fixture(autouse=True)
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """The stores. Each pause of the command lets the job process its messages."""
    with personal_data() as made:
        made.add(ADA)
        monkeypatch.setattr(time, "sleep", lambda seconds: handle() if seconds == 0.5 else None)
        yield made


def run(stores: Stores, *arguments: str) -> int:
    def found(*_: str | None) -> DeployedStack:
        return Stack(stores.pool.pool, "A stack in moto", boto3.client)

    return main(arguments, found)


def test_a_user_is_erased_by_name(stores: Stores, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(stores, "--name", ADA.name, "--yes")

    output = capsys.readouterr().out
    assert status == 0
    assert output.startswith("A stack in moto\n")
    assert "erased; what arrives late is erased from " in output
    assert stores.left(ADA) == []
    [row] = items("ErasuresTable")
    assert [row[name]["S"] for name in ("sub", "username", "email")] == [
        ADA.sub,
        ADA.name,
        ADA.email,
    ]


def test_somebody_who_was_deleted_is_erased_by_sub(stores: Stores) -> None:
    aws.cognito().admin_delete_user(UserPoolId=stores.pool.pool, Username=ADA.name)

    status = run(stores, "--sub", ADA.sub, "--name", ADA.name, "--yes")

    assert status == 0
    assert items("ErasuresTable")[0]["username"]["S"] == ADA.name
    # Only the address is unknown, which a challenge of three minutes contains.
    assert stores.left(ADA) == []


def test_an_erasure_needs_a_name_or_a_sub(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(stores, "--yes")

    assert "NAME or SUB is required" in capsys.readouterr().err


def test_the_operator_must_type_the_name(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("ada\n"))

    status = run(stores, "--name", ADA.name)

    assert status == 1
    assert "nothing was erased" in capsys.readouterr().err
    assert waiting("ErasureQueue") == items("ErasuresTable") == []


def test_the_typed_name_confirms_the_erasure(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADA.name}\n"))

    assert run(stores, "--name", ADA.name) == 0

    assert stores.left(ADA) == []


def test_an_unknown_name_erases_nobody(stores: Stores, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(stores, "--name", "nobody", "--yes")

    assert status == 1
    assert "there is no user nobody" in capsys.readouterr().err
    assert items("ErasuresTable") == []


def test_a_stack_of_an_earlier_version_says_so(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        Stack, "resources", lambda *_: {"UserPool": stores.pool.pool, "OrdersTable": "OrdersTable"}
    )

    status = run(stores, "--name", ADA.name, "--yes")

    assert status == 1
    assert "deploy it" in capsys.readouterr().err
