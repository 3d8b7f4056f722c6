"""`make restore` fills a fresh stack with the users, rows and pictures of another one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from common import aws
from common.erasures import LATEST_ARRIVAL_SECONDS, erasures
from common.messages import Message, User, conversation_of
from common.orders import RESTORE, Order
from ops.restore.command import main
from ops.restore.erased import erasures_since
from ops.restore.identities import Identities
from ops.restore.tables import TABLES
from ops.restore.users import list_users
from ops.stack import DeployedStack
from project import functions
from project.fake_aws import SETTINGS, items
from tests.harness.personal_data import ADA, BEN, Stores, personal_data

pytestmark = pytest.mark.slow

FRESH_REGION = "eu-west-1"
BUCKETS = ("ImagesBucket", "ThumbnailsBucket")


class Stack(DeployedStack):
    """A stack in moto. `name` is its user pool; a prefix of `place` distinguishes the buckets."""

    def resources(self, resource_type: str) -> dict[str, str]:
        match resource_type:
            case "AWS::DynamoDB::Table":
                return {table: table for table in (*TABLES, "ErasuresTable")}
            case "AWS::S3::Bucket":
                return {bucket: f"{self.place}{bucket}" for bucket in BUCKETS}
            case "AWS::SQS::Queue":
                return {"ErasureQueue": "ErasureQueue"}
            case "AWS::Cognito::UserPool":
                return {"UserPool": self.name}
        return {}


@pytest.fixture
def stores() -> Iterator[Stores]:
    """The stores of the first stack, with the data of two users who have talked."""
    with personal_data() as made:
        for person in (ADA, BEN):
            made.add(person)
        talk()
        yield made


@pytest.fixture
def first(stores: Stores) -> DeployedStack:
    """The stack with the data."""
    return Stack(stores.pool.pool, "", boto3.client)


@pytest.fixture
def fresh(stores: Stores) -> DeployedStack:
    """A stack without data, in another region."""
    session = boto3.Session(region_name=FRESH_REGION)
    dynamodb: Any = session.client("dynamodb")
    for table in (*TABLES, "ErasuresTable"):
        properties = functions.resource(table)
        settings = {key: properties[key] for key in SETTINGS if key in properties}
        dynamodb.create_table(TableName=table, **settings)
    location: Any = {"LocationConstraint": FRESH_REGION}
    for bucket in BUCKETS:
        session.client("s3").create_bucket(
            Bucket=f"fresh-{bucket}", CreateBucketConfiguration=location
        )
    policy = functions.resource("UserPool")["Policies"]["PasswordPolicy"] | {"MinimumLength": 12}
    policies: Any = {"PasswordPolicy": policy}
    made = session.client("cognito-idp").create_user_pool(PoolName="fresh", Policies=policies)
    return Stack(made["UserPool"]["Id"], "fresh-", session.client)


def talk() -> None:
    """Store a message of Ada to Ben, with the rows of both."""
    message = Message.new(User(ADA.sub, ADA.name), User(BEN.sub, BEN.name), ADA.word)
    aws.dynamodb().put_item(TableName="MessagesTable", Item=message.to_item())


def restored(first: DeployedStack, fresh: DeployedStack, *arguments: str) -> int:
    """Run `make restore`. Returns the exit status."""

    def find(name: str | None, _: str | None) -> DeployedStack:
        return first if name == "first" else fresh

    return main(["first", *arguments], find)


def rows(stack: DeployedStack, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.client("dynamodb").scan(TableName=table)["Items"]
    return found


def ids(stack: DeployedStack) -> dict[str, str]:
    return {user.username: user.sub for user in list_users(stack)}


def test_a_restored_user_has_everything_under_the_new_id(
    first: DeployedStack, fresh: DeployedStack
) -> None:
    """fault 122"""
    assert restored(first, fresh) == 0

    new = ids(fresh)
    assert new.keys() == {ADA.name, BEN.name}
    assert new[ADA.name] != ADA.sub
    assert {table: len(rows(fresh, table)) for table in TABLES} == {
        table: len(rows(first, table)) for table in TABLES
    }
    assert ADA.sub not in str([rows(fresh, table) for table in TABLES])
    [message] = rows(fresh, "MessagesTable")
    assert message["conversation"]["S"] == conversation_of(new[ADA.name], new[BEN.name])


def test_a_repetition_of_a_restored_order_is_the_same_order(
    first: DeployedStack, fresh: DeployedStack
) -> None:
    """fault 122"""
    restored(first, fresh)

    for row in rows(fresh, "OrdersTable"):
        assert row["fingerprint"]["S"] == Order.from_item(row).fingerprint
        assert row["lastWrite"]["S"] == RESTORE


def test_pictures_are_restored_without_uploads(first: DeployedStack, fresh: DeployedStack) -> None:
    restored(first, fresh)

    s3 = fresh.client("s3")
    files = {
        bucket: {each["Key"] for each in s3.list_objects_v2(Bucket=f"fresh-{bucket}")["Contents"]}
        for bucket in BUCKETS
    }
    assert all(name.startswith("pictures/") for name in files["ImagesBucket"])
    assert {row["imageID"]["S"] for row in items("ImagesTable")} == files["ThumbnailsBucket"]


def test_a_restore_can_be_repeated(
    first: DeployedStack, fresh: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    restored(first, fresh)

    assert restored(first, fresh) == 0
    assert "the new stack has everything that the backup has" in capsys.readouterr().out


def test_the_copies_of_the_tables_are_deleted(first: DeployedStack, fresh: DeployedStack) -> None:
    before = first.client("dynamodb").list_tables()["TableNames"]

    restored(first, fresh)

    assert first.client("dynamodb").list_tables()["TableNames"] == before


def test_a_stack_with_orders_of_its_own_is_left_alone(
    first: DeployedStack, fresh: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    [row, *_] = items("OrdersTable")
    fresh.client("dynamodb").put_item(TableName="OrdersTable", Item=row)

    assert restored(first, fresh) == 1
    assert "deploy a fresh stack" in capsys.readouterr().err
    assert ids(fresh) == {}


def test_a_time_before_the_oldest_known_erasure_is_refused(
    first: DeployedStack, fresh: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    """fault 123"""
    too_old = datetime.now(UTC) - timedelta(seconds=LATEST_ARRIVAL_SECONDS + 60)

    assert restored(first, fresh, "--at", too_old.isoformat()) == 1
    assert "within the last 23 days" in capsys.readouterr().err
    assert ids(fresh) == {}


def test_every_erasure_that_the_stack_knows_is_repeated(first: DeployedStack) -> None:
    """fault 123"""
    erasures().start(ADA.sub, ADA.name, ADA.email)

    assert [each.sub for each in erasures_since(first)] == [ADA.sub]


def test_users_can_come_from_a_file(
    first: DeployedStack, fresh: DeployedStack, tmp_path: Path, stores: Stores
) -> None:
    kept = tmp_path / "users.json"
    restored(first, fresh, "--save-users", str(kept))
    for person in (ADA, BEN):
        aws.cognito().admin_delete_user(UserPoolId=stores.pool.pool, Username=person.name)

    assert restored(first, fresh, "--users", str(kept)) == 0
    assert ids(fresh).keys() == {ADA.name, BEN.name}
    assert kept.stat().st_mode & 0o077 == 0
    assert {user["attributes"]["email"] for user in json.loads(kept.read_text())} == {
        ADA.email,
        BEN.email,
    }


def test_an_id_of_nobody_in_the_pool_stays() -> None:
    identities = Identities({"old": "new"})
    row = {"userID": {"S": "old"}, "partner": {"S": "erased"}, "unread": {"N": "2"}}

    assert identities.row(row) == {**row, "userID": {"S": "new"}}


def test_the_key_of_a_conversation_has_the_new_ids_in_their_order() -> None:
    identities = Identities({"a": "z"})

    row = identities.row({"conversation": {"S": conversation_of("a", "b#%")}})

    assert row == {"conversation": {"S": conversation_of("b#%", "z")}}
