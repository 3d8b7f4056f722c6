"""Chromium, in which tests look at the web client and at pictures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

# The first one is Chromium without the parts that only a window needs, and much faster.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Run the machine's Chromium, with these arguments.

    Without one, the test is skipped. In CI, it must be available.
    """
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        missing = "no Chromium on the path; on Debian: apt-get install chromium-headless-shell"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()
