"""A failed test that uses a local stack shows the last errors in the logs of that stack."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

import pytest

from local.emulator_clients import Outputs
from local.stack.local_stack import LocalStack
from local.stack.logs import last_errors


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add a section with the errors to the report of a failed test."""
    report = yield
    if report.failed:
        stacks = local_stacks(getattr(item, "funcargs", {}).values())
        report.sections += [("Local stack", last_errors(outputs)) for outputs in stacks]
    return report


def local_stacks(fixtures: Iterable[Any]) -> list[Outputs]:
    """Return the outputs of each local stack among the values of fixtures."""
    found = [each.outputs() if isinstance(each, LocalStack) else each for each in fixtures]
    outputs = [each for each in found if isinstance(each, dict) and "Directory" in each]
    return list({each["Directory"]: each for each in outputs}.values())
