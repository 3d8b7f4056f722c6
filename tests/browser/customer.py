"""A user in front of the web client."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial

from playwright.sync_api import ConsoleMessage, Page, expect

from local.api_user import request
from local.emulator_clients import Outputs, client
from local.stack_probe import wait_for
from ops.stack import DeployedStack
from ops.user import UserPool

PASSWORD = "Correct-Horse-7-Battery"
NEW_PASSWORD = "Another-Horse-8-Battery"


def create_user(
    outputs: Outputs, name: str, *, temporary: bool = False, group: str | None = None
) -> None:
    """Create a user with PASSWORD, as an administrator."""
    pool = _user_pool(outputs)
    pool.create(name, PASSWORD, temporary=temporary, group=group, email=_email(name))


def sign_out_user(outputs: Outputs, name: str) -> None:
    """End all sessions of a user, as an administrator."""
    _user_pool(outputs).sign_out(name)


def disable_user(outputs: Outputs, name: str) -> None:
    """Disable a user, as an administrator."""
    _user_pool(outputs).disable(name)


def require_new_password(outputs: Outputs, name: str) -> None:
    """Let Cognito refuse the user's password, and mail a code, as an administrator."""
    cognito = client("cognito-idp", outputs)
    cognito.admin_reset_user_password(UserPoolId=outputs["UserPoolId"], Username=name)


def _user_pool(outputs: Outputs) -> UserPool:
    deployed = DeployedStack(outputs["Stack"], "", partial(client, outputs=outputs))
    return UserPool(deployed)


def _email(name: str) -> str:
    return f"{name}@example.com"


@dataclass
class Customer:
    """A user with one page of the browser.

    `console_errors` are the errors in the browser's console, `expected_errors` parts of those
    that a test causes on purpose. `stays` is whether the user stays signed in after a reload.
    """

    page: Page
    outputs: Outputs
    name: str
    stays: bool = True
    console_errors: list[str] = field(default_factory=list)
    expected_errors: list[str] = field(default_factory=list)

    @property
    def email(self) -> str:
        return _email(self.name)

    def expects_console_error(self, part: str) -> None:
        """Allow an error. The browser itself writes one for every failed request."""
        self.expected_errors.append(part)

    def record_console(self) -> None:
        """Record errors and uncaught exceptions from now on."""

        def record(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.console_errors.append(f"{message.text} ({message.location['url']})")

        self.page.on("console", record)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))

    def check_console(self) -> None:
        """Fail if there are errors that the test did not expect."""
        unexpected = [
            error
            for error in self.console_errors
            if not any(part in error for part in self.expected_errors)
        ]
        assert unexpected == [], f"unexpected errors in the console: {unexpected}"

    def is_created(self, *, temporary: bool = False, group: str | None = None) -> None:
        """An administrator creates the user with PASSWORD."""
        create_user(self.outputs, self.name, temporary=temporary, group=group)

    def visits(self) -> None:
        """Open the web client, which shows the sign-in page."""
        self.page.goto(self.outputs["GatewayUrl"])
        expect(self.page.get_by_role("heading", name="Sign in")).to_be_visible()

    def registers(self, email: str = "") -> None:
        """Create an account with PASSWORD, and see the page that asks for the code."""
        self.presses("Create an account")
        self.fills("Username", self.name)
        self.fills("Email address", email or self.email)
        self.fills("Password", PASSWORD)
        self.presses("Create account")
        self.sees("Confirm your email address")

    def signs_in(self, password: str = PASSWORD) -> None:
        self.fills("Username or email address", self.name)
        self.fills("Password", password)
        if not self.stays:
            self.page.get_by_label("Stay signed in").uncheck()
        self.presses("Sign in")

    def fills(self, label: str, text: str) -> None:
        inputs = self.page.locator("input, textarea")
        self.page.get_by_label(label).and_(inputs).first.fill(text)

    def orders(self, item: str) -> None:
        """Place an order in the sheet, which then shows the confirmation."""
        self.opens("orders/new")
        self.fills("Item", item)
        self.presses("Place order")

    def presses(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).first.click()

    def closes(self) -> None:
        """Close what is above the page, which is a step back in the history."""
        address = self.page.url
        expect(self.page.get_by_role("dialog")).to_be_visible()
        self.page.keyboard.press("Escape")
        expect(self.page).not_to_have_url(address)

    def opens(self, path: str) -> None:
        """Go to a page by its address."""
        self.page.evaluate("path => { location.hash = `#/${path}` }", path)

    def opens_account(self) -> None:
        """Go to the account page, and wait for what it requests.

        If a test then ends the session, no request is under way that would be refused.
        """
        self.opens("account")
        loaded = self.page.locator("section[aria-labelledby=authenticator] button")
        expect(loaded.first).to_be_visible()

    def sees(self, heading: str) -> None:
        """Wait for the page with this heading."""
        expect(self.page.get_by_role("heading", name=heading, exact=True, level=1)).to_be_visible()

    def sees_an_order(self) -> None:
        """Wait for the page of an order, whose heading is its number."""
        number = re.compile("^Order [0-9A-F]{8}$")
        expect(self.page.get_by_role("heading", name=number, level=1)).to_be_visible()

    def is_told(self, text: str) -> None:
        """Wait for an error message above a form."""
        expect(self.page.get_by_role("alert")).to_contain_text(text)

    def is_told_at(self, label: str, text: str) -> None:
        """Wait for an error message at a field, which has the focus."""
        field = self.page.get_by_label(label, exact=True)
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile(re.escape(text)))

    def is_live(self) -> None:
        """Wait for the live connection."""
        expect(self.page.locator(".connection.on")).to_be_visible()

    def mailed_code(self, after: int = 0) -> str:
        """The newest code that was mailed to the user, once there are more than `after`."""

        def mails() -> list[str] | None:
            url = self.outputs["GatewayUrl"] + "/_local/notifications.json"
            notifications = request("GET", url).body["notifications"]
            texts = [each["text"] for each in notifications if self.email in each["subject"]]
            return texts if len(texts) > after else None

        newest = wait_for(f"code number {after + 1} for {self.email}", mails)[0]
        code = re.search(r"\d{6}", newest)
        assert code is not None, f"expected a code of six digits, the mail says: {newest}"
        return code[0]
