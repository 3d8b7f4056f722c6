"""Environments of functions on the local stack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ops.stack import DeployedStack
from tests.emulator import failed_start

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("the function and the test have the same files"),
]


def test_an_environment_that_does_not_start_ends_no_other(
    deployed: DeployedStack, new_function: Callable[..., str], tmp_path: Path
) -> None:
    marker = tmp_path / "marker"
    function = new_function(failed_start.code(marker), Timeout=60)

    finished, failed = failed_start.invoke_twice(deployed.client("lambda"), function, marker)

    assert finished == "finished"
    assert "only one at a time" in failed["errorMessage"]
