"""The page of the API: docs/api.md, with a form per route that sends a request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from aiohttp import web
from markdown_it import MarkdownIt
from markdown_it.token import Token

from local.gateway import html
from project.contract.check import committed_document
from project.contract.openapi import operations, resolved
from project.template import ROOT

PAGE, SCRIPT = "/_local/api", "/_local/reference.js"

_ROUTE = re.compile(r"(GET|POST|PUT|DELETE) (/\S*)")

# The script of this page runs, and calls this gateway only. Nothing else is loaded.
_HEADERS = html.SECURITY_HEADERS | {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
}


async def show(_: web.Request) -> web.Response:
    """Answer with the page."""
    page = html.page("API", _sign_in() + _rendered(), script=SCRIPT)
    return web.Response(text=page, content_type="text/html", headers=_HEADERS)


async def show_script(_: web.Request) -> web.FileResponse:
    """Answer with the script, which makes a form of each route."""
    return web.FileResponse(Path(__file__).with_suffix(".js"), headers=_HEADERS)


def _sign_in() -> str:
    return (
        '<form id="sign-in"><p>Sign in to try the routes. <code>make user NAME=ann</code> creates '
        "a user and prints the password.</p>"
        '<input name="username" aria-label="user name" placeholder="user name" required> '
        '<input name="password" aria-label="password" placeholder="password" type="password" '
        'required> <button>Sign in</button> <output role="status"></output></form>'
    )


def _rendered() -> str:
    """Return docs/api.md as HTML. What is HTML there is escaped, and other pages have no link."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    _, _, text = (ROOT / "docs" / "api.md").read_text().partition("# API\n")
    tokens = markdown.parse(text)
    routes = _routes()
    for heading, content in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", _anchor(content.content))
            for name, value in routes.get(content.content, {}).items():
                heading.attrSet(f"data-{name}", value)
    _unlink(tokens)
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def _routes() -> dict[str, dict[str, str]]:
    """Return what the form of each route needs, by its heading."""
    document = committed_document()
    found = {}
    for method, path, operation in operations(document):
        shared = document["paths"][path].get("parameters", [])
        given = [resolved(document, each) for each in [*shared, *operation.get("parameters", [])]]
        content = operation.get("requestBody", {}).get("content", {})
        examples = [each["example"] for each in content.values()]
        tokens = [name for each in operation["security"] for name in each]
        found[f"{method.upper()} {path}"] = {
            "method": method.upper(),
            "path": path,
            "token": "".join(tokens),
            "parameters": json.dumps([[each["in"], each["name"]] for each in given]),
            "body": "".join(json.dumps(each, indent=2, ensure_ascii=False) for each in examples),
        }
    return found


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _unlink(tokens: Iterable[Token]) -> None:
    """Turn links to files of the repository, which the gateway does not serve, into plain text."""
    for token in tokens:
        for each in token.children or []:
            if each.type == "link_open" and not _is_local(each.attrs):
                each.attrs = {"title": escape(str(each.attrs["href"]))}


def _is_local(attributes: dict[str, Any]) -> bool:
    return str(attributes["href"]).startswith("#")
