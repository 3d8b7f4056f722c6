"""The files that are made from docs/contract, and from the schemas of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from project.contract import asyncapi, events, markdown, openapi
from project.contract.expansion import Document
from project.template import ROOT

OPENAPI = ROOT / "docs" / "openapi.yaml"
ASYNCAPI = ROOT / "docs" / "asyncapi.yaml"
PAGE = ROOT / "docs" / "api.md"

TEMPLATE = ROOT / "template.yaml"

# The line of the template that has the document, between its key and the comment at its end.
_PUBLISHED = re.compile(r"(?m)^( +application/json: )'.*'( # make contract)$")

_HEAD = "# `make contract` writes this file from docs/contract. Change it there.\n"


def contents() -> dict[Path, str]:
    """Return what each of the files has to contain. Raises WrongSource."""
    document = openapi.document()
    return {
        OPENAPI: _HEAD + _yaml(document),
        ASYNCAPI: _HEAD + _yaml(asyncapi.document(document)),
        PAGE: markdown.page(document),
        TEMPLATE: _PUBLISHED.sub(
            lambda line: line[1] + _quoted(published(document)) + line[2], TEMPLATE.read_text()
        ),
        **{
            events.FOLDER / events.file_name(name): json.dumps(schema, indent=2) + "\n"
            for name, schema in events.schemas(document).items()
        },
    }


def published(document: Document) -> str:
    """Return the document as the stack publishes it, a mapping template without any directive.

    `$` and `#` are escaped, which JSON allows anywhere in a text, so that no engine of mapping
    templates sees a reference. The server is where the document is.
    """
    text = json.dumps(document | {"servers": [{"url": "."}]}, separators=(",", ":"))
    return text.replace("$", "\\u0024").replace("#", "\\u0023")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class _Dumper(yaml.SafeDumper):
    """YAML without anchors, in which a text of several lines is a block."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _yaml(document: Any) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)
