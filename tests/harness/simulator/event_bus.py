"""EventBridge: it accepts and rejects entries as on AWS, and records them for the test."""

from __future__ import annotations

import json
from typing import Any

from project.contract import events
from tests.harness.simulator.faults import Faults, error

ENTRY_BYTES = 262_144  # of a request (user guide, "Calculating event entry size")

BUS = "OrderEventBus"


class EventBus:
    """A client for putting events. `put` contains the entries that were accepted."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.put: list[dict[str, Any]] = []
        self.hopeless: set[str] = set()
        """The orderIDs that the bus always refuses."""

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        def put() -> dict[str, Any]:
            if not 1 <= len(Entries) <= 10 or sum(map(_size, Entries)) > ENTRY_BYTES:
                raise error("ValidationException", "PutEvents")
            if any(entry["EventBusName"] != BUS for entry in Entries):
                raise error("AccessDeniedException", "PutEvents")
            results = [self._put(entry) for entry in Entries]
            failed = sum("ErrorCode" in each for each in results)
            return {"FailedEntryCount": failed, "Entries": results}

        return self._faults.around("PutEvents", put, partial=True)

    def events(self) -> list[dict[str, Any]]:
        """Return the events on the bus."""
        return [json.loads(entry["Detail"]) for entry in self.put]

    def _put(self, entry: dict[str, Any]) -> dict[str, Any]:
        event = json.loads(entry["Detail"])
        assert events.problems(event) == []
        refused = self._faults.entry_refused("PutEvents")
        if refused or event["data"]["orderID"] in self.hopeless:
            return {"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}
        self.put.append(entry)
        return {"EventId": str(len(self.put))}


def _size(entry: dict[str, Any]) -> int:
    return sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
