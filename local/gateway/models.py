"""Request models, and the errors of the request validator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError


class Model:
    """A JSON schema of draft 4, as API Gateway's models are."""

    def __init__(self, schema: Mapping[str, Any], components: Mapping[str, Any]) -> None:
        self._validator = Draft4Validator(
            {"allOf": [dict(schema)], "components": dict(components)}  # for `#/components/…`
        )

    def validation_errors(self, body: bytes) -> list[str]:
        """Return one sentence per error in the body; empty for a valid body.

        The sentences are those of json-schema-validator, as on API Gateway. They contain what the
        client sent.
        """
        try:
            # JSON is UTF-8; from bytes, json.loads would also accept other encodings.
            text = body.decode().strip() or "{}"  # empty is {}, as observed on AWS
            value = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
            return sorted({_sentence(error) for error in self._validator.iter_errors(value)})
        except (ValueError, ArithmeticError):
            return ["the body is not JSON"]
        except RecursionError:
            return ["the body is nested too deeply"]


def _sentence(error: ValidationError) -> str:
    rule: Any = error.validator_value
    instance: Any = error.instance
    schema: Any = error.schema
    match error.validator:
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
    return f"instance does not match {error.validator}"


def _type(value: Any) -> str:
    kinds = ("null", "boolean", "integer", "number", "string", "array", "object")
    validator = Draft4Validator({})
    return next(kind for kind in kinds if validator.is_type(value, kind))


def _json(names: list[str]) -> str:
    return json.dumps(names, separators=(",", ":"), ensure_ascii=False)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
