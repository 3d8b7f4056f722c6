"""Streams of tables: who reads which changes, how long Lambda retries, and where failures go."""

from collections import Counter
from collections.abc import Iterator

from common.orders import TRANSITION
from project.template import Template
from tests.template.event_sources import DAY, filters, stream_sources
from tests.template.rules import Breach, changed, referred, resources, rule, without

SOURCE = ("OrdersPublisherFunctionStream", "Properties")

READS_ALL_CHANGES = {"SearchIndexerFunction"}
"""Search has to follow every change of a row."""


@rule(
    without(*SOURCE, "BisectBatchOnFunctionError"),
    without(*SOURCE, "MaximumRetryAttempts"),
    changed(*SOURCE, "MaximumRetryAttempts", to=-1),
    without(*SOURCE, "MaximumRecordAgeInSeconds"),
    changed(*SOURCE, "MaximumRecordAgeInSeconds", to=2 * DAY),
)
def test_a_record_that_always_fails_does_not_block_the_stream(template: Template) -> Iterator[str]:
    """fault 24. Lambda must give a record up before the stream deletes it."""
    for name, source in stream_sources(template):
        if not source.get("BisectBatchOnFunctionError"):
            yield f"{name} gives up a whole batch because of one record"
        if source.get("MaximumRetryAttempts", -1) < 0:
            yield f"{name} retries without limit"
        if not 0 < source.get("MaximumRecordAgeInSeconds", -1) < DAY:
            yield f"{name} retries records until the stream deletes them"


@rule(
    without(*SOURCE, "DestinationConfig"),
    changed(
        *(*SOURCE, "DestinationConfig", "OnFailure", "Destination"),
        to={"Fn::GetAtt": ["OrdersDeadLetterQueue", "Arn"]},
    ),
    without("FailedEventsBucket", "Properties", "NotificationConfiguration"),
)
def test_failed_batches_go_to_a_bucket_with_notifications(template: Template) -> Iterator[str]:
    """fault 24. Lambda sends whole records to S3, but only their positions to SQS and SNS."""
    buckets = dict(resources(template, "AWS::S3::Bucket"))
    for name, source in stream_sources(template):
        destination = source.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        bucket = buckets.get(referred(destination) or "")
        if bucket is None:
            yield f"{name} loses the records that Lambda gives up"
        elif not bucket.get("NotificationConfiguration", {}).get("TopicConfigurations"):
            yield f"the failed batches of {name} send no notification"


@rule(
    without(*SOURCE, "FilterCriteria"),
    changed(*SOURCE, "FilterCriteria", "Filters", 0, "Pattern", to='{"dynamodb": {}}'),
)
def test_every_stream_source_filters_by_kind_of_change(template: Template) -> Iterator[str]:
    for name, source in stream_sources(template):
        patterns = filters(source)
        if referred(source["FunctionName"]) in READS_ALL_CHANGES:
            continue
        if not patterns or not all("eventName" in pattern for pattern in patterns):
            yield f"{name} invokes its function for every change"


def add_readers(resources: Template) -> None:
    """Let two more functions read the stream of orders."""
    for number in (1, 2):
        resources[f"Reader{number}"] = resources["OrdersPublisherFunctionStream"]


@rule(Breach("two readers more", add_readers, ()))
def test_no_stream_has_more_than_two_readers(template: Template) -> Iterator[str]:
    """More are throttled (DynamoDB guide, "Change data capture for DynamoDB Streams")."""
    readers = Counter(referred(source["EventSourceArn"]) for _, source in stream_sources(template))
    for table, count in readers.items():
        if count > 2:
            yield f"the stream of {table} has {count} readers"


@rule(
    changed(
        *(*SOURCE, "FilterCriteria", "Filters", 0, "Pattern"),
        to='{"eventName": ["INSERT", "MODIFY"]}',
    )
)
def test_only_new_orders_and_changes_of_states_are_published(template: Template) -> Iterator[str]:
    """fault 25"""
    changes = {"NewImage": {"lastWrite": {"S": [TRANSITION]}}}
    published = [{"eventName": ["INSERT"]}, {"eventName": ["MODIFY"], "dynamodb": changes}]
    for name, source in stream_sources(template):
        is_publisher = referred(source["FunctionName"]) == "OrdersPublisherFunction"
        if is_publisher and (found := list(filters(source))) != published:
            yield f"{name} publishes {found}"
