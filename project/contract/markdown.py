"""docs/api.md: the contract as a page for people."""

from __future__ import annotations

import re
from collections.abc import Iterator

from project.contract import sources
from project.contract.expansion import EVENTS, Document, events_table
from project.contract.openapi import METHODS, operations, resolved
from project.contract.sources import Source
from project.contract.words import cell, example, fields, name_of, rules, schema_link, text_of

_HEAD = """\
<!-- `make contract` writes this page from docs/contract. Change it there. -->

# API

Everything that a client needs to know. [openapi.yaml](openapi.yaml) says the same to programs, and
[asyncapi.yaml](asyncapi.yaml) describes the frames of the WebSocket. Long values of the examples
are shortened.
"""

_ROUTE = re.compile(r"(?<![\[\w])`((?:GET|POST|PUT|DELETE) (?:/[\w{}-]+)+)`(?!\])")


def page(document: Document) -> str:
    """Return the page. Its texts are those of the sources, which have links to other pages."""
    shared = sources.common()
    parts = [_HEAD]
    for title, text in shared["chapters"].items():
        parts.append(_linked(document, f"## {title}\n\n{text.strip()}\n"))
        if title == "Authorization":
            parts.append(_callers(document))
    parts += _schemas(document, shared)
    for source in sources.capabilities():
        intro = source.get("description", "").strip()
        parts.append(_linked(document, f"## {source['tag']}\n" + (f"\n{intro}\n" if intro else "")))
        for path, methods in source.get("paths", {}).items():
            for method in METHODS:
                if method in methods:
                    section = "\n".join(_section(document, method, path, methods[method]))
                    parts.append(_linked(document, section, but=f"{method.upper()} {path}"))
        parts += _schemas(document, source)
    return "\n".join(parts)


def _callers(document: Document) -> str:
    rows = [
        f"| [{method.upper()} {path}](#{_anchor(f'{method} {path}')}) | {operation['x-caller']} | "
        f"{operation['summary']} |"
        for method, path, operation in operations(document)
    ]
    head = (
        'The table says who may call each route. "Any user" is everybody with a valid ID token.\n\n'
        "| route | caller | purpose |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def _section(document: Document, method: str, path: str, source: Document) -> Iterator[str]:
    operation = document["paths"][path][method]
    text = source["description"].replace(EVENTS, events_table())
    yield f"### {method.upper()} {path}\n\n{text.strip()}\n"
    parameters = [*document["paths"][path].get("parameters", []), *operation.get("parameters", [])]
    if parameters:
        rows = [_parameter(document, resolved(document, each)) for each in parameters]
        yield "| parameter | in | value | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    if body := operation.get("requestBody"):
        content = body["content"]["application/json"]
        may = "" if body["required"] else ", which may be left out"
        yield f"Body{may}: {schema_link(name_of(content['schema']))}\n"
        yield example(content["example"])
    rows = [
        f"| {status} | {cell(answer['description'])}{_shape(operation['responses'][status])} |"
        for status, answer in source["responses"].items()
    ]
    yield "| status | meaning |\n|---|---|\n" + "\n".join(rows) + "\n"
    for status, answer in operation["responses"].items():
        if status < "300" and "content" in answer:
            yield f"{status}:\n"
            yield example(answer["content"]["application/json"]["example"])


def _parameter(document: Document, source: Document) -> str:
    value = rules(document, source["schema"], required=source.get("required", False))
    return f"| `{source['name']}` | {source['in']} | {value} | {text_of(source)} |"


def _shape(answer: Document) -> str:
    """Return a link to the schema of an answer, except for an error's."""
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    names = [name_of(each) for each in schema.get("anyOf", [schema]) if name_of(each)]
    links = " or ".join(schema_link(name) for name in names if name != "Error")
    return f" {links}" if links else ""


def _schemas(document: Document, source: Source) -> Iterator[str]:
    """Return what each schema of a source consists of."""
    for name in source.get("schemas", {}):
        schema = document["components"]["schemas"][name]
        text = source["schemas"][name].get("description", "")
        if "anyOf" in schema:
            text = " or ".join(schema_link(name_of(each)) for each in schema["anyOf"])
        heading = f"#### Schema {name}\n"
        yield _linked(document, f"{heading}\n{text}\n" if text else heading)
        if "properties" in schema:
            yield fields(document, schema)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _linked(document: Document, text: str, but: str = "") -> str:
    """Return a text with links in place of routes, but not in code blocks, nor to its own."""
    known = {f"{method.upper()} {path}" for method, path, _ in operations(document)} - {but}

    def linked(found: re.Match[str]) -> str:
        return f"[{found[1]}](#{_anchor(found[1])})" if found[1] in known else found[0]

    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else _ROUTE.sub(linked, part) for part in parts)
