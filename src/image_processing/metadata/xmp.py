"""XMP as JSON: properties named `prefix:Name`, arrays as lists, structures as objects.

The standard is ISO 16684-1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from metadata import xmp_names
from metadata.budget import Budget
from metadata.xmp_packet import DESCRIPTION, RDF, descriptions
from metadata.xmp_values import scalar

HEADER = b"http://ns.adobe.com/xap/1.0/\0"
"""What precedes an XMP packet in a JPEG segment."""

MAX_BYTES = 1 << 20
_MAX_BYTES_TOGETHER = 2 * MAX_BYTES  # a packet and its extension
MAX_DEPTH = 20

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_ARRAYS = (f"{RDF}Bag", f"{RDF}Seq")
_ALTERNATIVES = f"{RDF}Alt"
_PARSE_TYPE, _RESOURCE = f"{RDF}parseType", f"{RDF}resource"
_NOT_PROPERTIES = (
    *(f"{RDF}{name}" for name in ("about", "parseType", "ID", "nodeID", "datatype", "type")),
    "about",  # as early versions of RDF wrote it
    _LANGUAGE,
)


def read(packets: Iterable[bytes], budget: Budget) -> dict[str, Any]:
    """The properties of XMP packets. Of a property that occurs twice, the first one counts."""
    properties: dict[str, Any] = {}
    free = _MAX_BYTES_TOGETHER
    for packet in packets:
        if len(packet) > min(MAX_BYTES, free):
            budget.drop("XMP", f"over {MAX_BYTES} bytes")
            continue
        free -= len(packet)
        for description in descriptions(packet, budget):
            for name, value in _fields(description, budget, MAX_DEPTH):
                properties.setdefault(name, value)
    return properties


def _fields(description: Element, budget: Budget, depth: int) -> Iterator[tuple[str, Any]]:
    """The properties of a structure."""
    for tag, text in description.attrib.items():
        if tag not in _NOT_PROPERTIES:
            name = xmp_names.short(tag)
            try:
                yield name, budget.spend(name, scalar(name, text))
            except ValueError as error:
                budget.drop(name, error)
    for element in _elements(description):
        if element.tag not in _NOT_PROPERTIES:
            name = xmp_names.short(element.tag)
            try:
                budget.spend(name, None)
                value = _value(name, element, budget, depth)
            except ValueError as error:
                budget.drop(name, error)
            else:
                yield name, value


def _value(name: str, element: Element, budget: Budget, depth: int) -> Any:
    if depth == 0:
        raise ValueError("nested too deeply")
    budget.spend("", None)  # its brackets, if it has no content
    if (resource := element.get(_RESOURCE)) is not None:
        return budget.spend("", resource)
    kind, children = element.get(_PARSE_TYPE), _elements(element)
    if kind == "Literal" or not (children or kind or _has_fields(element)):
        return budget.spend("", scalar(name, "".join(element.itertext())))
    if kind == "Collection":
        return [_value(name, item, budget, depth - 1) for item in children]
    if kind is None and children:
        [child] = children[:1]
        if child.tag in _ARRAYS:
            return [_value(name, item, budget, depth - 1) for item in child]
        if child.tag == _ALTERNATIVES:
            return _alternatives(name, _elements(child), budget, depth)
        if child.tag == DESCRIPTION:
            element = child
    return _structure(element, budget, depth)


def _structure(element: Element, budget: Budget, depth: int) -> Any:
    """An object, or the value alone if it is one that could have qualifiers and has none."""
    fields = dict(_fields(element, budget, depth - 1))
    return fields["rdf:value"] if fields.keys() == {"rdf:value"} else fields


def _alternatives(name: str, items: list[Element], budget: Budget, depth: int) -> Any:
    """Texts by language, one text without a language, or a list of alternatives of another kind."""
    languages = [item.get(_LANGUAGE) for item in items]
    if not any(languages) and (len(items) != 1 or _elements(items[0]) or items[0].attrib):
        return [_value(name, item, budget, depth - 1) for item in items]
    by_language: dict[str, Any] = {}
    for language, item in zip(languages, items, strict=True):
        key = language or "x-default"
        if key in by_language:
            budget.drop(name, "it has two texts in one language")
        else:
            by_language[budget.spend("", key)] = _value(name, item, budget, depth - 1)
    return by_language["x-default"] if by_language.keys() == {"x-default"} else by_language


def _has_fields(element: Element) -> bool:
    return any(attribute not in _NOT_PROPERTIES for attribute in element.attrib)


def _elements(element: Element) -> list[Element]:
    return [child for child in element if isinstance(child.tag, str)]
