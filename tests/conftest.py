"""One local stack for all tests that need one: the real template, IAM enforced, free ports."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from local import search_engine
from local.account import Outputs
from local.shopper import Shopper
from local.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    # What CI cannot test has failed there.
    search = search_engine.is_at_hand() or os.environ.get("CI") == "true"
    running = Stack(tmp_path_factory.mktemp("stack"), port=0, gateway_port=0, search=search)
    try:
        running.up()
        yield running
    finally:
        running.down()


@pytest.fixture(scope="session")
def outputs(stack: Stack) -> Outputs:
    return stack.outputs()


@pytest.fixture(scope="session")
def engine(outputs: Outputs) -> str:
    """The endpoint of the stack's OpenSearch, which is a real one."""
    if "OpenSearchUrl" not in outputs:
        pytest.skip(search_engine.MISSING)
    return outputs["OpenSearchUrl"]


@pytest.fixture
def shopper(outputs: Outputs) -> Shopper:
    """A user nobody has met before."""
    return Shopper.sign_in(outputs, f"shopper-{uuid.uuid4()}")


@pytest.fixture
def other(outputs: Outputs) -> Shopper:
    """Another one."""
    return Shopper.sign_in(outputs, f"other-{uuid.uuid4()}")
