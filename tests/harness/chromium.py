"""Chromium for tests: without one, they are skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser

from local import chromium as program
from local.chromium import ChromiumMissing


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Run the machine's Chromium, with these arguments. In CI, it must be available."""
    try:
        with program.chromium(*arguments) as browser:
            yield browser
    except ChromiumMissing as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
