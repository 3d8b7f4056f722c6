"""Random requests to all routes are answered as docs/openapi.yaml says, also in sequences."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from local.emulator_clients import Outputs
from local.fuzz.__main__ import command, environment

SEED = 20261129


@pytest.mark.ci
@pytest.mark.xdist_group("contract")
@pytest.mark.timeout(900)
@pytest.mark.local_only("fills the stack, and uses up the quotas of an address")
def test_no_request_has_an_answer_that_is_not_documented(outputs: Outputs, engine: str) -> None:
    run = subprocess.run(
        [*command(outputs, SEED), "--phases", "examples,coverage,fuzzing,stateful"],
        env=os.environ | environment(outputs) | {"NO_COLOR": "1", "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout
    [tested] = re.findall(r"Tested: (\d+)", run.stdout)
    [selected] = re.findall(r"Operations: +(\d+) selected", run.stdout)
    assert tested == selected
    [(covered, links)] = re.findall(r"API Links: +(\d+) covered / (\d+) selected", run.stdout)
    assert int(covered) > int(links) / 2
