"""Change airspeed where it differs from Velocity 1.7. An import applies the changes.

Two differences remain. An undefined reference renders as an empty text, as on API Gateway, and in
Velocity 1.7 as the reference itself; `$!{…}` is the same in both. White space before a directive
is kept, which 1.7 removes. tests/velocity compares the two engines.
"""

from __future__ import annotations

import re
from typing import Any

from airspeed import operators

# In 1.7, `##` directly after a property is text: in `$a.b##`, but not in `$a##` or `$a.b()##`.
_NO_COMMENT = re.compile(r"(\$!?[A-Za-z]\w*(?:\([^()]*\)|\.\w+)*\.[A-Za-z]\w*)##")
_BARE_DOT = re.compile(r"(?:\\.|\[[^]]*\]|\(\?s\))|(\.)")

HASHES = {"_hashes": "##"}
"""The variable that a prepared template uses for `##`."""


def prepared(template: str) -> str:
    """Return the template with a reference in place of each `##` that does not start a comment."""
    return _NO_COMMENT.sub(r"\1${_hashes}", template)


def _is_true(value: Any) -> bool:
    """Return whether a value is true: all values but false and null are."""
    return value if isinstance(value, bool) else value is not None


def _condition(self: Any, namespace: Any, loader: Any) -> bool:
    return _is_true(self.expression.calculate(namespace, loader))


def _negation(self: Any, namespace: Any, loader: Any) -> bool:
    return not _is_true(self.value.calculate(namespace, loader))


_assign = operators.Assignment.evaluate_raw


def _assignment(self: Any, stream: Any, namespace: Any, loader: Any) -> None:
    """Assign a value; null leaves the variable unchanged."""
    if self.value.calculate(namespace, loader) is not None:
        _assign(self, stream, namespace, loader)


def _regex(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that means the same in Java, where `.` excludes five characters."""
    dots = any(found[1] for found in _BARE_DOT.finditer(pattern))
    if dots and not pattern.startswith("(?s)"):
        raise ValueError(f"`.` without (?s) differs between Java and Python: {pattern}")
    return re.compile(pattern, re.ASCII)


def _replace_all(text: str, pattern: str, replacement: str) -> str:
    if "\\" in replacement:
        raise ValueError(f"a replacement must have no escapes here: {replacement}")
    return _regex(pattern).sub(re.sub(r"\$(\d)", r"\\\1", replacement), text)


operators.REPLACE_FORMAL_TEXT = object()  # otherwise a client could send this marker
operators.boolean_value = _is_true
operators.Condition.calculate = _condition
operators.UnaryOperatorValue.calculate = _negation
operators.Assignment.evaluate_raw = _assignment

# Methods of java.lang.String that airspeed lacks or that differ. Java counts UTF-16 code units.
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
