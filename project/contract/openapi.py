"""The OpenAPI document of the REST API."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from project.contract import expansion, sources
from project.contract.expansion import Document
from project.contract.sources import Source, WrongSource
from project.template import ROOT

METHODS = ("post", "get", "put", "delete")
"""The methods of a path, in the order of the document."""

_LINK = re.compile(r"\[([^\]]+)\]\((?!https:)[^)]*\)")


def document() -> Document:
    """Return the document. Raises WrongSource."""
    shared, capabilities = sources.common(), sources.capabilities()
    everything = [shared, *capabilities]
    made: Document = _without_links(
        {
            "openapi": "3.1.0",
            "info": {
                "title": shared["title"],
                "summary": shared["summary"],
                "version": version(),
                "description": "".join(
                    f"# {title}\n\n{text}\n" for title, text in shared["chapters"].items()
                ),
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [
                {"url": "http://127.0.0.1:3000", "description": "A laptop."},
                {
                    "url": "https://{apiId}.execute-api.{region}.amazonaws.com/v1",
                    "description": "AWS: the output `ApiUrl` of the stack.",
                    "variables": {
                        "apiId": {"default": "a1b2c3d4e5", "description": "The output `ApiId`."},
                        "region": {"default": "eu-central-1", "description": "The region."},
                    },
                },
            ],
            "security": [{"IdToken": []}],
            "tags": [_tag(each) for each in capabilities],
            "paths": _paths(shared, capabilities),
            "components": {
                "schemas": _merged("schemas", everything, schema),
                "parameters": _merged("parameters", everything, expansion.parameter),
                "headers": _merged("headers", [shared], lambda _, header: header),
                "responses": {
                    error["name"]: expansion.response(status, error, shared)
                    for status, error in shared["errors"].items()
                },
                "securitySchemes": shared["securitySchemes"],
            },
        }
    )
    return made


def version() -> str:
    """Return the version of the last release in the changelog."""
    changelog = (ROOT / "CHANGELOG.md").read_text()
    found = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)
    return found[1] if found else "0.0.0"


def schema(name: str, source: Source) -> Document:
    """Return a schema. That of the code gets the descriptions of its fields. Raises WrongSource."""
    if "code" not in source:
        return source
    made: Document = copy.deepcopy(sources.value_of_code(source["code"]))
    described = source["fields"]
    if differing := made["properties"].keys() ^ described.keys():
        raise WrongSource(f"the fields of {name} are not those of the code: {sorted(differing)}")
    for field, rules in made["properties"].items():
        rules["description"] = described[field]
        if "enum" in rules:
            rules["type"] = "string"
    return made


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Return method, path and definition of each operation."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method, path, methods[method]


def resolved(document: Document, node: Any) -> Any:
    """Return what a reference refers to, or the node if it is none."""
    while isinstance(node, Mapping) and "$ref" in node:
        found: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def used_schemas(node: Any, schemas: Document) -> Iterator[str]:
    """Return the names of the schemas that a node refers to, directly or not."""
    if isinstance(node, dict):
        name = str(node.get("$ref", "")).removeprefix("#/components/schemas/")
        if name in schemas:
            yield name
            yield from used_schemas(schemas[name], schemas)
        for each in node.values():
            yield from used_schemas(each, schemas)
    elif isinstance(node, list):
        for each in node:
            yield from used_schemas(each, schemas)


def _tag(source: Source) -> Document:
    described = {"description": source["description"]} if "description" in source else {}
    return {"name": source["tag"], **described}


def _paths(shared: Source, capabilities: list[Source]) -> Document:
    found: Document = {}
    for source in capabilities:
        for path, methods in source.get("paths", {}).items():
            entry = found.setdefault(path, {})
            for method, each in methods.items():
                entry[method] = expansion.operation(each, source["tag"], shared)
            if names := re.findall(r"{(\w+)}", path):
                entry["parameters"] = [expansion.reference("parameters", name) for name in names]
    return found


def _merged(part: str, all_sources: list[Source], make: Any) -> Document:
    found: Document = {}
    for source in all_sources:
        for name, each in source.get(part, {}).items():
            if name in found:
                raise WrongSource(f"docs/contract has two {part} with the name {name}")
            found[name] = make(name, each)
    return found


def _without_links(node: Any, key: str = "") -> Any:
    """Return the document with plain texts instead of links to other pages and chapters."""
    if isinstance(node, dict):
        return {name: _without_links(each, name) for name, each in node.items()}
    if isinstance(node, list):
        return [_without_links(each) for each in node]
    return _LINK.sub(r"\1", node) if key == "description" and isinstance(node, str) else node
