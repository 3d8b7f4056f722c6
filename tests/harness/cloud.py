"""The resources that orders need, as moto emulates them."""

from __future__ import annotations

import json
from typing import Any

from common import aws, orders
from project import functions
from project.contract import events
from project.fake_aws import create_table


class Cloud:
    """The orders' resources and their contents."""

    def __init__(self) -> None:
        functions.forget_clients()
        for table in ("OrdersTable", "IdempotencyTable"):
            create_table(table)
        for queue in ("OrdersDeadLetterQueue", "LiveQueue", "Events", "Emails"):
            aws.sqs().create_queue(QueueName=queue)
        self.events_topic = self._topic("OrderEvents", queue="Events")
        self.notifications_topic = self._topic("OrderNotifications", queue="Emails")

    def order(self, order_id: str) -> orders.Order | None:
        """Return the stored order, or None."""
        answer = aws.dynamodb().get_item(TableName="OrdersTable", Key={"orderID": {"S": order_id}})
        return orders.Order.from_item(answer["Item"]) if "Item" in answer else None

    def stored(self) -> list[dict[str, Any]]:
        """Return all items of the orders table."""
        return aws.dynamodb().scan(TableName="OrdersTable")["Items"]

    def dead_letters(self) -> list[dict[str, Any]]:
        """Return all messages of the dead-letter queue."""
        return self._received("OrdersDeadLetterQueue")

    def live_events(self) -> list[dict[str, Any]]:
        """Return the events that a function sent to the queue of live events."""
        return [json.loads(message["Body"]) for message in self._received("LiveQueue")]

    def events(self) -> list[dict[str, Any]]:
        """Return all notifications of the events topic, as a subscribed queue receives them."""
        received = [json.loads(message["Body"]) for message in self._received("Events")]
        for each in received:
            assert events.problems(json.loads(each["Message"])) == []
        return received

    def emails(self) -> list[dict[str, Any]]:
        """Return all notifications of the email topic, as a subscribed queue receives them."""
        return [json.loads(message["Body"]) for message in self._received("Emails")]

    def bus_with_archive(self, pattern: dict[str, Any]) -> str:
        """Create an event bus that keeps the events of a pattern, and return its name."""
        created = aws.events().create_event_bus(Name="OrderEventBus")
        aws.events().create_archive(
            ArchiveName="archive",
            EventSourceArn=created["EventBusArn"],
            EventPattern=json.dumps(pattern),
        )
        return "OrderEventBus"

    def archived_events(self) -> int:
        """Return how many events the bus has kept."""
        return aws.events().describe_archive(ArchiveName="archive")["EventCount"]

    def _topic(self, name: str, queue: str) -> str:
        topic = aws.sns().create_topic(Name=name)["TopicArn"]
        arn = f"arn:aws:sqs:us-east-1:123456789012:{queue}"
        aws.sns().subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return topic

    def _received(self, queue: str) -> list[dict[str, Any]]:
        messages: list[Any] = []
        while (
            received := aws.sqs()
            .receive_message(
                QueueUrl=queue,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            .get("Messages")
        ):
            messages += received
        return messages
