"""The gateway: requests without a token, whatever they contain, get a 4xx in the error format."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from local.gateway.api import MAX_BODY_BYTES, MAX_HEADER_BYTES
from local.gateway.definition import ApiDefinition
from tests.harness.edge import Edge, Reply, stack

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Without the time, which would make the name of a test differ from worker to worker.
gzipped = partial(gzip.compress, mtime=0)

ORDER = b'{"item": "tea"}'
PATHS = sorted({each.resource for each in ApiDefinition.of(stack()).operations})
CLOSE = "Host: localhost\r\nConnection: close\r\n"
NO_TOKEN: dict[str, str | None] = {"Authorization": None}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def edge() -> AsyncIterator[Edge]:
    async with Edge(ThrottlingBurst="100000") as edge:
        yield edge


def is_refused(reply: Reply, status: int) -> None:
    """Check that a response is this error, in the format of all errors, with CORS headers."""
    assert reply.status == status, reply.text
    assert reply.json.keys() == {"message", "details"}
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", PATHS)
async def test_a_preflight_with_a_body_that_is_not_json_is_refused(edge: Edge, path: str) -> None:
    """fault 64"""
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "a/b; c=d", "x"):
        headers = NO_TOKEN | {"Content-Type": content_type}
        is_refused(await edge.call("OPTIONS", path, b"hello", headers), 415)


@pytest.mark.parametrize("body", [b"{}", b"{", b"\xff", b'{"statusCode": 500}', b"[" * 100_000])
async def test_a_preflight_with_a_json_body_ignores_the_body(edge: Edge, body: bytes) -> None:
    """fault 64"""
    reply = await edge.call("OPTIONS", "/users", body, NO_TOKEN)

    assert (reply.status, reply.text) == (204, "")


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "HEAD", "PROPFIND"])
@pytest.mark.parametrize("size", [MAX_HEADER_BYTES, 60_000, 70_000, 200_000])
async def test_a_header_that_is_too_large_is_refused(edge: Edge, method: str, size: int) -> None:
    """fault 64"""
    reply = await edge.send(
        f"{method} /users HTTP/1.1\r\n{CLOSE}Cookie: {'x' * size}\r\n\r\n".encode()
    )

    if method == "HEAD":
        assert reply.status == 431
    else:
        is_refused(reply, 431)


async def test_many_headers_that_are_too_large_together_are_refused(edge: Edge) -> None:
    """fault 64"""
    headers = NO_TOKEN | {f"X-{number}": "x" * 1000 for number in range(11)}

    is_refused(await edge.call("OPTIONS", "/users", None, headers), 431)


async def test_more_headers_than_a_server_reads_are_refused(edge: Edge) -> None:
    """fault 64"""
    lines = "".join(f"X-{number}: x\r\n" for number in range(1000))

    is_refused(await edge.send(f"GET /orders HTTP/1.1\r\n{lines}\r\n".encode()), 400)


@pytest.mark.parametrize("size", [10_240, 65_000, 100_000])
@pytest.mark.parametrize("place", ["/", "/orders/", "/search?q=", "/?"])
async def test_an_address_that_is_too_long_is_refused(edge: Edge, place: str, size: int) -> None:
    """fault 64"""
    target = f"/users{place}{'x' * size}"

    is_refused(await edge.send(f"GET {target} HTTP/1.1\r\n{CLOSE}\r\n".encode()), 431)


async def test_headers_of_exactly_the_limit_are_accepted(edge: Edge) -> None:
    head = b"OPTIONS /users HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-A: "
    size = len("OPTIONS /users HTTP/1.1") + len("localhost") + len("close")

    accepted = await edge.send(head + b"x" * (MAX_HEADER_BYTES - size) + b"\r\n\r\n")

    assert accepted.status == 204


@pytest.mark.parametrize("path", ["/orders", "/users", "/users/login"])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"garbage"),
        ("gzip", gzipped(ORDER)[:-12]),
        ("gzip", gzipped(ORDER)[:12] + b"\0" * 30),
        ("deflate", b"\xff\xff\xff"),
        ("br", ORDER),
        ("zstd", ORDER),
        ("compress", ORDER),
        ("gzip, gzip", gzipped(gzipped(ORDER))),
        ("x", ORDER),
    ],
)
async def test_a_body_that_cannot_be_decompressed_is_refused(
    edge: Edge, path: str, coding: str, body: bytes
) -> None:
    """fault 64. API Gateway guide, "Call an API method with a compressed payload"."""
    is_refused(await edge.call("POST", path, body, {"Content-Encoding": coding}), 415)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzipped(ORDER)),
        ("GZIP", gzipped(ORDER)),
        ("deflate", zlib.compress(ORDER)),
        ("identity", ORDER),
        ("", ORDER),
    ],
)
async def test_a_compressed_order_is_queued_as_it_was(edge: Edge, coding: str, body: bytes) -> None:
    """API Gateway decompresses it before it applies the mapping template (guide, as above)."""
    edge.backend.forms.clear()

    reply = await edge.call("POST", "/orders", body, {"Content-Encoding": coding})

    assert reply.status == 202
    [message] = edge.backend.queued
    assert message["MessageBody"].encode() == ORDER


async def test_a_small_body_that_becomes_too_large_is_refused(edge: Edge) -> None:
    """fault 6, fault 64"""
    body = gzipped(b" " * (MAX_BODY_BYTES + 1))

    is_refused(await edge.call("POST", "/orders", body, {"Content-Encoding": "gzip"}), 413)


POST = b"POST /users/login HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        POST + b"Content-Length: x\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: 1e3\r\n\r\n",
        POST + b"Content-Length: 99999999999999999999999\r\n\r\n",
        POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: gzip\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabcdef\r\n0\r\n\r\n",
        POST + b"A header without a colon\r\n\r\n",
        POST + b"X-A: a\0b\r\n\r\n",
        POST + b"X A: a\r\n\r\n",
        POST + b": a\r\n\r\n",
        b"GET http://[::1/users HTTP/1.1\r\n\r\n",
        b"GET /users HTTP/9.9\r\n\r\n",
        b"GET /us\0ers HTTP/1.1\r\n\r\n",
        b"GET / users HTTP/1.1\r\n\r\n",
        b"G\xffT /users HTTP/1.1\r\n\r\n",
        b"GET\r\n\r\n",
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0" * 100,
    ],
    ids=lambda each: ascii(each)[-40:],
)
async def test_what_is_not_http_is_refused(edge: Edge, request_: bytes) -> None:
    """fault 64"""
    is_refused(await edge.send(request_), 400)


async def test_an_unknown_expectation_is_refused(edge: Edge) -> None:
    """fault 64"""
    is_refused(await edge.send(POST + b"Expect: 200-ok\r\nConnection: close\r\n\r\n"), 417)


async def test_a_client_that_asks_first_may_send_its_body(edge: Edge) -> None:
    reply = await edge.send(
        POST + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"
    )

    assert reply.status == 100
    assert reply.text.startswith("HTTP/1.1 200 OK")


async def test_a_body_that_is_cut_off_harms_no_other_request(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    """fault 64"""
    for cut in (b"Content-Length: 100\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"):
        await edge.hang_up(POST + cut)

    assert (await edge.call("OPTIONS", "/users", None, NO_TOKEN)).status == 204
    assert "Traceback" not in caplog.text
