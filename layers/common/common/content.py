"""The JSON that a client sends, checked against a schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import fastjsonschema
from aws_lambda_powertools.utilities.data_classes.common import DictWrapper

from common.errors import Invalid

type Check = Callable[[Any], dict[str, Any]]


def check(schema: dict[str, Any]) -> Check:
    """A function that returns the value if it fits the schema, and raises otherwise."""
    compiled: Check = fastjsonschema.compile(schema)
    return compiled


def of(event: DictWrapper, fits: Check) -> dict[str, Any]:
    """The content of the request. Raises Invalid, with the field that is wrong."""
    try:
        found = json.loads(event["body"] or "", parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
        return fits(found)
    except fastjsonschema.JsonSchemaValueException as error:
        raise Invalid("the request is wrong", [error.message]) from error
    except (ValueError, RecursionError) as error:
        raise Invalid("the request is no JSON") from error


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
