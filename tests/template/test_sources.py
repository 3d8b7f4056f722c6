"""Event sources: each ends in a dead-letter queue or a failure destination, and says how."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from local.template import Template
from tests.template.convention import changed, convention, referred, resources, without

DAY = 24 * 3600

QUEUE_SOURCE = ("OrdersWriterFunctionQueue", "Properties")
STREAM_SOURCE = ("OrdersPublisherFunctionStream", "Properties")

# What is found again has to follow whatever changes.
EVERY_CHANGE = {"SearchIndexerFunction"}


@convention(
    without(*QUEUE_SOURCE, "FunctionResponseTypes"),
    without(*STREAM_SOURCE, "FunctionResponseTypes"),
)
def test_every_source_takes_back_only_what_failed(template: Template) -> Iterator[str]:
    for name, source in resources(template, "AWS::Lambda::EventSourceMapping"):
        if source.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name} repeats a whole batch for one record"


@convention(without("OrdersQueue", "Properties", "RedrivePolicy"))
def test_every_queue_source_ends_in_a_dead_letter_queue(template: Template) -> Iterator[str]:
    for name, _, queue in queue_sources(template):
        if "RedrivePolicy" not in queue:
            yield f"the queue of {name} has no dead-letter queue"


@convention(
    changed("OrdersQueue", "Properties", "VisibilityTimeout", to=180),
    changed("OrdersWriterFunction", "Properties", "Timeout", to=31),
    changed(*QUEUE_SOURCE, "MaximumBatchingWindowInSeconds", to=2),
)
def test_a_message_stays_hidden_while_its_function_may_work(template: Template) -> Iterator[str]:
    """Six times the timeout and the window: Lambda guide, "Configuring an SQS event source"."""
    for name, source, queue in queue_sources(template):
        function = template["Resources"][referred(source["FunctionName"])]["Properties"]
        needed = 6 * function["Timeout"] + source.get("MaximumBatchingWindowInSeconds", 0)
        if queue.get("VisibilityTimeout", 30) < needed:
            yield f"messages of {name} reappear before {needed} s"


@convention(
    without(*QUEUE_SOURCE, "ScalingConfig"),
    changed(*QUEUE_SOURCE, "ScalingConfig", "MaximumConcurrency", to="10"),
)
def test_every_queue_source_bounds_its_concurrency(template: Template) -> Iterator[str]:
    for name, source, _ in queue_sources(template):
        # The emulator keeps a string a string, so a parameter cannot stand here.
        if not isinstance(source.get("ScalingConfig", {}).get("MaximumConcurrency"), int):
            yield f"{name} may take the account's whole concurrency"


@convention(
    changed("OrdersDeadLetterQueue", "Properties", "MessageRetentionPeriod", to=4 * DAY),
    without("OrdersDeadLetterQueue", "Properties", "MessageRetentionPeriod"),
    changed("OrdersQueue", "Properties", "MessageRetentionPeriod", to=14 * DAY),
)
def test_a_dead_letter_queue_keeps_14_days_and_its_source_less(
    template: Template,
) -> Iterator[str]:
    """A message's age counts from its first queue (SQS guide, "Using dead-letter queues")."""
    for name, queue in resources(template, "AWS::SQS::Queue"):
        if "RedrivePolicy" in queue:
            target = dead_letter_queue(queue)
            kept = template["Resources"][target]["Properties"].get("MessageRetentionPeriod")
            if kept != 14 * DAY:
                yield f"{target} keeps {kept} s"
            elif queue.get("MessageRetentionPeriod", 4 * DAY) >= kept:
                yield f"what comes late from {name} is gone from {target} at once"


@convention(
    changed("OrdersDeadLetterAlarm", "Properties", "MetricName", to="NumberOfMessagesSent"),
    changed("OrdersDeadLetterAlarm", "Properties", "Threshold", to=2),
    changed(
        *("OrdersDeadLetterAlarm", "Properties", "Dimensions", 0, "Value"),
        to={"Fn::GetAtt": ["OrdersQueue", "QueueName"]},
    ),
)
def test_every_dead_letter_queue_has_an_alarm(template: Template) -> Iterator[str]:
    watched = {
        referred(dimension["Value"])
        for _, alarm in resources(template, "AWS::CloudWatch::Alarm")
        # NumberOfMessagesSent does not count what SQS itself moves to the queue.
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        and alarm["Threshold"] == 1
        for dimension in alarm["Dimensions"]
    }
    for _, queue in resources(template, "AWS::SQS::Queue"):
        if "RedrivePolicy" in queue and dead_letter_queue(queue) not in watched:
            yield f"nobody hears of what lies in {dead_letter_queue(queue)}"


@convention(
    without(*STREAM_SOURCE, "BisectBatchOnFunctionError"),
    without(*STREAM_SOURCE, "MaximumRetryAttempts"),
    changed(*STREAM_SOURCE, "MaximumRetryAttempts", to=-1),
    without(*STREAM_SOURCE, "MaximumRecordAgeInSeconds"),
    changed(*STREAM_SOURCE, "MaximumRecordAgeInSeconds", to=2 * DAY),
)
def test_a_record_that_always_fails_does_not_hold_up_the_stream(
    template: Template,
) -> Iterator[str]:
    """fault 24. A stream forgets after a day, so a record must fail for good before."""
    for name, source in stream_sources(template):
        if not source.get("BisectBatchOnFunctionError"):
            yield f"{name} gives up a whole batch for one record"
        if source.get("MaximumRetryAttempts", -1) < 0:
            yield f"{name} retries without end"
        if not 0 < source.get("MaximumRecordAgeInSeconds", -1) < DAY:
            yield f"{name} retries records until the stream loses them"


@convention(
    without(*STREAM_SOURCE, "DestinationConfig"),
    changed(
        *(*STREAM_SOURCE, "DestinationConfig", "OnFailure", "Destination"),
        to={"Fn::GetAtt": ["OrdersDeadLetterQueue", "Arn"]},
    ),
    without("FailedEventsBucket", "Properties", "NotificationConfiguration"),
)
def test_every_stream_source_ends_in_a_bucket_that_tells(template: Template) -> Iterator[str]:
    """fault 24. To S3 Lambda sends the records whole, to SQS and SNS only where they were."""
    buckets = dict(resources(template, "AWS::S3::Bucket"))
    for name, source in stream_sources(template):
        destination = source.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        bucket = buckets.get(referred(destination) or "")
        if bucket is None:
            yield f"{name} loses the records that it gives up"
        elif not bucket.get("NotificationConfiguration", {}).get("TopicConfigurations"):
            yield f"nobody hears of the records that {name} gives up"


@convention(
    without(*STREAM_SOURCE, "FilterCriteria"),
    changed(*STREAM_SOURCE, "FilterCriteria", "Filters", 0, "Pattern", to='{"dynamodb": {}}'),
)
def test_every_stream_source_says_which_changes_it_is_for(template: Template) -> Iterator[str]:
    for name, source in stream_sources(template):
        patterns = filters(source)
        if referred(source["FunctionName"]) in EVERY_CHANGE:
            continue
        if not patterns or not all("eventName" in pattern for pattern in patterns):
            yield f"{name} is invoked for every change of an item"


@convention(
    changed(
        *("SearchIndexerFunctionGroups", "Properties", "EventSourceArn"),
        to={"Fn::GetAtt": ["OrdersTable", "StreamArn"]},
    )
)
def test_no_stream_has_more_than_two_readers(template: Template) -> Iterator[str]:
    """More are throttled (DynamoDB guide, "Change data capture for DynamoDB Streams")."""
    read = Counter(referred(source["EventSourceArn"]) for _, source in stream_sources(template))
    yield from (f"the stream of {name} has {n} readers" for name, n in read.items() if n > 2)


@convention(
    changed(
        *("SearchIndexerFunctionImages", "Properties", "FilterCriteria"),
        to={"Filters": [{"Pattern": '{"eventName": ["INSERT", "MODIFY"]}'}]},
    ),
    changed("SearchIndexerFunctionOrders", "Properties", "StartingPosition", to="LATEST"),
    changed("SearchIndexerFunctionGroups", "Properties", "MaximumRetryAttempts", to=20),
    changed("SearchIndexerFunctionMessages", "Properties", "MaximumRecordAgeInSeconds", to=3600),
    without("SearchIndexerFunctionMessages"),
)
def test_search_follows_every_change_of_what_is_found(template: Template) -> Iterator[str]:
    """fault 49. However long OpenSearch is away, within what a stream keeps."""
    sources = {
        referred(source["EventSourceArn"]): source
        for _, source in stream_sources(template)
        if referred(source["FunctionName"]) == "SearchIndexerFunction"
    }
    for table in ("OrdersTable", "ImagesTable", "GroupsTable", "MessagesTable"):
        source = sources.get(table, {})
        if filters(source):
            yield f"some changes of {table} are not found"
        if source.get("StartingPosition") != "TRIM_HORIZON":
            yield f"the first changes of {table} are not found"
        if source.get("MaximumRetryAttempts") != 10_000:
            yield f"retries of {table} end before an outage does"
        if source.get("MaximumRecordAgeInSeconds", 0) < DAY - 2 * 3600:
            yield f"records of {table} are given up before they must be"


@convention(
    changed(
        *(*STREAM_SOURCE, "FilterCriteria", "Filters", 0, "Pattern"),
        to='{"eventName": ["INSERT", "MODIFY"]}',
    )
)
def test_only_a_new_order_is_published(template: Template) -> Iterator[str]:
    """fault 25"""
    for name, source in stream_sources(template):
        if referred(source["FunctionName"]) == "OrdersPublisherFunction":
            names = [pattern["eventName"] for pattern in filters(source)]
            if names != [["INSERT"]]:
                yield f"{name} publishes on {names}"


@convention(
    changed(
        "Added",
        to={
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "Protocol": "lambda",
                "Endpoint": {"Fn::GetAtt": ["OrdersWriterFunction", "Arn"]},
            },
        },
    )
)
def test_what_sns_cannot_hand_to_a_function_is_kept(template: Template) -> Iterator[str]:
    """Lambda tries an asynchronous invocation three times and then drops it."""
    kept = {
        referred(config["FunctionName"])
        for _, config in resources(template, "AWS::Lambda::EventInvokeConfig")
        if "OnFailure" in config.get("DestinationConfig", {})
    } | {
        name
        for name, function in resources(template, "AWS::Lambda::Function")
        if "DeadLetterConfig" in function
    }
    for name, subscription in resources(template, "AWS::SNS::Subscription"):
        function = referred(subscription["Endpoint"])
        if subscription["Protocol"] == "lambda" and function not in kept:
            yield f"an event of {name} is lost when {function} fails"


def queue_sources(template: Template) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The event source mappings of queues, with the queue's properties."""
    queues = dict(resources(template, "AWS::SQS::Queue"))
    for name, source in resources(template, "AWS::Lambda::EventSourceMapping"):
        queue = queues.get(referred(source["EventSourceArn"]) or "")
        if queue is not None:
            yield name, source, queue


def stream_sources(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """The event source mappings of tables' streams."""
    for name, source in resources(template, "AWS::Lambda::EventSourceMapping"):
        if source["EventSourceArn"].get("Fn::GetAtt", ["", ""])[1] == "StreamArn":
            yield name, source


def dead_letter_queue(queue: dict[str, Any]) -> str:
    """The logical id of a queue's dead-letter queue."""
    name = referred(queue["RedrivePolicy"]["deadLetterTargetArn"])
    assert name is not None
    return name


def filters(source: dict[str, Any]) -> list[dict[str, Any]]:
    """The event patterns of a source, read."""
    criteria = source.get("FilterCriteria", {}).get("Filters", [])
    return [json.loads(criterion["Pattern"]) for criterion in criteria]
