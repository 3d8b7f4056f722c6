"""Whether a newer schema accepts less, or contains more, than an older one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from project.contract.expansion import Document
from project.contract.openapi import resolved

type Schema = Mapping[str, Any]

_LOWER, _UPPER = ("minLength", "minimum"), ("maxLength", "maximum")


def narrowed(
    before: Document, after: Document, old: Schema, new: Schema, place: str
) -> Iterator[str]:
    """Return what a client may have sent that the newer schema refuses."""
    old, new = resolved(before, old), resolved(after, new)
    if gone := _types(old) - _types(new):
        yield f"{place} may not be {' or '.join(sorted(gone))} any more"
    if "enum" in new and (gone := {*old.get("enum", ["anything"])} - {*new["enum"]}):
        yield f"{place} may not be {' or '.join(map(str, sorted(gone)))} any more"
    if new.get("pattern") not in (None, old.get("pattern")):
        yield f"{place} must match another pattern"
    if new.get("format") not in (None, old.get("format")):
        yield f"{place} must have another format"
    for name in _LOWER:
        if name in new and new[name] > old.get(name, float("-inf")) and new[name] > 0:
            yield f"{place} has a higher {name}"
    for name in _UPPER:
        if name in new and new[name] < old.get(name, float("inf")):
            yield f"{place} has a lower {name}"
    yield from (f"{place} needs {name} now" for name in _required(new) - _required(old))
    for name, each in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            inner = new["properties"][name]
            yield from narrowed(before, after, each, inner, f"{place}/{name}")
        elif "properties" in new:
            yield f"{place} may not have {name} any more"


def widened(
    before: Document, after: Document, old: Schema, new: Schema, place: str
) -> Iterator[str]:
    """Return what a client may rely on that the newer schema does not promise."""
    old, new = resolved(before, old), resolved(after, new)
    if "anyOf" in old or "anyOf" in new:
        yield from _choices_widened(before, after, old, new, place)
        return
    if added := _types(new) - _types(old):
        yield f"{place} can be {' or '.join(sorted(added))} now"
    for kind in ("enum", "const"):
        if kind in old and (added := {*_values(new)} - {*_values(old)}):
            yield f"{place} can be {' or '.join(sorted(map(str, added)))} now"
    if old.get("format") not in (None, new.get("format")):
        yield f"{place} has another format"
    for name in sorted(_required(old) - _required(new)):
        if name in new.get("properties", {}):
            yield f"{place} may lack {name}"
    for name, each in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{place} has no {name} any more"
        else:
            inner = new["properties"][name]
            yield from widened(before, after, each, inner, f"{place}/{name}")
    if "items" in old and "items" in new:
        yield from widened(before, after, old["items"], new["items"], f"{place}/items")


def _choices_widened(
    before: Document, after: Document, old: Schema, new: Schema, place: str
) -> Iterator[str]:
    known = old.get("anyOf", [old])
    for number, choice in enumerate(new.get("anyOf", [new])):
        problems = [[*widened(before, after, each, choice, place)] for each in known]
        if all(problems):
            yield f"{place} has a new shape, number {number + 1}: {min(problems, key=len)[0]}"


def _types(schema: Schema) -> set[str]:
    """Return the types that a schema allows. Every whole number is a number."""
    kind = schema.get("type", [])
    kinds = {kind} if isinstance(kind, str) else {*kind}
    return kinds | ({"integer"} if "number" in kinds else set())


def _required(schema: Schema) -> set[str]:
    return {*schema.get("required", [])}


def _values(schema: Schema) -> list[Any]:
    if "const" in schema:
        return [schema["const"]]
    return list(schema.get("enum", ["anything"]))
