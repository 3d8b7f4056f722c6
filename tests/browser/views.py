"""Pages in light and dark, on a desktop and a phone, checked by axe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from local.stack_probe import wait_for
from project.template import ROOT

type Scheme = Literal["light", "dark"]
type Size = Literal["desktop", "tablet", "phone"]

SCREENSHOTS = ROOT / ".local" / "screenshots"
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
# All rules, also the one of WCAG 2.2 AA that axe leaves out unless it is asked for. For that one, a
# field that is still below the button at the end of a sheet would be too small.
RUN_AXE = """
document.querySelector("dialog[open]")?.scrollTo(0, 10_000);
axe.run({ rules: { "target-size": { enabled: true } } })
"""
SIZES: dict[Size, ViewportSize] = {
    "desktop": ViewportSize(width=1280, height=800),
    "tablet": ViewportSize(width=820, height=1180),
    "phone": ViewportSize(width=390, height=844),
}

# Each scheme and each size is among those that `make test` runs; the rest is for the night.
every_view = pytest.mark.parametrize(
    ("scheme", "size"),
    [
        pytest.param("light", "desktop"),
        pytest.param("dark", "phone"),
        pytest.param("dark", "desktop", marks=pytest.mark.nightly),
        pytest.param("light", "phone", marks=pytest.mark.nightly),
    ],
)


@dataclass
class View:
    """One page of the browser in one colour scheme and size, and what is wrong with it."""

    page: Page
    scheme: Scheme
    size: Size
    problems: list[str] = field(default_factory=list)

    def check(self, name: str) -> None:
        """Take a screenshot, and note serious findings of axe and horizontal scrolling."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        # Not wait_for_function, because the content security policy forbids its polling.
        loaded = "[...document.images].every(image => image.complete)"
        wait_for("all images", lambda: self.page.evaluate(loaded))
        self.page.screenshot(path=SCREENSHOTS / f"{name}-{self.scheme}-{self.size}.png")
        self.page.evaluate(AXE)
        violations: list[dict[str, Any]] = self.page.evaluate(
            RUN_AXE + ".then(results => results.violations)"
        )
        self.problems += [
            f"{name}: {violation['id']} at {node['target']}: {violation['help']}"
            for violation in violations
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.problems.append(f"{name}: wider than the window")


@contextmanager
def open_view(browser: Browser, scheme: Scheme, size: Size) -> Iterator[View]:
    """A new page that looks like this."""
    context = browser.new_context(
        color_scheme=scheme, viewport=SIZES[size], reduced_motion="reduce"
    )
    yield View(context.new_page(), scheme, size)
    context.close()
