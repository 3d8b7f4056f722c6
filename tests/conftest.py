"""One local stack for all tests that need one: the real template, IAM enforced, free ports."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from local.account import Outputs
from local.shopper import Shopper
from local.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("stack"), port=0, gateway_port=0)
    try:
        running.up()
        yield running
    finally:
        running.down()


@pytest.fixture(scope="session")
def outputs(stack: Stack) -> Outputs:
    return stack.outputs()


@pytest.fixture
def shopper(outputs: Outputs) -> Shopper:
    """A user nobody has met before."""
    return Shopper.sign_in(outputs, f"shopper-{uuid.uuid4()}")


@pytest.fixture
def other(outputs: Outputs) -> Shopper:
    """Another one."""
    return Shopper.sign_in(outputs, f"other-{uuid.uuid4()}")
