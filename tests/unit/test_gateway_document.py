"""The stack publishes its own OpenAPI document, without a function and without a token."""

from __future__ import annotations

import json

import pytest

from project.contract.check import committed_document
from tests.harness.edge import Edge

pytestmark = pytest.mark.asyncio


async def test_anybody_can_read_the_document() -> None:
    async with Edge() as edge:
        reply = await edge.call("GET", "/openapi.json", headers={"Authorization": None})

    assert reply.status == 200
    assert json.loads(reply.text) == committed_document() | {"servers": [{"url": "."}]}
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert edge.backend.events == []


async def test_its_answer_to_another_content_type_is_documented() -> None:
    async with Edge() as edge:
        reply = await edge.call("GET", "/openapi.json", headers={"Content-Type": "text/plain"})

    assert reply.status == 415
