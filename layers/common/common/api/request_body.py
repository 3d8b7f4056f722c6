"""The JSON body of a request, checked against a schema, with a line for every wrong field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import fastjsonschema

from common.api.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

_DRAFT = "http://json-schema.org/draft-04/schema#"  # the draft that API Gateway's models use


class Body:
    """What the body of one route has to be: an object of these fields and no others."""

    def __init__(
        self, properties: Mapping[str, Mapping[str, Any]], required: tuple[str, ...] = ()
    ) -> None:
        self._properties = properties
        self._required = required
        self._checks: dict[str, Callable[[Any], Any]] | None = None

    def of(self, event: BaseProxyEvent) -> dict[str, Any]:
        """The event's body. Raises Invalid; `details` never quotes a value, it may be a secret."""
        fields = _object(event)
        details = [
            *(f"{name}: missing" for name in self._required if name not in fields),
            *(f"{name[:64]}: no such field" for name in fields if name not in self._properties),
            *(why for name in self._properties for why in self._wrong(name, fields)),
        ]
        if details:
            raise Invalid("the body is wrong", details)
        return fields

    def _wrong(self, name: str, fields: Mapping[str, Any]) -> list[str]:
        if name not in fields:
            return []
        if self._checks is None:
            self._checks = {
                field: fastjsonschema.compile({"$schema": _DRAFT, **schema})
                for field, schema in self._properties.items()
            }
        try:
            self._checks[name](fields[name])
        except fastjsonschema.JsonSchemaValueException as error:
            return [f"{name}: {error.message.removeprefix('data ')}"]
        return []


def _object(event: BaseProxyEvent) -> dict[str, Any]:
    try:
        fields = json.loads(event.decoded_body or "", parse_constant=_no_number)
        json.dumps(fields, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise Invalid("the body is no JSON") from error
    if not isinstance(fields, dict):
        raise Invalid("the body is no JSON object")
    return fields


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
