"""Schemas and examples of the contract in words and tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from project.contract.expansion import Document
from project.contract.openapi import resolved

_LINE = 100  # characters of a line of an example


def fields(document: Document, schema: Document) -> str:
    required = schema.get("required", [])
    rows = [
        f"| `{name}` | {rules(document, each, required=name in required)} | {text_of(each)} |"
        for name, each in schema["properties"].items()
    ]
    return "| field | value | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def rules(document: Document, schema: Mapping[str, Any], *, required: bool) -> str:
    """Return in words what a value must be: `required; a string of 1 to 128 characters`."""
    named = name_of(schema)
    schema = resolved(document, schema)
    kind = schema.get("type", "value")
    kinds = [each for each in (kind if isinstance(kind, list) else [kind]) if each != "null"]
    if "const" in schema:
        words = f"`{json.dumps(schema['const']).strip(chr(34))}`"
    elif "enum" in schema:
        words = " or ".join(f"`{each}`" for each in schema["enum"])
    elif kinds[0] == "array":
        words = f"a list of {_plural(schema['items'])}"
    elif kinds[0] == "object":
        words = schema_link(named) if named else "an object"
    else:
        words = _NAMES.get(schema.get("format", ""), _NAMES.get(kinds[0], kinds[0]))
        words += _bounds(schema)
    words += " or `null`" if "null" in kind and isinstance(kind, list) else ""
    words += f"; by default {json.dumps(schema['default'])}" if "default" in schema else ""
    return f"required; {words}" if required else words


_NAMES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "uuid": "a UUID",
    "date-time": "a time",
    "uri": "a URL",
}


def _bounds(rules: Mapping[str, Any]) -> str:
    least, most = rules.get("minLength"), rules.get("maxLength")
    if most is not None:
        return (
            f" of {least} to {most:,} characters" if least else f" of at most {most:,} characters"
        )
    if "maximum" in rules:
        return f" from {_number(rules['minimum'])} to {_number(rules['maximum'])}"
    return f" of at least {least} characters" if least and least > 1 else ""


def _number(value: float) -> str:
    return f"{value:G}" if value > 1e9 else f"{Decimal(str(value)):f}"


def _plural(items: Document) -> str:
    return schema_link(name_of(items)) if name_of(items) else f"{items['type']}s"


def text_of(described: Mapping[str, Any]) -> str:
    return cell(described.get("description", ""))


def cell(text: str) -> str:
    return " ".join(text.split())


def example(example: Any) -> str:
    return f"```json\n{_written(example, '')}\n```\n"


def _written(value: Any, indent: str) -> str:
    """Return JSON in which an object or a list that fits into a line is not broken."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= _LINE or not isinstance(value, dict | list):
        return line
    deeper = indent + "  "
    entries = (
        [f"{json.dumps(name)}: {_written(each, deeper)}" for name, each in value.items()]
        if isinstance(value, dict)
        else [_written(each, deeper) for each in value]
    )
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(entries) + f"\n{indent}{closing}"


def name_of(schema: Mapping[str, Any]) -> str:
    """Return the name of the schema that a reference refers to; empty for other schemas."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def schema_link(name: str) -> str:
    return f"[{name}](#schema-{name.lower()})"
