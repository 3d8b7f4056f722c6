"""BatchExecuteStatement with inserts, for fakes of DynamoDB: what it refuses, and what it answers.

tests/dynamodb holds this to Amazon's own engine.
"""

from __future__ import annotations

import json
import re
from typing import Any

from project import functions

Item = dict[str, Any]

STATEMENTS = 25
ITEM_BYTES = 400 * 1024
KEY_BYTES = {"HASH": 2048, "RANGE": 1024}

_INSERT = re.compile(r"""INSERT INTO "([\w.-]+)" VALUE \{('\w+': \?(?:, '\w+': \?)*)\}""")


class Refused(Exception):
    """All of the request is refused, by a ValidationException with this text."""


def inserts(statements: list[dict[str, Any]]) -> list[tuple[str, Item]]:
    """The table and the item of each statement. Raises Refused."""
    found = [_insert(**statement) for statement in statements]
    if len(found) > STATEMENTS:
        raise Refused("BatchWriteItem cannot write more than 25 items")
    if len({(table, item["orderID"]["S"]) for table, item in found}) < len(found):
        raise Refused("Provided list of item keys contains duplicates")
    if any(len(json.dumps(item, ensure_ascii=False).encode()) > ITEM_BYTES for _, item in found):
        raise Refused("Item size has exceeded the maximum allowed size")
    return found


def error(code: str, message: str = "") -> dict[str, Any]:
    """The response to a statement that failed."""
    return {"Error": {"Code": code, "Message": message}}


def flaw(item: Item) -> dict[str, Any] | None:
    """The response to a statement whose item has a key that no table takes."""
    table = functions.resource("OrdersTable")
    indexes = (index["KeySchema"] for index in table["GlobalSecondaryIndexes"])
    for key in [*table["KeySchema"], *(key for keys in indexes for key in keys)]:
        value = item[key["AttributeName"]]["S"]
        if not 0 < len(value.encode()) <= KEY_BYTES[key["KeyType"]]:
            return error("ValidationError", f"the key {key['AttributeName']} is empty or too long")
    return None


def _insert(Statement: str, Parameters: list[Any]) -> tuple[str, Item]:  # noqa: N803
    match = _INSERT.fullmatch(Statement)
    if match is None:
        raise NotImplementedError(f"the fakes cannot read {Statement}")
    table, fields = match.groups()
    return table, dict(zip(re.findall(r"'(\w+)'", fields), Parameters, strict=True))
