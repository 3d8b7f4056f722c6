"""Changes to the emulator's PartiQL: an INSERT is a conditional put.

It is checked like a put, and reaches the table's stream.

Upstream: yes.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import error_response_json
from ministack.services import dynamodb

_batch_execute_statement = dynamodb._batch_execute_statement
_dynamodb_transaction_checks = iam_actions.dynamodb_transaction_checks


def partiql_insert(table: dict[str, Any], parsed: dict[str, Any]) -> Any:
    answer = dynamodb._put_item(
        {
            "TableName": table["TableName"],
            "Item": _item(parsed),
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": table["pk_name"]},
        }
    )
    if json.loads(answer[2]).get("__type") == "ConditionalCheckFailedException":
        message = "Duplicate primary key exists in table"
        return error_response_json("DuplicateItemException", message, 400)
    return answer


def batch_execute_statement(data: dict[str, Any]) -> Any:
    """Refuse a batch that inserts one key twice."""
    inserts = [parsed for parsed in _parsed(data) if parsed["op"] == "INSERT"]
    keys = [
        (parsed["table"], json.dumps(_item(parsed).get(table["pk_name"])))
        for parsed in inserts
        if (table := dynamodb._tables.get(parsed["table"]))
    ]
    if len(set(keys)) < len(keys):
        message = "Provided list of item keys contains duplicates"
        return error_response_json("ValidationException", message, 400)
    return _batch_execute_statement(data)


def dynamodb_transaction_checks(action: str, body: bytes, *scope: str) -> list[tuple[str, str]]:
    """Return the permissions that a batch needs: like a transaction, one per statement.

    DynamoDB guide, "IAM security policies with PartiQL for DynamoDB".
    """
    if action != "dynamodb:BatchExecuteStatement":
        return _dynamodb_transaction_checks(action, body, *scope)
    return [
        (
            f"dynamodb:PartiQL{parsed['op'].title()}",
            iam_actions._dynamodb_table_arn(parsed["table"], *scope),
        )
        for parsed in _parsed(json.loads(body))
    ]


def _parsed(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for statement in data.get("Statements", []):
        with suppress(ValueError):  # the emulator reports statements that it cannot parse
            yield dynamodb._parse_partiql(statement["Statement"], statement.get("Parameters", []))


def _item(parsed: dict[str, Any]) -> dict[str, Any]:
    item = parsed["item"]
    return item["M"] if set(item) == {"M"} else item


dynamodb._partiql_insert = partiql_insert
dynamodb._batch_execute_statement = batch_execute_statement
iam_actions.dynamodb_transaction_checks = dynamodb_transaction_checks
