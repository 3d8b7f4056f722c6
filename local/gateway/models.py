"""Request models: what a request validator finds wrong with a body, in plain words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError

_MOST_FAULTS = 20
_LONGEST_NAME = 100


class Model:
    """A JSON schema of draft 4, the draft of API Gateway's models."""

    def __init__(self, schema: Mapping[str, Any], components: Mapping[str, Any]) -> None:
        self._validator = Draft4Validator(
            {"allOf": [dict(schema)], "components": dict(components)}  # for `#/components/…`
        )

    def faults(self, body: bytes) -> list[str]:
        """What is wrong with the body, a line for each field; empty if it is right."""
        if not body.strip():
            return ["the body is empty"]
        try:
            # JSON is UTF-8; given bytes, json.loads would guess at other encodings.
            value = json.loads(body.decode(), parse_float=Decimal, parse_constant=_no_number)
            lines = sorted(
                {line for fault in self._validator.iter_errors(value) for line in _lines(fault)}
            )
        except (ValueError, ArithmeticError):
            return ["the body is not JSON"]
        except RecursionError:
            return ["the body is nested too deeply"]
        return lines[:_MOST_FAULTS]


def _lines(fault: ValidationError) -> Iterator[str]:
    path = [str(step) for step in fault.absolute_path]
    rule: Any = fault.validator_value
    instance: Any = fault.instance
    schema: Any = fault.schema
    match fault.validator:
        case "required":
            missing = [name for name in rule if name not in instance]
            yield from (f"{_name([*path, name])}: missing" for name in missing)
        case "additionalProperties":
            extra = instance.keys() - schema.get("properties", {}).keys()
            yield from (f"{_name([*path, name])}: not a field of this request" for name in extra)
        case _:
            yield f"{_name(path)}: {_words(str(fault.validator), rule, schema)}"


def _name(path: list[str]) -> str:
    return ".".join(path)[:_LONGEST_NAME] or "the body"


def _words(rule: str, value: Any, schema: Mapping[str, Any]) -> str:
    match rule:
        case "type":
            return f"must be of type {' or '.join([value] if isinstance(value, str) else value)}"
        case "minLength":
            return f"at least {value} characters"
        case "maxLength":
            return f"at most {value} characters"
        case "minimum":
            bound = "more than" if schema.get("exclusiveMinimum") else "at least"
            return f"{bound} {Decimal(str(value)):f}"
        case "maximum":
            bound = "less than" if schema.get("exclusiveMaximum") else "at most"
            return f"{bound} {Decimal(str(value)):f}"
        case "minItems":
            return f"at least {value} items"
        case "maxItems":
            return f"at most {value} items"
        case "enum":
            return f"one of {', '.join(map(str, value))}"
    return f"does not match {rule} {value}"


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
