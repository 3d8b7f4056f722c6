"""XMP as JSON: properties named `prefix:Name`, arrays as lists, structures as objects.

The standard is ISO 16684-1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from metadata import xml_tree
from metadata.budget import Budget

HEADER = b"http://ns.adobe.com/xap/1.0/\0"
"""What precedes an XMP packet in a JPEG segment."""

MAX_BYTES = 1 << 20
MAX_DEPTH = 20

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_ARRAYS = (f"{_RDF}Bag", f"{_RDF}Seq")
_ALTERNATIVES = f"{_RDF}Alt"
_DESCRIPTION = f"{_RDF}Description"
_NOT_PROPERTIES = (f"{_RDF}about", f"{_RDF}parseType", f"{_RDF}ID", f"{_RDF}nodeID", _LANGUAGE)

# The prefixes that the standard and IPTC recommend. A file may use others.
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/bj/": "xmpBJ",
    "http://ns.adobe.com/xap/1.0/t/pg/": "xmpTPg",
    "http://ns.adobe.com/xap/1.0/g/img/": "xmpGImg",
    "http://ns.adobe.com/xap/1.0/sType/ResourceRef#": "stRef",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "http://ns.adobe.com/xap/1.0/sType/Dimensions#": "stDim",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
}

# XMP writes every value as text. In these schemas, some of the texts are numbers.
_NUMERIC = ("exif:", "exifEX:", "tiff:", "aux:", "stDim:")
_NUMERIC_NAMES = {"xmp:Rating", "photoshop:Urgency", "photoshop:ColorMode", "xmpTPg:NPages"}
_TEXTUAL_NAMES = {
    *("exif:ExifVersion", "exif:FlashpixVersion", "exif:UserComment", "exif:ImageUniqueID"),
    *("exif:GPSVersionID", "exif:SpectralSensitivity", "aux:SerialNumber", "aux:LensSerialNumber"),
    *("exifEX:BodySerialNumber", "exifEX:LensSerialNumber", "exifEX:InteroperabilityIndex"),
    *("tiff:Make", "tiff:Model", "tiff:Software", "tiff:Artist", "tiff:Copyright"),
    *("tiff:ImageDescription", "aux:Lens", "aux:OwnerName", "aux:Firmware", "exif:GPSSatellites"),
}
_NUMBER = re.compile(r"([+-]?\d{1,15})(?:(\.\d{1,15})|/(\d{1,15}))?", re.ASCII)
_COORDINATE = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d{1,15})?)(?:,(\d{1,2}))?([NSEW])", re.ASCII)


def read(data: bytes, budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """The properties of an XMP packet, and separately those of its GPS location."""
    properties: dict[str, Any] = {}
    location: dict[str, Any] = {}
    if len(data) > MAX_BYTES:
        budget.drop("XMP", f"over {MAX_BYTES} bytes")
        return properties, location
    try:
        root = xml_tree.parse(data.strip(b"\0 \t\r\n"))
    except ValueError as error:
        budget.drop("XMP", error)
        return properties, location
    rdf = root if root.tag == f"{_RDF}RDF" else root.find(f"{_RDF}RDF")
    for description in () if rdf is None else rdf.findall(_DESCRIPTION):
        for name, value in _fields(description, location, budget, MAX_DEPTH):
            properties.setdefault(name, value)
    return properties, location


def _fields(
    description: Element, location: dict[str, Any], budget: Budget, depth: int
) -> Iterator[tuple[str, Any]]:
    """The properties of a structure. Those of a GPS location are added to `location` instead."""
    attributes = [(n, v) for n, v in description.attrib.items() if n not in _NOT_PROPERTIES]
    for tag, text in attributes:
        name = _name(tag)
        try:
            value = budget.spend(name, _scalar(name, text))
        except ValueError as error:
            budget.drop(name, error)
        else:
            yield from _without_location(name, value, location)
    for element in description:
        if not isinstance(element.tag, str):
            continue
        name = _name(element.tag)
        try:
            budget.spend(name, None)
            value = _value(name, element, location, budget, depth)
        except ValueError as error:
            budget.drop(name, error)
        else:
            yield from _without_location(name, value, location)


def _without_location(name: str, value: Any, location: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    local = name.rpartition(":")[2]
    if local.startswith("GPS"):
        location.setdefault(local, value)
    else:
        yield name, value


def _value(
    name: str, element: Element, location: dict[str, Any], budget: Budget, depth: int
) -> Any:
    if depth == 0:
        raise ValueError("nested too deeply")
    budget.spend("", None)  # its brackets, if it has no content
    if (resource := element.get(f"{_RDF}resource")) is not None:
        return budget.spend("", resource)
    children = [child for child in element if isinstance(child.tag, str)]
    nested = (location, budget, depth - 1)
    structured = element.get(f"{_RDF}parseType") == "Resource"
    if structured or (not children and any(a not in _NOT_PROPERTIES for a in element.attrib)):
        return dict(_fields(element, *nested))
    if not children:
        return budget.spend("", _scalar(name, element.text or ""))
    [child] = children[:1]
    if child.tag in _ARRAYS:
        return [_value(name, item, *nested) for item in child]
    if child.tag == _ALTERNATIVES:
        by_language = {
            budget.spend("", item.get(_LANGUAGE, "x-default")): _value(name, item, *nested)
            for item in child
        }
        only_default = set(by_language) == {"x-default"}
        return by_language["x-default"] if only_default else by_language
    if child.tag == _DESCRIPTION:
        return dict(_fields(child, *nested))
    return dict(_fields(element, *nested))


def _name(tag: str) -> str:
    namespace, _, local = tag.removeprefix("{").rpartition("}")
    prefix = _PREFIXES.get(namespace, namespace)
    return f"{prefix}:{local}" if prefix else local


def _scalar(name: str, text: str) -> Any:
    text = text.strip()
    if text in ("True", "False"):
        return text == "True"
    if (name.startswith(_NUMERIC) and name not in _TEXTUAL_NAMES) or name in _NUMERIC_NAMES:
        if coordinate := _COORDINATE.fullmatch(text):
            degrees, minutes, seconds, side = coordinate.groups()
            angle = int(degrees) + float(minutes) / 60 + int(seconds or 0) / 3600
            return round(-angle if side in "SW" else angle, 9)
        if (number := _NUMBER.fullmatch(text)) and int(number[3] or 1):
            return _number(number)
    return text


def _number(number: re.Match[str]) -> float | int:
    whole, fraction, denominator = number.groups()
    if denominator:
        quotient = int(whole) / int(denominator)
        return int(quotient) if quotient.is_integer() else quotient
    return float(whole + fraction) if fraction else int(whole)
