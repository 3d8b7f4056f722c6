"""Dead letters in buckets: stream batches that Lambda stopped retrying, an object each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from common import failed_batches
from ops.dead_letters.source import DeadLetter, Outcome

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

    from ops.stack import DeployedStack

# Lambda ends an invocation after 15 minutes at the latest. The client waits longer than that and
# never retries, because a retry would run the same batch twice at the same time.
_LAMBDA_CONFIG = Config(read_timeout=910, retries={"total_max_attempts": 1})


def bucket_sources(stack: DeployedStack) -> Iterator[BucketSource]:
    """Return the buckets that an event source mapping in this stack uses as failure destination."""
    client = stack.client("lambda", config=_LAMBDA_CONFIG)
    functions = {name: i for i, name in stack.resources("AWS::Lambda::Function").items()}
    mappings = [
        client.get_event_source_mapping(UUID=uuid)
        for uuid in stack.resources("AWS::Lambda::EventSourceMapping").values()
    ]
    for name, bucket in stack.resources("AWS::S3::Bucket").items():
        arns = [
            mapping["FunctionArn"]
            for mapping in mappings
            if _failure_destination(mapping).endswith(f":{bucket}")
        ]
        if arns:
            targets = {arn: functions[arn.split(":")[6]] for arn in arns}
            yield BucketSource(name, bucket, targets, stack.client("s3"), client)


class BucketSource:
    """A bucket to which Lambda writes stream batches that it stopped retrying.

    `functions` maps the ARN of each function whose batches it receives to its logical id.
    """

    def __init__(
        self, name: str, bucket: str, functions: dict[str, str], s3: S3Client, client: LambdaClient
    ) -> None:
        self.name = name
        self.target = ", ".join(functions.values())
        self.has_more = False
        self._bucket = bucket
        self._functions = functions
        self._s3 = s3
        self._lambda = client

    @contextmanager
    def hold(self, seconds: int) -> Iterator[list[DeadLetter]]:  # noqa: ARG002
        """Return the batches. Reading an object does not hide it, so nothing must be undone."""
        pages = self._s3.get_paginator("list_objects_v2")
        keys = pages.paginate(Bucket=self._bucket, Prefix=failed_batches.PREFIX).search(
            "Contents[].Key"
        )
        yield [self._dead_letter(key) for key in keys if key]

    def replay(self, dead_letters: Iterable[DeadLetter]) -> Iterator[Outcome]:
        """Invoke the function with each batch, and delete the object if all records succeed.

        If some records fail again, the object keeps the batch from the first of them on. A
        stream would continue at the same record, and the publisher relies on that order to find
        out which later records it has published already.
        """
        for dead_letter in dead_letters:
            function = self._reader(dead_letter.details["functionArn"])
            if function is None:
                arn = dead_letter.details["functionArn"]
                yield Outcome(dead_letter, f"{arn} has no failure destination in {self.name}")
                continue
            records = failed_batches.records(dead_letter.raw)
            answer = self._lambda.invoke(
                FunctionName=function, Payload=json.dumps({"Records": records}).encode()
            )
            result = json.loads(answer["Payload"].read() or "null") or {}
            failed = {item["itemIdentifier"] for item in result.get("batchItemFailures", ())}
            if "FunctionError" in answer:
                problem = f"{result.get('errorType')}: {result.get('errorMessage')}"
                yield Outcome(dead_letter, problem)
            elif failed:
                self._keep_from_first_failure(failed, dead_letter)
                problem = f"{len(failed)} of {_plural(len(records), 'record')} failed again"
                yield Outcome(dead_letter, problem)
            else:
                yield from self.discard([dead_letter])

    def _reader(self, arn: str) -> str | None:
        """The alias that reads the stream now. Batches of 0.1 name its function alone."""
        name = arn.split(":")[6:7]
        return next((each for each in self._functions if each.split(":")[6:7] == name), None)

    def discard(self, dead_letters: Iterable[DeadLetter]) -> Iterator[Outcome]:
        """Delete batches permanently."""
        for dead_letter in dead_letters:
            self._s3.delete_object(Bucket=self._bucket, Key=dead_letter.details["key"])
            yield Outcome(dead_letter)

    def _keep_from_first_failure(self, failed: set[str], dead_letter: DeadLetter) -> None:
        records = failed_batches.records(dead_letter.raw)
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        first = next((n for n, number in enumerate(numbers) if number in failed), 0)
        if first:
            rest = failed_batches.with_records(dead_letter.raw, records[first:])
            self._s3.put_object(Bucket=self._bucket, Key=dead_letter.details["key"], Body=rest)

    def _dead_letter(self, key: str) -> DeadLetter:
        failure = json.loads(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        context = failure["requestContext"]
        records = failed_batches.records(failure)
        error = failure.get("responseContext", {}).get("functionError", "some records failed")
        return DeadLetter(
            id=key[-36:],  # aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<UUID>
            subject=_plural(len(records), "record"),
            error=context["condition"],
            reason=f"{error}, after {_plural(context['approximateInvokeCount'], 'attempt')}",
            sent_at=datetime.fromisoformat(failure["timestamp"]),
            details={"key": key, **context, **failure["DDBStreamBatchInfo"]},
            body=json.dumps(records, indent=2, ensure_ascii=False),
            raw=failure,
        )


def _failure_destination(mapping: dict[str, Any]) -> str:
    on_failure = mapping.get("DestinationConfig", {}).get("OnFailure", {})
    destination: str = on_failure.get("Destination", "")
    return destination


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
