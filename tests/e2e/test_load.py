"""A short `make load` against the local stack."""

from __future__ import annotations

from functools import partial

import pytest

from bench.load.__main__ import main
from local.emulator_clients import Outputs, client
from ops.stack import DeployedStack

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("sends orders that nobody has asked for"),
    pytest.mark.timeout(600),
]

SECONDS = 20
RATE = 3


def test_a_load_of_twenty_seconds_is_stored_and_published_once(
    outputs: Outputs, capsys: pytest.CaptureFixture[str]
) -> None:
    place = partial(client, outputs=outputs)
    stack = DeployedStack(outputs["Stack"], "", place, outputs["GatewayUrl"])

    status = main(["--rate", str(RATE), "--minutes", str(SECONDS / 60)], lambda *_: stack)

    printed = capsys.readouterr().out
    assert status == 0, printed
    assert f"{RATE * SECONDS} orders, about US$ " in printed
    assert "0 differences between the books" in printed
