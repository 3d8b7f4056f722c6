"""Render mapping templates: Velocity with API Gateway's `$input`, `$util` and `$context`.

API Gateway guide, "Mapping template reference".
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import airspeed
from airspeed import operators

from local.gateway import velocity17

type Parameters = Mapping[str, Mapping[str, str]]
"""The parameters of a request by place (`path`, `querystring`, `header`) and name."""


def render(template: str, *, body: str, context: dict[str, Any], parameters: Parameters) -> str:
    """Return the rendered template. `#set($context.responseOverride…)` changes `context`."""
    rendered: str = _compiled(template).merge(
        {"input": _Input(body, parameters), "util": _Util(), "context": context} | velocity17.HASHES
    )
    return rendered


class _Input:
    """`$input`"""

    def __init__(self, body: str, parameters: Parameters) -> None:
        self.body = body or "{}"  # as observed on AWS
        self._parameters = parameters

    def params(self, name: str | None = None) -> Any:
        if name is None:
            return self._parameters
        for place in ("path", "querystring", "header"):
            if name in self._parameters[place]:
                return self._parameters[place][name]
        return ""

    def path(self, path: str) -> Any:
        return _at(self._value(), path)

    def _value(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            if self.body.startswith(("{", "[")):
                raise
            return self.body  # API Gateway's lenient parser reads any other text as a string

    def json(self, path: str) -> str:
        return json.dumps(self.path(path), separators=(",", ":"), ensure_ascii=False)


class _Util:
    """`$util`, with the results of its Java implementation."""

    def urlEncode(self, text: Any) -> str:  # noqa: N802
        return quote_plus(_string(text), safe="*", errors="replace").replace("~", "%7E")

    def urlDecode(self, text: str) -> str:  # noqa: N802
        return unquote_plus(text)

    def base64Encode(self, text: str) -> str:  # noqa: N802
        return base64.b64encode(text.encode()).decode()

    def base64Decode(self, text: str) -> str:  # noqa: N802
        return base64.b64decode(text).decode()

    def escapeJavaScript(self, text: Any) -> str:  # noqa: N802
        # The rules of Apache Commons Lang 2, for each UTF-16 code unit.
        units = memoryview(_string(text).encode("utf-16", "surrogatepass")[2:]).cast("H")
        return "".join(map(_escaped, units))

    def parseJson(self, text: str) -> Any:  # noqa: N802
        return json.loads(text)


_ESCAPES = dict(zip(map(ord, "\b\t\n\f\r'\"/\\"), "btnfr'\"/\\", strict=True))


def _escaped(unit: int) -> str:
    if unit in _ESCAPES:
        return f"\\{_ESCAPES[unit]}"
    return chr(unit) if 0x20 <= unit <= 0x7F else f"\\u{unit:04X}"


_STEP = re.compile(r"""\.(?P<name>[\w-]+)|\[(?P<index>\d+)\]|\[(['"])(?P<key>.+?)\3\]""")


def _at(value: Any, path: str) -> Any:
    """Return the value at a JSONPath of names and indexes, or None."""
    rest = path.removeprefix("$")
    while rest:
        step = _STEP.match(rest)
        if step is None:
            raise ValueError(f"only names and indexes are supported in a path: {path}")
        rest = rest[step.end() :]
        try:
            value = value[int(step["index"]) if step["index"] else step["name"] or step["key"]]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _string(value: Any) -> str:
    return value if isinstance(value, str) else str(operators.value_to_string(value))


@cache
def _compiled(template: str) -> airspeed.Template:
    return airspeed.Template(velocity17.prepared(template))
