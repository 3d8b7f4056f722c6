"""Request models: what a request validator says is wrong with a body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError


class Model:
    """A JSON schema of draft 4, the draft of API Gateway's models."""

    def __init__(self, schema: Mapping[str, Any], components: Mapping[str, Any]) -> None:
        self._validator = Draft4Validator(
            {"allOf": [dict(schema)], "components": dict(components)}  # for `#/components/…`
        )

    def validation_errors(self, body: bytes) -> list[str]:
        """What is wrong with the body, a sentence for each fault; empty if it is right.

        The words are those of json-schema-validator, as API Gateway's are. They quote the client.
        """
        try:
            # JSON is UTF-8; given bytes, json.loads would guess at other encodings.
            text = body.decode().strip() or "{}"  # no body is an empty object, as seen on AWS
            value = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
            return sorted({_sentence(fault) for fault in self._validator.iter_errors(value)})
        except (ValueError, ArithmeticError):
            return ["the body is not JSON"]
        except RecursionError:
            return ["the body is nested too deeply"]


def _sentence(fault: ValidationError) -> str:
    rule: Any = fault.validator_value
    instance: Any = fault.instance
    schema: Any = fault.schema
    match fault.validator:
        case "required":
            missing = [name for name in rule if name not in instance]
            return f"object has missing required properties ({_json(missing)})"
        case "additionalProperties":
            extra = _json(sorted(instance.keys() - schema.get("properties", {}).keys()))
            return f"object instance has properties which are not allowed by the schema: {extra}"
        case "type":
            return (
                f"instance type ({_type(instance)}) does not match any allowed primitive type "
                f"(allowed: {_json([rule] if isinstance(rule, str) else rule)})"
            )
        case "minLength":
            measured = f"length: {len(instance)}, required minimum: {rule}"
            return f'string "{instance}" is too short ({measured})'
        case "maxLength":
            measured = f"length: {len(instance)}, maximum allowed: {rule}"
            return f'string "{instance}" is too long ({measured})'
        case "minimum":
            measured = f"minimum: {Decimal(str(rule)):f}, found: {instance}"
            return f"numeric instance is lower than the required minimum ({measured})"
    return f"instance does not match {fault.validator}"


def _type(value: Any) -> str:
    kinds = ("null", "boolean", "integer", "number", "string", "array", "object")
    validator = Draft4Validator({})
    return next(kind for kind in kinds if validator.is_type(value, kind))


def _json(names: list[str]) -> str:
    return json.dumps(names, separators=(",", ":"), ensure_ascii=False)


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
