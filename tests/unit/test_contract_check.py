"""What of an exchange the API's document does not describe is found, and named without values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.gateway.contract import LOG, VARIABLE
from project.contract.check import Contract, Exchange
from tests.harness.contract import contract
from tests.harness.edge import Edge

ORDER = {
    "orderID": "39665545-81aa-47d2-88a4-c26e9060e6a4",
    "order": {"item": "gloves"},
    "placedBy": "ann",
    "placedAt": "2026-11-25T22:37:33.818Z",
    "state": "placed",
    "version": 1,
}
SHOW = ("GET", "/orders/{orderID}")


@pytest.fixture
def known() -> Contract:
    return contract()


def test_a_documented_answer_has_no_problems(known: Contract) -> None:
    assert known.problems(Exchange(*SHOW, 200, json.dumps(ORDER))) == []


@pytest.mark.parametrize(
    ("exchange", "problem"),
    [
        (Exchange("GET", "/secret", 200, "{}"), "the route is not documented"),
        (Exchange(*SHOW, 418, "{}"), "the status is not documented"),
        (Exchange(*SHOW, 200, json.dumps(ORDER | {"price": 1})), "'price' was unexpected"),
        (Exchange(*SHOW, 200, json.dumps({**ORDER, "order": {"item": ""}})), "minLength 1"),
        (Exchange(*SHOW, 200, json.dumps(ORDER), {"X-Total": "1"}), "the header x-total"),
        (Exchange(*SHOW, 200, "<html>"), "the body is not JSON"),
        (Exchange(*SHOW, 404, '{"message": "no"}'), "'details' is a required property"),
        (Exchange(*SHOW, 429, '{"message": "", "details": []}', {}), "retry-after is missing"),
        (Exchange("DELETE", "/images/{imageID}", 204, "{}"), "it has a body"),
        (Exchange("GET", "/nowhere", 404, "no such page"), "the body is not JSON"),
        (
            Exchange("POST", "/orders", 202, json.dumps({"orderID": ORDER["orderID"]}), None, "{}"),
            "the request: the body: 'item' is a required property",
        ),
    ],
)
def test_what_is_not_documented_is_found(known: Contract, exchange: Exchange, problem: str) -> None:
    [found] = known.problems(exchange)

    assert problem in found


def test_problems_quote_no_values(known: Contract) -> None:
    body = json.dumps({**ORDER, "placedAt": 5, "orderID": "s3cret", "placedBy": ["s3cret"]})

    found = known.problems(Exchange(*SHOW, 200, body))

    assert len(found) == 3
    assert "s3cret" not in " ".join(found)


@pytest.mark.asyncio
async def test_the_gateway_writes_down_what_is_not_documented(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    async with Edge(directory=tmp_path) as edge:
        edge.backend.function_response = {"statusCode": 200, "body": '{"orders": [], "total": 1}'}

        reply = await edge.call("GET", "/orders?limit=1")

    assert reply.status == 200
    missing, unknown = sorted((tmp_path / LOG).read_text().splitlines(), key=len)
    assert "'next' is a required property" in missing
    assert "'total' was unexpected" in unknown


@pytest.mark.asyncio
async def test_the_gateway_checks_nothing_unless_it_is_asked_to(
    tmp_path: Path,
) -> None:
    async with Edge(directory=tmp_path) as edge:
        await edge.call("GET", "/orders")

    assert list(tmp_path.iterdir()) == []
