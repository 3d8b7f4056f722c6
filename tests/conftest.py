"""One local stack for all tests that need one: the real template, IAM enforced, free ports."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from local.api_user import Shopper
from local.emulator_clients import Outputs
from local.opensearch import search_engine
from local.stack.local_stack import LocalStack
from tests.stack_errors import pytest_runtest_makereport  # noqa: F401  (a hook)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    # What CI cannot test has failed there.
    search = search_engine.is_available() or os.environ.get("CI") == "true"
    running = LocalStack(tmp_path_factory.mktemp("stack"), port=0, gateway_port=0, search=search)
    try:
        running.up()
        yield running
    finally:
        running.down()


@pytest.fixture(scope="session")
def outputs(stack: LocalStack) -> Outputs:
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
