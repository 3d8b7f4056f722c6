"""The JSON body of a request, checked against a schema, with one line per wrong field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from common import json_schema
from common.api.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

# What an error quotes of names that a client chose: characters, and names. A body can contain so
# many that naming all of them would be more than Lambda can answer.
_MAX_QUOTED_NAME, _MAX_QUOTED_NAMES = 64, 10


class RequestBody:
    """The body that a route accepts: a JSON object with these fields and no others."""

    def __init__(
        self, properties: Mapping[str, Mapping[str, Any]], required: tuple[str, ...] = ()
    ) -> None:
        self._properties = properties
        self._required = required
        self._validators: dict[str, Callable[[Any], Any]] | None = None

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the body, as the API's document shows it."""
        return {
            "type": "object",
            "required": list(self._required),
            "additionalProperties": False,
            "properties": {name: dict(rules) for name, rules in self._properties.items()},
        }

    def parse(self, event: BaseProxyEvent) -> dict[str, Any]:
        """The fields of the event's body. Raises Invalid.

        The error's details never quote a value, because it may be a password or a token.
        """
        fields = _object(event)
        unknown = [name for name in fields if name not in self._properties]
        details = [
            *(f"{name}: missing" for name in self._required if name not in fields),
            *(f"{name[:_MAX_QUOTED_NAME]}: unknown field" for name in unknown[:_MAX_QUOTED_NAMES]),
            *(["and more unknown fields"] if len(unknown) > _MAX_QUOTED_NAMES else []),
            *(problem for name in self._properties for problem in self._problems(name, fields)),
        ]
        if details:
            raise Invalid("the request body is invalid", details)
        return fields

    def _problems(self, name: str, fields: Mapping[str, Any]) -> list[str]:
        if name not in fields:
            return []
        if self._validators is None:  # a cold start does not pay for compiling them
            self._validators = {
                field: json_schema.validator(schema) for field, schema in self._properties.items()
            }
        try:
            self._validators[name](fields[name])
        except json_schema.WrongValue as error:
            return [f"{name}: {error.message.removeprefix('data ')}"]
        return []


def _object(event: BaseProxyEvent) -> dict[str, Any]:
    try:
        fields = json_schema.loads(event.decoded_body or "")
        json.dumps(fields, ensure_ascii=False).encode()  # fails for half a surrogate pair
    except (ValueError, RecursionError) as error:
        raise Invalid("the request body is not valid JSON") from error
    if not isinstance(fields, dict):
        raise Invalid("the request body is not a JSON object")
    return fields
