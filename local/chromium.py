"""Chromium, in which tests and benchmarks look at the web client."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

# The first one is Chromium without the parts that only a window needs, and much faster.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


class ChromiumMissing(Exception):
    def __init__(self) -> None:
        super().__init__(
            "no Chromium on the path; on Debian: apt-get install chromium-headless-shell"
        )


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Run the machine's Chromium, with these arguments. Raises ChromiumMissing."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise ChromiumMissing
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()
