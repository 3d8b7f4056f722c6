"""The demo works beside whatever a stack contains already."""

from __future__ import annotations

from functools import partial

import pytest

from local.api_user import ApiUser
from local.demo.__main__ import main
from local.emulator_clients import Outputs, client
from local.stack_probe import StackProbe, wait_for

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("leaves users, orders and dead letters"),
]

STEPS = [
    *("signed in", "accepted", "queue", "table", "notified", "read back", "once", "refused"),
    *(
        "dead letter",
        "shipped",
        "heard",
        "cancelled",
        "invited",
        "uploaded",
        "ready",
        "thumbnail",
        "listening",
        "sent",
        "heard",
    ),
    "look",
]
MORE_THAN_A_PAGE = 12


def test_the_demo_runs_beside_old_data_and_again(
    outputs: Outputs, api_user: ApiUser, probe: StackProbe, capsys: pytest.CaptureFixture[str]
) -> None:
    orders = [api_user.request("POST", "/orders", {"item": "tea"}) for _ in range(MORE_THAN_A_PAGE)]
    for order in orders:
        wait_for("an email", partial(probe.notifications, order.body["orderID"]))
    sqs = client("sqs", outputs)
    for _ in range(MORE_THAN_A_PAGE):
        sqs.send_message(QueueUrl=outputs["OrdersDeadLetterQueueUrl"], MessageBody="{}")

    before = probe.dead_letters()

    for _ in range(2):
        assert main(outputs) == 0

        lines = capsys.readouterr().out.splitlines()
        assert [line[2:13].strip() for line in lines if line[2:13].strip()] == STEPS
    assert probe.dead_letters() == before + 2
