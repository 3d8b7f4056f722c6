"""Streams of tables: who reads which changes, how long Lambda retries, and where failures go."""

from collections import Counter
from collections.abc import Iterator

from project.template import Template
from tests.template.event_sources import DAY, filters, stream_sources
from tests.template.rules import changed, referred, resources, rule, without

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


@rule(
    changed(
        *("SearchIndexerFunctionGroups", "Properties", "EventSourceArn"),
        to={"Fn::GetAtt": ["OrdersTable", "StreamArn"]},
    )
)
def test_no_stream_has_more_than_two_readers(template: Template) -> Iterator[str]:
    """More are throttled (DynamoDB guide, "Change data capture for DynamoDB Streams")."""
    readers = Counter(referred(source["EventSourceArn"]) for _, source in stream_sources(template))
    for table, count in readers.items():
        if count > 2:
            yield f"the stream of {table} has {count} readers"


@rule(
    changed(
        *("SearchIndexerFunctionImages", "Properties", "FilterCriteria"),
        to={"Filters": [{"Pattern": '{"eventName": ["INSERT", "MODIFY"]}'}]},
    ),
    changed("SearchIndexerFunctionOrders", "Properties", "StartingPosition", to="LATEST"),
    changed("SearchIndexerFunctionGroups", "Properties", "MaximumRetryAttempts", to=20),
    changed("SearchIndexerFunctionMessages", "Properties", "MaximumRecordAgeInSeconds", to=3600),
    without("SearchIndexerFunctionMessages"),
)
def test_search_follows_every_change(template: Template) -> Iterator[str]:
    """fault 49. Retries last for as long as the stream keeps records, if OpenSearch is down."""
    sources = {
        referred(source["EventSourceArn"]): source
        for _, source in stream_sources(template)
        if referred(source["FunctionName"]) == "SearchIndexerFunction"
    }
    for table in ("OrdersTable", "ImagesTable", "GroupsTable", "MessagesTable"):
        source = sources.get(table, {})
        if filters(source):
            yield f"search ignores some changes of {table}"
        if source.get("StartingPosition") != "TRIM_HORIZON":
            yield f"search ignores the first changes of {table}"
        if source.get("MaximumRetryAttempts") != 10_000:
            yield f"search may give up changes of {table} before an outage ends"
        if source.get("MaximumRecordAgeInSeconds", 0) < DAY - 2 * 3600:
            yield f"search gives up changes of {table} long before the stream deletes them"


@rule(
    changed(
        *(*SOURCE, "FilterCriteria", "Filters", 0, "Pattern"),
        to='{"eventName": ["INSERT", "MODIFY"]}',
    )
)
def test_only_new_orders_are_published(template: Template) -> Iterator[str]:
    """fault 25"""
    for name, source in stream_sources(template):
        if referred(source["FunctionName"]) == "OrdersPublisherFunction":
            names = [pattern["eventName"] for pattern in filters(source)]
            if names != [["INSERT"]]:
                yield f"{name} publishes an order on {names}"


@rule(
    changed(
        *("LivePushFunctionMessages", "Properties", "FilterCriteria", "Filters", 0, "Pattern"),
        to='{"eventName": ["INSERT", "REMOVE"]}',
    )
)
def test_only_new_messages_are_pushed(template: Template) -> Iterator[str]:
    for name, source in stream_sources(template):
        if _leads(source, "MessagesTable", to="LivePushFunction"):
            names = [pattern["eventName"] for pattern in filters(source)]
            if names != [["INSERT"]]:
                yield f"{name} pushes a message on {names}"


@rule(
    changed(
        *("LivePushFunctionImages", "Properties", "FilterCriteria", "Filters", 0, "Pattern"),
        to='{"eventName": ["MODIFY"]}',
    )
)
def test_only_processed_images_are_pushed(template: Template) -> Iterator[str]:
    processed = {
        "eventName": ["MODIFY"],
        "dynamodb": {"NewImage": {"status": {"S": ["READY", "FAILED"]}}},
    }
    for name, source in stream_sources(template):
        leads = _leads(source, "ImagesTable", to="LivePushFunction")
        if leads and filters(source) != [processed]:
            yield f"{name} pushes an image on {filters(source)}"


def _leads(source: dict[str, object], table: str, to: str) -> bool:
    return referred(source["EventSourceArn"]) == table and referred(source["FunctionName"]) == to
