"""Parsing XML from a file that somebody uploaded, in memory of about its own size."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.parsers import expat

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import fromstring

MAX_NAMESPACE_LENGTH = 256  # characters


def parse(text: bytes) -> Element:
    """The root of the tree. Raises ValueError with the reason, also for a DTD or entities."""
    try:
        _refuse_long_namespaces(text)
        root: Element = fromstring(text, forbid_dtd=True)
    except DefusedXmlException as error:
        raise ValueError("contains a DTD or entities") from error
    except (ParseError, expat.ExpatError, LookupError) as error:
        raise ValueError(f"not valid XML, {error}") from error
    return root


def _refuse_long_namespaces(packet: bytes) -> None:
    """Raise ValueError if a name of the packet would be far longer than in the packet.

    The parser of the tree writes the whole namespace in place of each prefix, so that a small
    packet could take gigabytes. This one writes names as they are.
    """

    def start(_name: str, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            if name.startswith("xmlns") and len(value) > MAX_NAMESPACE_LENGTH:
                raise ValueError("a namespace is too long")

    def doctype(*declared: Any) -> None:
        raise DTDForbidden(*declared[:3])

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = start, doctype
    parser.Parse(packet, True)  # noqa: FBT003  # the last part; it takes no keyword
