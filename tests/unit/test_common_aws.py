"""Importing a function reads no environment variable of the template and creates no client."""

from __future__ import annotations

import pytest

from project import functions
from tests.harness.cold_start import imported

# As test_imports.py does: one worker imports all functions for both.
pytestmark = pytest.mark.xdist_group("cold starts")


@pytest.mark.slow
@pytest.mark.parametrize("name", functions.functions())
def test_importing_a_function_needs_no_environment(name: str) -> None:
    found = imported(name)

    assert not found.error, found.error
    variables = {name for name in functions.environment(name) if not name.startswith("POWERTOOLS_")}
    assert variables, f"template.yaml sets no variable for {name}, so this test proves nothing"
    assert variables.isdisjoint(found.variables)
