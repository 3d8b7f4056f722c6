"""Dead letters in buckets: the stream batches that Lambda gave up.

Lambda writes one object a batch: what failed and why, and as `payload` the whole event
(Lambda Developer Guide, "Retain discarded records for a DynamoDB event source in Lambda").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from ops.letters import Letter, Outcomes

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

    from ops.stack import Stack

# Lambda itself ends an invocation after 15 minutes. One that is still running must not be
# started again beside it.
_PATIENT = Config(read_timeout=910, retries={"total_max_attempts": 1})


def failed_events(stack: Stack) -> Iterator[FailedEvents]:
    """The buckets of the stack that an event source mapping of it names on failure."""
    client = stack.client("lambda", config=_PATIENT)
    functions = {name: i for i, name in stack.resources("AWS::Lambda::Function").items()}
    mappings = [
        client.get_event_source_mapping(UUID=uuid)
        for uuid in stack.resources("AWS::Lambda::EventSourceMapping").values()
    ]
    for name, bucket in stack.resources("AWS::S3::Bucket").items():
        arns = [
            m["FunctionArn"] for m in mappings if _failure_destination(m).endswith(f":{bucket}")
        ]
        if arns:
            served = {arn: functions[arn.split(":")[6]] for arn in arns}
            yield FailedEvents(name, bucket, served, stack.client("s3"), client)


class FailedEvents:
    """A bucket to which Lambda writes the stream batches that it has given up."""

    def __init__(
        self, name: str, bucket: str, functions: dict[str, str], s3: S3Client, client: LambdaClient
    ) -> None:
        self.name = name
        self.target = ", ".join(functions.values())
        self.has_more = False
        self._bucket = bucket
        self._functions = functions  # logical ids by the ARNs of those that fail into here
        self._s3 = s3
        self._lambda = client

    @contextmanager
    def hold(self, seconds: int) -> Iterator[list[Letter]]:  # noqa: ARG002
        """The batches. Nothing takes them from a bucket, so nothing needs to be held."""
        pages = self._s3.get_paginator("list_objects_v2")
        keys = pages.paginate(Bucket=self._bucket, Prefix="aws/lambda/").search("Contents[].Key")
        yield [self._letter(key) for key in keys if key]

    def replay(self, letters: Iterable[Letter]) -> Outcomes:
        """Give batches to their function again, and only on full success delete them.

        What a batch does not get done stays, from its first failed record on, as a stream would
        go on: the publisher looks up by that order which of the later ones are published.
        """
        for letter in letters:
            function = letter.details["functionArn"]
            if function not in self._functions:
                yield letter, f"no function of this stack fails into here as {function}"
                continue
            records = _records(letter.source)
            answer = self._lambda.invoke(
                FunctionName=function, Payload=json.dumps({"Records": records}).encode()
            )
            result = json.loads(answer["Payload"].read() or "null") or {}
            failed = {item["itemIdentifier"] for item in result.get("batchItemFailures", ())}
            if "FunctionError" in answer:
                yield letter, f"{result.get('errorType')}: {result.get('errorMessage')}"
            elif failed:
                self._keep_from(failed, letter)
                yield letter, f"{len(failed)} of {_count(records)} failed again"
            else:
                yield from self.discard([letter])

    def discard(self, letters: Iterable[Letter]) -> Outcomes:
        """Delete batches for good."""
        for letter in letters:
            self._s3.delete_object(Bucket=self._bucket, Key=letter.details["key"])
            yield letter, ""

    def _keep_from(self, failed: set[str], letter: Letter) -> None:
        records = _records(letter.source)
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        first = next((n for n, number in enumerate(numbers) if number in failed), 0)
        if first:
            rest = {**letter.source, "payload": {"Records": records[first:]}}
            self._s3.put_object(
                Bucket=self._bucket, Key=letter.details["key"], Body=json.dumps(rest).encode()
            )

    def _letter(self, key: str) -> Letter:
        failure = json.loads(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        context = failure["requestContext"]
        error = failure.get("responseContext", {}).get("functionError", "reported failures")
        return Letter(
            id=key[-36:],  # aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<UUID>
            orders=_count(_records(failure)),
            error=context["condition"],
            reason=f"{error}, tried {context['approximateInvokeCount']} times",
            sent=datetime.fromisoformat(failure["timestamp"]),
            details={"key": key, **context, **failure["DDBStreamBatchInfo"]},
            body=json.dumps(_records(failure), indent=2, ensure_ascii=False),
            source=failure,
        )


def _failure_destination(mapping: dict[str, Any]) -> str:
    on_failure = mapping.get("DestinationConfig", {}).get("OnFailure", {})
    destination: str = on_failure.get("Destination", "")
    return destination


def _records(failure: dict[str, Any]) -> list[dict[str, Any]]:
    """The stream records. The payload is the event, as JSON in JSON or as it is."""
    payload = failure["payload"]
    event = json.loads(payload) if isinstance(payload, str) else payload
    records: list[dict[str, Any]] = event["Records"]
    return records


def _count(records: list[dict[str, Any]]) -> str:
    return f"{len(records)} record{'' if len(records) == 1 else 's'}"
