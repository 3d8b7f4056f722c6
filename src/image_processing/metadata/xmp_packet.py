"""Packets of XMP: from the bytes of a file to the RDF in them, also if a part is damaged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise
from xml.etree.ElementTree import Element

from metadata import text, xml_tree, xmp_names
from metadata.budget import Budget

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DESCRIPTION = f"{RDF}Description"

_MAX_DOCUMENTS = 10

_START = re.compile(r"<([\w.-]+:)?(xmpmeta|xapmeta|RDF)(?=[\s>])")
# What a program that reads XML must refuse, though programs have written it.
_NOT_XML = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:0*([0-9]{1,2})|x0*([01]?[0-9A-F]));", re.IGNORECASE
)
_CONTROLS_OF_XML, _FIRST_PRINTABLE = (9, 10, 13), 32


def descriptions(packet: bytes, budget: Budget) -> Iterator[Element]:
    """The descriptions of a packet, whose children are properties."""
    documents = list(islice(_documents(_decoded(packet)), _MAX_DOCUMENTS + 1))
    if len(documents) > _MAX_DOCUMENTS:
        budget.drop("XMP", f"over {_MAX_DOCUMENTS} documents in a packet")
        del documents[_MAX_DOCUMENTS:]
    if not documents and packet.strip(b"\0 \t\r\n"):
        budget.drop("XMP", "not a packet")
    for document in documents:
        root = _root(document, budget)
        for rdf in () if root is None else root.iter(f"{RDF}RDF"):
            yield from rdf.findall(DESCRIPTION)


def _decoded(packet: bytes) -> str:
    """The text of a packet in UTF-8, UTF-16 or UTF-32, which starts anywhere."""
    starts = {
        packet.find(start.encode(encoding)): encoding
        for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
        for start in ("<?x", "<x:", "<rdf")
    }
    starts.pop(-1, None)
    if not starts:
        return text.decoded(packet)
    # In each byte order, a text looks like the other one from its second byte on.
    first = min(starts)
    return packet[first:].decode(starts[first], "replace")


def _documents(packet: str) -> Iterator[str]:
    """The XML documents in a packet, without what surrounds them. The last one may be cut off."""
    at = 0
    while start := _START.search(packet, at):
        end = f"</{start[1] or ''}{start[2]}"
        found = packet.find(end, start.end())
        closed = packet.find(">", found)
        at = len(packet) if found < 0 or closed < 0 else closed + 1
        yield packet[start.start() : at]


def _root(document: str, budget: Budget) -> Element | None:
    """The root of a document. If it is damaged, with the properties before the damage."""
    tree = xml_tree.parse(document)
    if tree.error:
        tree = xml_tree.parse(_NOT_XML.sub(_replacement, document))
    if tree.error:
        budget.drop("XMP", tree.error)
    for parent, child in pairwise(tree.unfinished):
        if parent.tag == DESCRIPTION:
            parent.remove(child)
            break
    if tree.root is not None:
        xmp_names.shorten_unknown(tree.root, tree.prefixes)
    return tree.root


def _replacement(found: re.Match[str]) -> str:
    """U+FFFD for a character that XML cannot contain, also as a reference such as `&#0;`."""
    decimal, hexadecimal = found.groups()
    number = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else 0
    return found[0] if number in _CONTROLS_OF_XML or number >= _FIRST_PRINTABLE else "\ufffd"
