"""The web client's live connection, when it is interrupted."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.customer import Customer

pytestmark = pytest.mark.xdist_group("browser")


def stop_time(page: Page) -> None:
    """Let an installed clock go on only when a test says so. It jumps a few seconds before."""
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 5)


def test_a_dropped_connection_is_replaced_with_a_new_ticket(visitor: Customer) -> None:
    connections: list[WebSocketRoute] = []

    def record(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        connections.append(socket)

    visitor.page.route_web_socket("**/*ticket=*", record)
    visitor.is_created()
    visitor.signs_in()
    visitor.is_live()

    connections[0].close(code=1001)

    expect(visitor.page.locator(".connection")).to_contain_text("Reconnecting…")
    visitor.is_live()
    visitor.orders("stapler")
    expect(visitor.page.locator("[data-stage=notified].done")).to_be_visible()
    first, *others = [each.url for each in connections]
    assert len(others) == 1, f"expected two connections, got {len(connections)}"
    assert first not in others, "the second connection used the ticket of the first"


def test_the_pauses_between_attempts_grow(visitor: Customer) -> None:
    attempts: list[Route] = []

    def refuse(route: Route) -> None:
        if not attempts:
            stop_time(visitor.page)
        attempts.append(route)
        route.abort()

    visitor.expects_console_error("net::ERR_FAILED")
    visitor.page.clock.install()
    visitor.page.route("**/live", refuse)
    visitor.is_created()
    visitor.signs_in()
    waiting = visitor.page.locator(".connection.waiting")
    for _ in range(4):
        expect(waiting).to_be_visible()
        with visitor.page.expect_request("**/live"):
            visitor.page.clock.run_for(30_000)
    expect(waiting).to_be_visible()
    before = len(attempts)

    visitor.page.clock.run_for(7_999)  # the first pause was at most 1 s, this one is at least 8 s

    assert len(attempts) == before


def test_a_user_with_too_many_connections_waits_as_long_as_the_api_says(visitor: Customer) -> None:
    """fault 73"""
    attempts: list[Route] = []

    def refuse(route: Route) -> None:
        if not attempts:
            stop_time(visitor.page)
        attempts.append(route)
        route.fulfill(status=429, json={"message": "too many"}, headers={"Retry-After": "600"})

    visitor.expects_console_error("status of 429")
    visitor.page.clock.install()
    visitor.page.route("**/live", refuse)
    visitor.is_created()
    visitor.signs_in()
    expect(visitor.page.locator(".connection.waiting")).to_be_visible()

    visitor.page.clock.run_for(600_000)

    assert len(attempts) == 1
    with visitor.page.expect_request("**/live"):
        visitor.page.clock.run_for(1_000)
