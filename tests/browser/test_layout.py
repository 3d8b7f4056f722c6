"""No page is wider than the window, and the focus is always visible, whatever the settings are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.customer import PASSWORD
from tests.browser.scripted import Scripted
from tests.browser.views import AXE, RUN_AXE, Scheme
from tests.harness import long_content

# What WCAG 2.2 asks for in success criterion 1.4.12.
TEXT_SPACING = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important; } p { margin-bottom: 2em !important; }"""

# What sticks out of the window, or has room for a letter per line. A pixel may be rounding.
TOO_WIDE = """
() => {
  const root = document.documentElement;
  const excess = root.scrollWidth - root.clientWidth;
  const found = excess > 0 ? [`the page, by ${excess}`] : [];
  for (const each of document.querySelectorAll("main *, header *, dialog[open] *")) {
    const isCut = each.parentElement.closest(".truncated, .caption"); // with an ellipsis
    const isHidden = each.closest(".visually-hidden, .skip, svg") || !each.checkVisibility();
    if (isCut || isHidden) continue;
    const { left, right, width, height } = each.getBoundingClientRect();
    const isOutside = width && (right > root.clientWidth + 1 || left < -1);
    const isSqueezed = !each.childElementCount && width && width < 40 && height > 4 * width;
    if (isOutside || isSqueezed) found.push(each.outerHTML.slice(0, 90));
  }
  return found.slice(0, 3);
}
"""

# What has the focus and is outside the window, or below something else.
FOCUSED_BUT_HIDDEN = """
() => {
  const place = document.querySelector("dialog[open]") ?? document;
  const focusable = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const isShown = (each) => each.checkVisibility() && !each.closest(".visually-hidden");
  return [...place.querySelectorAll(focusable)].filter(isShown).filter((each) => {
    each.focus();
    const { left, right, top, bottom } = (each.closest("label") ?? each).getBoundingClientRect();
    const x = (Math.max(left, 0) + Math.min(right, innerWidth)) / 2;
    const y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
    const hit = document.elementFromPoint(x, y);
    const label = each.closest("label");
    return !hit || !(each.contains(hit) || hit.contains(each) || label?.contains(hit));
  }).map((each) => each.outerHTML.slice(0, 90)).slice(0, 3);
}
"""


SCHEMES: tuple[Scheme, ...] = ("light", "dark")

SERIOUS = """
.then(({ violations }) => violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id} at ${target}`)))
"""


@contextmanager
def styled(page: Page, style: str) -> Iterator[None]:
    """Add a style sheet, as users and extensions of browsers do."""
    page.evaluate(
        """style => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(style);
          document.adoptedStyleSheets = [sheet];
        }""",
        style,
    )
    yield
    page.evaluate("document.adoptedStyleSheets = []")


@contextmanager
def sized(page: Page, width: int, height: int) -> Iterator[None]:
    page.set_viewport_size({"width": width, "height": height})
    yield
    page.set_viewport_size({"width": 1280, "height": 800})


@contextmanager
def large_text(page: Page) -> Iterator[None]:
    """Text of twice the size, as a setting of the browser."""
    session = page.context.new_cdp_session(page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    yield
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 16, "fixed": 13}})


@contextmanager
def forced_colours(page: Page) -> Iterator[None]:
    page.emulate_media(forced_colors="active")
    yield
    page.emulate_media(forced_colors="none")


@contextmanager
def printed(page: Page) -> Iterator[None]:
    page.emulate_media(media="print")
    with sized(page, 700, 1000):
        yield
    page.emulate_media(media="screen")


type Setting = Callable[[Page], object]

SETTINGS = {
    "desktop": lambda page: sized(page, 1280, 800),
    "phone": lambda page: sized(page, 360, 740),
    "landscape phone": lambda page: sized(page, 740, 360),
    "zoom of 200 %": lambda page: sized(page, 640, 400),
    "zoom of 400 %": lambda page: sized(page, 320, 256),
    "text spacing": lambda page: styled(page, TEXT_SPACING),
    "text of 200 %": large_text,
    "forced colours": forced_colours,
    "print": printed,
}


def every_page(scripted: Scripted, look: Callable[[str], None]) -> None:
    """Call `look` with the name of each page that is open, with long content."""
    customer, page = scripted.customer, scripted.customer.page
    long_content.fill(scripted.api)
    customer.visits()
    look("sign-in")
    customer.presses("Create an account")
    look("registration")
    customer.presses("Back to sign in")
    customer.signs_in()
    customer.sees("Desk")
    expect(page.get_by_role("checkbox").last).to_be_visible()
    look("desk")
    page.get_by_role("checkbox").first.check()
    look("desk with a selection")
    page.get_by_role("button", name="Cancel").first.click()
    look("question")
    page.keyboard.press("Escape")
    for path, marker in {
        "desk/numbers": "figure",
        f"desk/{long_content.order(0)['orderID']}": ".history",
        "orders": "main li",
        "orders/new": ".product",
        f"orders/{long_content.order(0)['orderID']}": ".history",
        "pictures": ".tile",
        "groups": "main .card-link",
        f"groups/{long_content.group(0)['groupID']}": ".tile",
        "messages": ".conversation",
        f"messages/{long_content.OTHER}": ".bubbles li",
        "search/gloves": ".result",
        "notifications": "pre",
        "account": "#deletion",
    }.items():
        customer.opens(path)
        expect(page.locator(marker).last).to_be_attached()
        look(path.split("/")[0] + ("/…" if "/" in path else ""))
    customer.opens("account")
    customer.fills("New email address", f"{long_content.NAME}@example.com")
    customer.fills("Password to change the address", PASSWORD)
    customer.presses("Change email address")
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    look("account with a new address")
    customer.opens("pictures")
    page.locator(".tile a").first.click()
    page.get_by_text("All details").click()
    expect(page.get_by_role("table").first).to_be_visible()
    look("viewer")


@pytest.mark.timeout(300)
def test_every_page_fits_with_long_content_in_every_setting(scripted: Scripted) -> None:
    """fault 104"""
    page = scripted.customer.page
    found: list[str] = []

    def look(name: str) -> None:
        for setting, context in SETTINGS.items():
            with context(page):
                place = f"{name}, {setting}"
                found.extend(f"{place}: too wide: {each}" for each in page.evaluate(TOO_WIDE))
                if setting != "print":
                    hidden = page.evaluate(FOCUSED_BUT_HIDDEN)
                    found.extend(f"{place}: hidden focus: {each}" for each in hidden)

    every_page(scripted, look)

    assert not found, "\n".join(found)


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_axe_finds_nothing_in_any_setting(scripted: Scripted) -> None:
    page = scripted.customer.page
    found: list[str] = []

    def look(name: str) -> None:
        page.evaluate(AXE)
        for setting, context in SETTINGS.items():
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                with context(page):
                    violations = page.evaluate(RUN_AXE + SERIOUS)
                found.extend(f"{name}, {setting}, {scheme}: {each}" for each in violations)

    every_page(scripted, look)

    assert not found, "\n".join(found)
