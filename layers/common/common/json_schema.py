"""JSON and its schemas, by the rules of API Gateway's models: JSON schema, draft 4."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import fastjsonschema

_DRAFT = "http://json-schema.org/draft-04/schema#"

WrongValue = fastjsonschema.JsonSchemaValueException
"""What a validator raises. Its message starts with the path of the value: `data.item must …`."""


def validator(schema: Mapping[str, Any]) -> Callable[[Any], Any]:
    """A function that returns a value that matches the schema, and raises WrongValue for others."""
    validate: Callable[[Any], Any] = fastjsonschema.compile({"$schema": _DRAFT, **schema})
    return validate


def loads(text: str, number: Callable[[str], Any] | None = None) -> Any:
    """The value of a JSON text; `number` makes each number, by default an int or a float.

    Raises ValueError or RecursionError. Python's `json` accepts NaN and Infinity; JSON does not.
    """
    return json.loads(text, parse_float=number, parse_int=number, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
