"""Parsing XML from a file that somebody uploaded, in memory of about its own size."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

MAX_NAMESPACE_LENGTH = 256  # characters


@dataclass(frozen=True, slots=True)
class Tree:
    """A document as far as it is valid XML, and why it is not valid as a whole, if so.

    `unfinished` are the elements whose end is missing, from the root inwards. `prefixes` are those
    of the document, by their namespace.
    """

    root: Element | None
    error: str = ""
    unfinished: list[Element] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)


def parse(text: str) -> Tree:
    """The tree of a document. A DTD or entities are an error."""
    builder = _Builder()
    prefixes: dict[str, str] = {}
    try:
        with suppress(expat.ExpatError):  # the other parser comes no further, and reports it
            _read_prefixes(text, prefixes)
        parser = DefusedXMLParser(target=builder, forbid_dtd=True)
        parser.feed(text)
        return Tree(parser.close(), prefixes=prefixes)
    except DefusedXmlException:
        return Tree(None, "contains a DTD or entities")
    except ParseError as error:
        unfinished = builder.finish()
        root = unfinished[0] if unfinished else None
        return Tree(root, f"not valid XML, {error}", unfinished, prefixes)
    except ValueError as error:
        return Tree(None, str(error))


class _Builder(TreeBuilder):
    """Builds a tree, also if its end is missing."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []

    def start(self, tag: str, attributes: dict[Any, Any], /) -> Element:
        element = super().start(tag, attributes)
        self._open.append(element)
        return element

    def end(self, tag: str, /) -> Element:
        self._open.pop()
        return super().end(tag)

    def finish(self) -> list[Element]:
        """Finish the elements whose end is missing. Returns them, from the root inwards."""
        unfinished = list(self._open)
        while self._open:
            self.end(self._open[-1].tag)
        return unfinished


def _read_prefixes(document: str, prefixes: dict[str, str]) -> None:
    """Read the prefixes of the namespaces. Raises ValueError for a long one, and ExpatError.

    The parser of the tree writes the whole namespace in place of each prefix, so that a small
    document could take gigabytes. This one writes names as they are.
    """

    def start(_name: str, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            if name.startswith("xmlns"):
                if len(value) > MAX_NAMESPACE_LENGTH:
                    raise ValueError("a namespace is too long")
                prefixes[value] = name.partition(":")[2]

    def doctype(*declared: Any) -> None:
        raise DTDForbidden(*declared[:3])

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = start, doctype
    parser.Parse(document, True)  # noqa: FBT003  # the last part; it takes no keyword
