"""`make dlq` lists the stream batches in the failed-events bucket and replays them."""

from __future__ import annotations

import pytest

from tests.unit.ops.deployment import BUCKET, PUBLISHER_ARN, Deployment

type Capture = pytest.CaptureFixture[str]


def test_list_prints_a_failed_batch_without_its_orders(
    deployed: Deployment, capsys: Capture
) -> None:
    key, event = deployed.add_failed_batch()

    deployed.dlq("list")

    output = capsys.readouterr().out
    assert "FailedEventsBucket, of OrdersPublisherFunction: 1 dead letter\n" in output
    assert f"{key[-36:][:8]}  {len(event['Records'])} records  RetryAttemptsExhausted" in output
    assert "Unhandled, after 21 attempts" in output
    assert "Chair" not in output


@pytest.mark.parametrize("as_text", [True, False])
def test_a_batch_is_deleted_once_its_function_has_processed_it(
    deployed: Deployment, *, as_text: bool
) -> None:
    """fault 24"""
    _, event = deployed.add_failed_batch(as_text=as_text)
    deployed.functions.answers = [{"Payload": {"batchItemFailures": []}}]

    status = deployed.dlq("replay", "--all")

    assert status == 0
    assert deployed.functions.events == [event]
    assert deployed.failed_batches() == {}


def test_a_batch_from_before_the_aliases_is_replayed(deployed: Deployment) -> None:
    """Its failure names the function, and not the alias that reads the stream now."""
    _, event = deployed.add_failed_batch(function=PUBLISHER_ARN)
    deployed.functions.answers = [{"Payload": {"batchItemFailures": []}}]

    status = deployed.dlq("replay", "--all")

    assert status == 0
    assert deployed.functions.events == [event]


def test_a_batch_is_kept_whole_if_its_function_raises(
    deployed: Deployment, capsys: Capture
) -> None:
    key, event = deployed.add_failed_batch()
    error = {"errorType": "KeyError", "errorMessage": "'NewImage'"}
    deployed.functions.answers = [{"FunctionError": "Unhandled", "Payload": error}]

    status = deployed.dlq("replay", "--all")

    assert status == 1
    assert deployed.failed_batches() == {key: event}
    assert "KeyError: 'NewImage'" in capsys.readouterr().out


def test_a_batch_that_fails_in_part_is_kept_from_its_first_failure_on(
    deployed: Deployment, capsys: Capture
) -> None:
    key, event = deployed.add_failed_batch()
    failed = [{"itemIdentifier": event["Records"][n]["dynamodb"]["SequenceNumber"]} for n in (5, 3)]
    deployed.functions.answers = [{"Payload": {"batchItemFailures": failed}}]

    status = deployed.dlq("replay", "--all")

    assert status == 1
    assert deployed.failed_batches() == {key: {"Records": event["Records"][3:]}}
    assert f"2 of {len(event['Records'])} records failed again" in capsys.readouterr().out


def test_a_function_of_another_stack_is_never_invoked(
    deployed: Deployment, capsys: Capture
) -> None:
    key, event = deployed.add_failed_batch()
    stored = deployed.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    foreign = stored.replace(b"OrdersPublisherFunction", b"ForeignFunction")
    deployed.s3.put_object(Bucket=BUCKET, Key=key, Body=foreign)

    status = deployed.dlq("replay", "--all")

    assert status == 1
    assert deployed.functions.events == []
    assert deployed.failed_batches() == {key: event}
    assert "ForeignFunction:live has no failure destination in FailedEventsBucket" in (
        capsys.readouterr().out
    )
