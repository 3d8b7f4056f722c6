"""Fixtures of the tests for `make dlq`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from project.fake_aws import emulated_aws
from tests.unit.ops.deployment import Deployment


@pytest.fixture
def deployed() -> Iterator[Deployment]:
    """An emulated deployment without dead letters."""
    with emulated_aws():
        yield Deployment()
