"""`make dlq` replays messages unchanged, and loses none if it is stopped."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.ops.deployment import SQS_BATCH, Deployment

type Capture = pytest.CaptureFixture[str]


def test_a_replay_keeps_body_and_attributes_to_the_byte(deployed: Deployment) -> None:
    """fault 21"""
    body = '{"item": "Stühle & 1 🪑", "note": "a=b&c"}'
    attributes = {
        "orderID": {"DataType": "String", "StringValue": str(uuid.uuid4())},
        "placedAt": {"DataType": "Number", "StringValue": "1772366417123"},
        "photo": {"DataType": "Binary.png", "BinaryValue": b"\x89PNG\x00\xff"},
    }
    reason = {"DataType": "String", "StringValue": "x"}
    header = {"DataType": "String", "StringValue": "Root=1-69a42b00-000000000000000000000010"}
    deployed.add_dead_letter(
        MessageBody=body,
        MessageAttributes={**attributes, "deadLetterError": reason, "deadLetterReason": reason},
        MessageSystemAttributes={"AWSTraceHeader": header},
        MessageGroupId="auth0|ada",
    )
    requests: list[Any] = []  # moto drops the trace header of a batch
    deployed.on("provide-client-params.sqs.SendMessageBatch", recorder(requests))

    status = deployed.dlq("replay", "--all")

    assert status == 0
    [message] = deployed.messages(deployed.orders_queue)
    assert message["Body"] == body
    assert message["MessageAttributes"] == attributes
    [entry] = requests[0]["Entries"]
    assert entry["MessageSystemAttributes"] == {"AWSTraceHeader": header}
    assert entry["MessageGroupId"] == "auth0|ada"
    assert deployed.dead_letter_ids() == []


def test_a_replay_of_all_replays_more_than_one_batch(deployed: Deployment, capsys: Capture) -> None:
    for _ in range(25):
        deployed.add_dead_letter()

    deployed.dlq("replay", "--all")

    assert len(deployed.messages(deployed.orders_queue)) == 25
    assert deployed.dead_letter_ids() == []
    assert "25 replayed, 0 left, 0 failed" in capsys.readouterr().out


def test_a_request_is_not_larger_than_sqs_accepts(deployed: Deployment) -> None:
    for _ in range(3):
        deployed.add_dead_letter(MessageBody="x" * 200_000)
    requests: list[Any] = []
    deployed.on("provide-client-params.sqs.SendMessageBatch", recorder(requests))

    deployed.dlq("replay", "--all")

    assert [len(request["Entries"]) for request in requests] == [1, 1, 1]
    assert len(deployed.messages(deployed.orders_queue)) == 3


def test_a_replay_by_error_leaves_the_other_errors(deployed: Deployment, capsys: Capture) -> None:
    kept = deployed.add_dead_letter("ReceivedTooOften")
    deployed.add_dead_letter("UnreadableOrder")

    deployed.dlq("replay", "--error", "UnreadableOrder")

    assert deployed.dead_letter_ids() == [kept]
    assert len(deployed.messages(deployed.orders_queue)) == 1
    assert "1 replayed, 1 left, 0 failed" in capsys.readouterr().out


def test_a_replay_by_id_leaves_the_other_messages(deployed: Deployment) -> None:
    kept, replayed = deployed.add_dead_letter(), deployed.add_dead_letter()

    deployed.dlq("replay", "--id", replayed)

    assert deployed.dead_letter_ids() == [kept]


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteMessageBatch")],
    ids=["interrupted", "refused"],
)
def test_a_replay_that_stops_before_it_deletes_loses_nothing(
    deployed: Deployment, error: BaseException, capsys: Capture
) -> None:
    ids = {deployed.add_dead_letter() for _ in range(12)}

    def stop(**_: Any) -> None:
        raise error

    deployed.on("before-call.sqs.DeleteMessageBatch", stop)

    with pytest.raises(type(error)):
        deployed.dlq("replay", "--all")

    assert set(deployed.dead_letter_ids()) == ids
    assert len(deployed.messages(deployed.orders_queue)) == SQS_BATCH
    assert "0 replayed, 12 left, 0 failed" in capsys.readouterr().out


def test_a_message_that_sqs_refuses_is_kept_and_counted(
    deployed: Deployment, capsys: Capture
) -> None:
    for _ in range(3):
        deployed.add_dead_letter()

    def refuse_the_first(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Failed"] = [{"Id": "0", "Code": "InternalError", "SenderFault": False}]

    deployed.on("after-call.sqs.SendMessageBatch", refuse_the_first)

    status = deployed.dlq("replay", "--all")

    assert status == 1
    assert len(deployed.dead_letter_ids()) == 1
    assert "2 replayed, 0 left, 1 failed" in capsys.readouterr().out


def test_a_message_that_fails_again_is_not_replayed_twice_in_one_run(deployed: Deployment) -> None:
    for _ in range(12):
        deployed.add_dead_letter()
    replayed = []

    def fail_again(**_: Any) -> None:
        received = deployed.sqs.receive_message(
            QueueUrl=deployed.orders_queue, MaxNumberOfMessages=SQS_BATCH
        )
        for message in received.get("Messages", []):
            replayed.append(message["MessageId"])
            deployed.sqs.delete_message(
                QueueUrl=deployed.orders_queue, ReceiptHandle=message["ReceiptHandle"]
            )
            deployed.add_dead_letter()

    deployed.on("after-call.sqs.SendMessageBatch", fail_again)

    deployed.dlq("replay", "--all")

    assert len(replayed) == 12
    assert len(deployed.dead_letter_ids()) == 12


def recorder(requests: list[Any]) -> Any:
    """Return a botocore handler that adds the parameters of each request to the list."""
    return lambda params, **_: requests.append(params)
