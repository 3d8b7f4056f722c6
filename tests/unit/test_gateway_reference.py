"""The gateway's page of the API: a form per route, and nothing that other pages can use."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
import pytest_asyncio

from project.contract.check import committed_document
from project.contract.openapi import operations
from tests.harness.edge import Edge, Reply

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def page() -> AsyncIterator[Reply]:
    async with Edge() as edge:
        yield await edge.call("GET", "/_local/api")


async def test_every_route_has_a_form(page: Reply) -> None:
    expected = {(method.upper(), path) for method, path, _ in operations(committed_document())}

    assert page.status == 200
    forms = re.findall(r'<h3 id="[^"]*" data-method="(\w+)" data-path="([^"]*)"', page.text)
    assert {(method, unescape(path)) for method, path in forms} == expected


async def test_only_the_script_of_the_gateway_runs(page: Reply) -> None:
    policy = page.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    scripts = re.findall(r"<script[^>]*>", page.text)
    assert scripts == ['<script type="module" src="/_local/reference.js">']


async def test_every_link_leads_to_a_heading_of_the_page(page: Reply) -> None:
    ids = set(re.findall(r'id="([^"]+)"', page.text))

    assert set(re.findall(r'href="([^"]+)"', page.text)) <= {f"#{each}" for each in ids}


@pytest.mark.parametrize("path", ["/_local/api", "/_local/reference.js"])
@pytest.mark.parametrize(
    "headers",
    [{"Host": "shop.example"}, {"Origin": "https://shop.example"}],
    ids=["Host", "Origin"],
)
async def test_pages_of_others_get_neither_page_nor_script(
    path: str, headers: dict[str, str | None]
) -> None:
    async with Edge() as edge:
        reply = await edge.call("GET", path, headers=headers)

    assert reply.status == 403
