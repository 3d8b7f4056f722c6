"""The memory of each function: its heaviest case, under the MemorySize of the template."""

from __future__ import annotations

import sys

import pytest

from project import functions
from tests.harness.heaviest.cases import CASES
from tests.harness.heaviest.process import invoke, memory_size
from tests.harness.heaviest.records import LAMBDA_PAYLOAD_BYTES
from tests.harness.heaviest.services import answering

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports the peak")

SPARE = 0.25


def test_every_function_has_a_heaviest_case() -> None:
    assert sorted(CASES) == functions.functions()


@pytest.mark.nightly
@pytest.mark.parametrize("name", functions.functions())
def test_the_heaviest_case_leaves_a_quarter_of_the_memory(name: str) -> None:
    """fault 60"""
    case = CASES[name]()

    with answering(case.answers) as url:
        addresses = {
            "AWS_ENDPOINT_URL": url,
            "SEARCH_URL": url,
            "LIVE_URL": url.replace("http", "ws"),
        }
        done = invoke(name, case.event, addresses | case.environment)

    assert not done.response.get("batchItemFailures")
    assert done.response.get("statusCode", 200) < 500
    assert done.peak <= (1 - SPARE) * memory_size(name)
    assert done.sent <= LAMBDA_PAYLOAD_BYTES
