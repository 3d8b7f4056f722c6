"""One stack for all tests that need it: the real template, with IAM enforced.

It is a local one on free ports, or with DEPLOYED the one that is deployed for that environment.
"""

from __future__ import annotations

import gc
import os
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import settings

from local.api_user import ApiUser
from local.emulator_clients import Outputs, client
from local.opensearch import search_engine
from local.stack.local_stack import LocalStack
from project import functions
from tests.harness import deployed
from tests.harness.contract_traffic import (
    checked_answers,
    documented_traffic,  # noqa: F401  # watches every test
)
from tests.harness.scheduling import pytest_xdist_make_scheduler  # noqa: F401  # a hook
from tests.harness.service_models import (
    share_clients,
    share_event_names,
    share_service_models,
)
from tests.harness.stack_errors import pytest_runtest_makereport  # noqa: F401  # a hook

# Powertools reads it when the layer is imported, which some end-to-end tests do before the unit
# tests set the environment of the functions.
_NAMESPACE = "POWERTOOLS_METRICS_NAMESPACE"
os.environ[_NAMESPACE] = functions.environment("orders")[_NAMESPACE]

# Every run uses the same examples: a test that fails in CI fails on a laptop too. There is no
# deadline, because it would make tests depend on the speed of the machine.
settings.register_profile("storefront", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("storefront")

share_service_models()
share_clients()
share_event_names()

type SignIn = Callable[[str], ApiUser]

_LEFT_OUT = pytest.StashKey[dict[str, list[str]]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give time for the stack, and leave out tests that need a local one if it is deployed."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "outputs" not in fixtures and "second_stack" not in fixtures:
            continue
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(300))  # the first one builds and starts the stack
        if item.get_closest_marker("xdist_group") is None:
            raise pytest.UsageError(f"{item.nodeid} needs an xdist_group, or it starts a stack")
    if not deployed.ENVIRONMENT:
        return
    left_out: dict[str, list[str]] = defaultdict(list)
    marks = {item: item.get_closest_marker("local_only") for item in items}
    for item, mark in marks.items():
        if mark:
            left_out[mark.args[0]].append(item.nodeid)
    config.hook.pytest_deselected(items=[item for item, mark in marks.items() if mark])
    items[:] = [item for item, mark in marks.items() if not mark]
    config.stash[_LEFT_OUT] = left_out


def pytest_collection_finish() -> None:
    """Let the garbage collector ignore the imported code, and run less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report which tests were left out, and why."""
    for reason, tests in terminalreporter.config.stash.get(_LEFT_OUT, {}).items():
        terminalreporter.write_line(f"left out, since it {reason}:")
        for test, cases in Counter(test.partition("[")[0] for test in tests).items():
            terminalreporter.write_line(f"  {test}" + (f", {cases} cases" if cases > 1 else ""))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    # In CI, a missing requirement is a failure instead of a skip.
    search = search_engine.is_available() or os.environ.get("CI") == "true"
    running = LocalStack(tmp_path_factory.mktemp("stack"), port=0, gateway_port=0, search=search)
    try:
        with checked_answers():
            running.up()
        yield running
    finally:
        running.down()


@pytest.fixture(scope="session")
def outputs(request: pytest.FixtureRequest) -> Outputs:
    if deployed.ENVIRONMENT:
        return deployed.outputs()
    running: LocalStack = request.getfixturevalue("stack")
    return running.outputs()


@pytest.fixture(scope="session")
def engine(outputs: Outputs) -> str:
    """The endpoint of the stack's OpenSearch, a real one."""
    if "OpenSearchUrl" not in outputs:
        pytest.skip("Search=none" if deployed.ENVIRONMENT else search_engine.MISSING)
    return outputs["OpenSearchUrl"]


@pytest.fixture(scope="session")
def made_users(outputs: Outputs) -> Iterator[list[str]]:
    """The names of the users that tests have created. A deployed stack does not keep them."""
    names: list[str] = []
    yield names
    if not deployed.ENVIRONMENT:
        return
    cognito = client("cognito-idp", outputs)
    for name in names:
        with suppress(cognito.exceptions.UserNotFoundException):
            cognito.admin_delete_user(UserPoolId=outputs["UserPoolId"], Username=name)


@pytest.fixture(scope="session")
def sign_in(outputs: Outputs, made_users: list[str]) -> SignIn:
    """Create a user with this name, and sign in."""

    def signed_in(name: str) -> ApiUser:
        made_users.append(name)
        return ApiUser.sign_in(outputs, name)

    return signed_in


@pytest.fixture
def api_user(sign_in: SignIn) -> ApiUser:
    """A new user."""
    return sign_in(f"api_user-{uuid.uuid4()}")


@pytest.fixture
def other(sign_in: SignIn) -> ApiUser:
    """Another new user."""
    return sign_in(f"other-{uuid.uuid4()}")
