"""Where airspeed renders otherwise than Velocity 1.7, it is taught to agree. Import it once.

Two differences stay. A reference to nothing renders as nothing, as API Gateway has it, where 1.7
writes the reference out; `$!{…}` is the same in both. And white space in front of a directive
stays, where 1.7 takes it away. tests/velocity holds the two engines together.
"""

from __future__ import annotations

import re
from typing import Any

from airspeed import operators

# In 1.7, `##` directly after a property is text: `$a.b##`, though not `$a##` or `$a.b()##`.
_NO_COMMENT = re.compile(r"(\$!?[A-Za-z]\w*(?:\([^()]*\)|\.\w+)*\.[A-Za-z]\w*)##")
_BARE_DOT = re.compile(r"(?:\\.|\[[^]]*\]|\(\?s\))|(\.)")

HASHES = {"_hashes": "##"}
"""What a prepared template refers to."""


def prepared(template: str) -> str:
    """The template with a reference for `##` where that starts no comment."""
    return _NO_COMMENT.sub(r"\1${_hashes}", template)


def _is_true(value: Any) -> bool:
    """What is no Boolean is true unless it is null."""
    return value if isinstance(value, bool) else value is not None


def _condition(self: Any, namespace: Any, loader: Any) -> bool:
    return _is_true(self.expression.calculate(namespace, loader))


def _negation(self: Any, namespace: Any, loader: Any) -> bool:
    return not _is_true(self.value.calculate(namespace, loader))


_assign = operators.Assignment.evaluate_raw


def _assignment(self: Any, stream: Any, namespace: Any, loader: Any) -> None:
    """A variable that is set to null keeps the value that it had."""
    if self.value.calculate(namespace, loader) is not None:
        _assign(self, stream, namespace, loader)


def _regex(pattern: str) -> re.Pattern[str]:
    """The pattern, which has to mean the same to Java: `.` stops there at five characters."""
    dots = any(found[1] for found in _BARE_DOT.finditer(pattern))
    if dots and not pattern.startswith("(?s)"):
        raise ValueError(f"`.` without (?s) is not the same in Java and here: {pattern}")
    return re.compile(pattern, re.ASCII)


def _replace_all(text: str, pattern: str, replacement: str) -> str:
    if {"$", "\\"} & set(replacement):
        raise ValueError(f"a replacement is text alone here: {replacement}")
    return _regex(pattern).sub(lambda _: replacement, text)


operators.REPLACE_FORMAL_TEXT = object()  # a client could send the string that it is
operators.boolean_value = _is_true
operators.Condition.calculate = _condition
operators.UnaryOperatorValue.calculate = _negation
operators.Assignment.evaluate_raw = _assignment

# Methods of java.lang.String that airspeed lacks, or has otherwise. Java's length is in UTF-16
# units.
operators.__additional_methods__[str].update(
    length=lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    toLowerCase=str.lower,
    toUpperCase=str.upper,
    trim=str.strip,
    endsWith=str.endswith,
    indexOf=str.find,
    equals=lambda text, other: text == other,
    equalsIgnoreCase=lambda text, other: text.lower() == str(other).lower(),
    isEmpty=lambda text: not text,
    matches=lambda text, pattern: _regex(pattern).fullmatch(text) is not None,
    replaceAll=_replace_all,
)
