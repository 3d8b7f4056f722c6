"""What differs between the backup of a stack and the stack into which it was restored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from ops.restore.identities import Identities, Item
from ops.restore.pictures import BUCKETS, keys
from ops.restore.tables import TABLES, Copies, scan
from ops.restore.users import KeptUser, list_users
from ops.stack import DeployedStack


def table_differences(copies: Copies, target: DeployedStack, identities: Identities) -> list[str]:
    """Return the rows that are missing, differ or were not in the backup, as sentences."""
    tables, client = target.resources("AWS::DynamoDB::Table"), target.client("dynamodb")
    problems = []
    for table in TABLES:
        expected = {_hash(identities.row(row)) for row in copies.rows(table)}
        found = {_hash(row) for row in scan(client, tables[table])}
        if missing := expected - found:
            problems.append(f"{table}: {len(missing)} rows of the backup are not in the new stack")
        if added := found - expected:
            problems.append(f"{table}: {len(added)} rows of the new stack are not in the backup")
    return problems


def user_differences(users: Iterable[KeptUser], target: DeployedStack) -> list[str]:
    """Return the users who are not as they were, as far as Cognito shows them."""
    found = {user.username: user for user in list_users(target)}
    return [
        f"the user {user.username} is not as in the backup"
        for user in users
        if user.username not in found or found[user.username].lasting != user.lasting
    ]


def picture_differences(source: DeployedStack, target: DeployedStack) -> list[str]:
    """Return the buckets whose files differ."""
    return [
        f"{bucket}: the files differ"
        for bucket, prefix in BUCKETS.items()
        if _files(source, bucket, prefix) != _files(target, bucket, prefix)
    ]


def traces(target: DeployedStack, words: Iterable[str]) -> list[str]:
    """Return the tables in which one of the words is, apart from the list of erasures."""
    tables, client = target.resources("AWS::DynamoDB::Table"), target.client("dynamodb")
    sought = list(words)
    return [
        f"{table} still contains {word!r}"
        for table, name in sorted(tables.items())
        if table != "ErasuresTable"
        for word in sought
        if any(word in json.dumps(row, ensure_ascii=False) for row in scan(client, name))
    ]


def _files(stack: DeployedStack, bucket: str, prefix: str) -> dict[str, str]:
    s3: Any = stack.client("s3")
    name = stack.resources("AWS::S3::Bucket")[bucket]
    return {
        key: hashlib.sha256(s3.get_object(Bucket=name, Key=key)["Body"].read()).hexdigest()
        for key in keys(s3, name, prefix)
    }


def _hash(row: Item) -> str:
    text = json.dumps(row, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
