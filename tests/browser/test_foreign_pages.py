"""What a page of somebody else can do to the local stack, in the browser of its developer."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from local.api_user import ApiUser
from local.emulator_clients import Outputs, client
from tests.harness.chromium import chromium

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("has the servers of a local stack"),
]

# A page can send these without a preflight. Each returns whether it could read the response.
SEND = """async ({url, method, body, type, mode}) => {
    const options = {method, mode, body: body ?? undefined};
    if (type) options.headers = {"Content-Type": type};
    try {
        const response = await fetch(url, options);
        return {type: response.type, status: response.status, text: await response.text()};
    } catch (error) {
        return {type: "error", status: 0, text: ""};
    }
}"""

IMAGE = """url => new Promise(done => {
    const image = new Image();
    image.onload = () => done("shown");
    image.onerror = () => done("refused");
    image.src = url;
})"""

SOCKET = """url => new Promise(done => {
    const socket = new WebSocket(url);
    socket.onopen = () => done("opened");
    socket.onerror = () => done("refused");
})"""

FORM = """({url, fields}) => {
    const form = document.createElement("form");
    Object.assign(form, {method: "POST", action: url, target: "result"});
    const frame = document.createElement("iframe");
    frame.name = "result";
    for (const [name, value] of Object.entries(fields)) {
        const input = document.createElement("input");
        Object.assign(input, {name, value, type: "hidden"});
        form.append(input);
    }
    document.body.append(frame, form);
    form.submit();
}"""


class _Blank(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>foreign</title><body></body>")

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def website() -> Iterator[int]:
    """Serve a blank page on another port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for which evil.example leads to this machine, as after DNS rebinding."""
    with chromium("--host-resolver-rules=MAP evil.example 127.0.0.1") as browser:
        yield browser


@pytest.fixture(params=["evil.example", "127.0.0.1", "localhost"])
def foreign(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page on another site, and on another port of each own name."""
    with website() as port:
        page = browser.new_context().new_page()
        page.goto(f"http://{request.param}:{port}/")
        yield page
        page.context.close()


@pytest.fixture
def requests(outputs: Outputs) -> list[dict[str, Any]]:
    """Requests that do something, or show something, without any credentials."""
    name = f"victim-{uuid.uuid4().hex[:8]}"
    register = f'{{"username": "{name}", "password": "Correct-Horse-7", "email": "a@b.example"}}'
    sign_up = f'{{"ClientId": "{outputs["UserPoolClientId"]}", "Username": "{name}"}}'
    gateway, emulator = outputs["GatewayUrl"], outputs["Endpoint"]
    found = [
        {"url": f"{gateway}/users", "method": "POST", "body": register, "type": "text/plain"},
        {"url": f"{gateway}/_local/notifications.json", "method": "GET"},
        {"url": f"{gateway}/config.json", "method": "GET"},
        {"url": f"{emulator}/_ministack/reset", "method": "POST"},
        {"url": f"{emulator}/_ministack/ses/messages", "method": "GET"},
        {"url": f"{emulator}/?Action=ListQueues", "method": "GET"},
        {"url": emulator, "method": "POST", "body": "Action=ListUsers&Version=2010-05-08"},
        {"url": emulator, "method": "POST", "body": sign_up, "type": "text/plain"},
    ]
    if search := outputs.get("OpenSearchUrl"):
        found += [
            {"url": f"{search}/_cat/indices", "method": "GET"},
            {"url": f"{search}/_all/_close", "method": "POST"},
        ]
    return found


def state(outputs: Outputs) -> tuple[int, int]:
    """Return how many users and how many queues there are."""
    pool = client("cognito-idp", outputs).describe_user_pool(UserPoolId=outputs["UserPoolId"])
    queues = client("sqs", outputs).list_queues()["QueueUrls"]
    return pool["UserPool"]["EstimatedNumberOfUsers"], len(queues)


def test_scripts_read_nothing_and_change_nothing(
    foreign: Page, outputs: Outputs, requests: list[dict[str, Any]]
) -> None:
    """fault 66"""
    before = state(outputs)

    for each in requests:
        read = foreign.evaluate(SEND, {**each, "mode": "cors"})
        blind = foreign.evaluate(SEND, {**each, "mode": "no-cors"})
        assert read["type"] == "error", (each, read)
        assert blind["text"] == "", (each, blind)

    assert state(outputs) == before


def test_the_servers_refuse_what_scripts_send_without_reading(
    foreign: Page, requests: list[dict[str, Any]]
) -> None:
    """fault 66"""
    statuses = {}
    foreign.on("response", lambda answer: statuses.update({answer.url: answer.status}))

    for each in requests:
        foreign.evaluate(SEND, {**each, "mode": "no-cors"})

    assert set(statuses.values()) == {403}, statuses
    assert len(statuses) >= len({each["url"] for each in requests}) - 1


def test_forms_are_refused(foreign: Page, outputs: Outputs) -> None:
    """fault 66"""
    before = state(outputs)
    fields = {"Action": "CreateQueue", "QueueName": "planted", "Version": "2012-11-05"}

    for url in (outputs["Endpoint"] + "/", outputs["GatewayUrl"] + "/users/login"):
        with foreign.expect_response(url) as answer:
            foreign.evaluate(FORM, {"url": url, "fields": fields})
        assert answer.value.status == 403

    assert state(outputs) == before


def test_images_are_refused(foreign: Page, outputs: Outputs) -> None:
    """fault 66"""
    icon = outputs["GatewayUrl"] + "/icon.svg"

    seen = foreign.evaluate(IMAGE, icon)
    foreign.goto(outputs["GatewayUrl"])

    assert (seen, foreign.evaluate(IMAGE, icon)) == ("refused", "shown")


def test_a_websocket_is_refused_even_with_a_ticket(
    foreign: Page, outputs: Outputs, api_user: ApiUser
) -> None:
    """fault 66"""
    url = api_user.request("POST", "/live").body["url"]

    assert foreign.evaluate(SOCKET, url) == "refused"


@pytest.mark.parametrize("server", ["GatewayUrl", "Endpoint", "OpenSearchUrl"])
def test_a_rebound_host_name_shows_no_server(
    browser: Browser, outputs: Outputs, server: str
) -> None:
    """fault 66: the page has the same origin as the server, so it could read everything."""
    if server not in outputs:
        pytest.skip("the stack runs without search")
    page = browser.new_context().new_page()

    answer = page.goto(f"http://evil.example:{urlsplit(outputs[server]).port}/")

    assert answer is not None
    assert answer.status == 403
    page.context.close()


def test_the_stacks_own_page_works_by_each_of_its_names(browser: Browser, outputs: Outputs) -> None:
    for name in ("127.0.0.1", "localhost"):
        page = browser.new_context().new_page()
        page.goto(f"http://{name}:{urlsplit(outputs['GatewayUrl']).port}/")
        config = {"url": "/config.json", "method": "GET", "mode": "cors"}
        assert page.evaluate(SEND, config)["status"] == 200
        page.context.close()
