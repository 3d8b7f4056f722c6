"""The web client's live connection, when it does not stay."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, WebSocketRoute, expect

from tests.browser.conftest import Customer

pytestmark = pytest.mark.xdist_group("stack")


def test_a_dropped_connection_comes_back_with_a_fresh_ticket(visitor: Customer) -> None:
    connections: list[WebSocketRoute] = []

    def listen(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        connections.append(socket)

    visitor.page.route_web_socket("**/*ticket=*", listen)
    visitor.make()
    visitor.sign_in()
    visitor.is_live()
    connections[0].close(code=1001)
    expect(visitor.page.locator(".connection")).to_contain_text("Reconnecting…")
    visitor.is_live()
    visitor.type("Item", "stapler")
    visitor.press("Place the order")

    expect(visitor.page.locator("[data-stage=notified].done")).to_be_visible()
    [first, second] = [each.url for each in connections]
    assert first != second


def test_while_no_connection_comes_about_the_pauses_grow(visitor: Customer) -> None:
    asked: list[Route] = []

    def refuse(route: Route) -> None:
        asked.append(route)
        route.abort()

    visitor.expects("net::ERR_FAILED")
    visitor.page.clock.install()
    visitor.page.route("**/live", refuse)
    visitor.make()
    visitor.sign_in()
    waiting = visitor.page.locator(".connection.waiting")
    for _ in range(4):
        expect(waiting).to_be_visible()
        with visitor.page.expect_request("**/live"):
            visitor.page.clock.run_for(30_000)
    expect(waiting).to_be_visible()
    tries = len(asked)
    visitor.page.clock.run_for(3_000)  # the first pause was 1 s at most, this one is 8 at least

    assert len(asked) == tries
