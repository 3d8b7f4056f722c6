"""Which tests run in the same process of pytest-xdist."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling


class ByFile(LoadGroupScheduling):  # type: ignore[misc]  # xdist has no type hints
    """The tests of a group, and those of a file that have no group.

    The tests of a file share the fixtures of their module. xdist would make each of them a part of
    its own, and it looks through all parts after each test: a minute for 6,000 tests.
    """

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        return scope.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile | None:
    """Use it for `--dist loadgroup`."""
    return ByFile(config, log) if config.getoption("dist") == "loadgroup" else None
