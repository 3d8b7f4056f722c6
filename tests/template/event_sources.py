"""The event source mappings of queues and streams, as the rules look at them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from project.template import Template
from tests.template.rules import referred, resources

DAY = 24 * 3600
"""Seconds. A stream keeps its records for a day."""


def queue_sources(template: Template) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return the event source mappings of queues, with the properties of the queue."""
    queues = dict(resources(template, "AWS::SQS::Queue"))
    for name, source in resources(template, "AWS::Lambda::EventSourceMapping"):
        queue = queues.get(referred(source["EventSourceArn"]) or "")
        if queue is not None:
            yield name, source, queue


def stream_sources(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the event source mappings of tables' streams."""
    for name, source in resources(template, "AWS::Lambda::EventSourceMapping"):
        if source["EventSourceArn"].get("Fn::GetAtt", ["", ""])[1] == "StreamArn":
            yield name, source


def dead_letter_queue(queue: dict[str, Any]) -> str:
    """Return the logical id of the dead-letter queue of a queue."""
    name = referred(queue["RedrivePolicy"]["deadLetterTargetArn"])
    assert name is not None, f"not a queue of the template: {queue['RedrivePolicy']}"
    return name


def filters(source: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the event patterns of an event source mapping."""
    criteria = source.get("FilterCriteria", {}).get("Filters", [])
    return [json.loads(criterion["Pattern"]) for criterion in criteria]
