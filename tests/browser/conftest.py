"""A real Chromium in front of the local stack."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from local.api_user import request
from local.emulator_clients import Outputs, client
from local.stack_probe import seen
from ops.stack import DeployedStack
from ops.user import UserPool

PASSWORD = "Correct-Horse-7-Battery"
NEW_PASSWORD = "Another-Horse-8-Battery"

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)

expect.set_options(timeout=20_000)  # ms; the first of everything starts a function


@dataclass
class Customer:
    """Somebody at the web client. `complaints` is what the browser's console shows as errors."""

    page: Page
    outputs: Outputs
    name: str
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"

    def expects(self, complaint: str) -> None:
        """The browser itself will write this to the console: it does for every refusal."""
        self.expected.append(complaint)

    def note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    @property
    def unexpected(self) -> list[str]:
        return [
            each for each in self.complaints if not any(known in each for known in self.expected)
        ]

    def make(self, *, temporary: bool = False) -> None:
        """Be made a user by an administrator, with PASSWORD."""
        deployed = DeployedStack(
            self.outputs["Stack"], "", lambda service: client(service, self.outputs["Endpoint"])
        )
        UserPool(deployed).create(self.name, PASSWORD, temporary=temporary, email=self.email)

    def arrive(self) -> None:
        """Open the client, which asks to sign in."""
        self.page.goto(self.outputs["GatewayUrl"])
        expect(self.page.get_by_role("heading", name="Sign in")).to_be_visible()

    def sign_in(self, password: str = PASSWORD) -> None:
        """Type name and password."""
        self.type("Name or email address", self.name)
        self.type("Password", password)
        self.press("Sign in")

    def type(self, label: str, text: str) -> None:
        self.page.get_by_label(label).first.fill(text)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def open(self, path: str) -> None:
        """Go to one of the pages."""
        self.page.evaluate("path => { location.hash = `#/${path}` }", path)

    def sees(self, heading: str) -> None:
        """Wait for the page of this heading."""
        expect(self.page.get_by_role("heading", name=heading, exact=True, level=1)).to_be_visible()

    def is_live(self) -> None:
        """Wait for the live connection."""
        expect(self.page.locator(".connection.on")).to_be_visible()

    def code(self, after: int = 0) -> str:
        """The newest code that was mailed to them, when there are more than `after`."""

        def mailed() -> list[str] | None:
            url = self.outputs["GatewayUrl"] + "/_local/notifications.json"
            listed = request("GET", url).body["notifications"]
            texts = [each["text"] for each in listed if self.email in each["subject"]]
            return texts if len(texts) > after else None

        found = re.search(r"\d{6}", seen("a code", mailed)[0])
        assert found is not None
        return found[0]


@pytest.fixture(scope="module")  # its event loop must not outlive the module's tests
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM)
        yield launched
        launched.close()


@pytest.fixture
def visitor(browser: Browser, outputs: Outputs) -> Iterator[Customer]:
    """Somebody whom nobody knows yet, at the door."""
    context = browser.new_context()
    page = context.new_page()
    visitor = Customer(page, outputs, f"visitor-{uuid.uuid4().hex[:12]}")
    page.on("console", visitor.note)
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    visitor.arrive()
    yield visitor
    context.close()
    assert visitor.unexpected == []


@pytest.fixture
def customer(visitor: Customer) -> Customer:
    """A user who is signed in, and hears what happens."""
    visitor.make()
    visitor.sign_in()
    visitor.sees("Orders")
    visitor.is_live()
    return visitor
