"""A line in the log of a function: of the function itself, or of Lambda about a failure."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

# What Lambda writes about each invocation.
_PLATFORM = re.compile(r"^(START|END|REPORT|INIT_START|INIT_REPORT|EXTENSION)\b")

# What every line has, or what is shown in another place.
_USUAL = {
    *("level", "message", "timestamp", "service", "location", "cold_start", "exception_name"),
    *("function_name", "function_memory_size", "function_arn", "function_request_id"),
    *("xray_trace_id", "stack_trace", "exception", "stackTrace", "requestId", "sampling_rate"),
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line, its time, and its additional fields. `detail` is an exception, in several lines."""

    time: datetime
    function: str
    level: str
    message: str
    fields: dict[str, Any] = field(default_factory=dict)
    detail: str = ""

    @classmethod
    def of(cls, function: str, milliseconds: int, text: str) -> LogLine | None:
        """Return the line in an event of CloudWatch Logs, or None if it is of no interest."""
        time = datetime.fromtimestamp(milliseconds / 1000, UTC)
        text = text.rstrip()
        try:
            content = json.loads(text)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            if not text or _PLATFORM.match(text):
                return None
            return cls(time, function, "ERROR", text)  # a traceback or a timeout
        if "_aws" in content:  # metrics
            return None
        if "type" in content and "record" in content:
            return cls._of_lambda(function, time, content["record"])
        return cls._of_function(function, time, content)

    @classmethod
    def _of_lambda(cls, function: str, time: datetime, record: Any) -> LogLine | None:
        status = record.get("status", "success") if isinstance(record, dict) else "success"
        if status == "success":
            return None
        return cls(time, function, "ERROR", f"the invocation ended with the status {status}")

    @classmethod
    def _of_function(cls, function: str, time: datetime, content: dict[str, Any]) -> LogLine:
        # The emulator stores the lines of an invocation when it ends, all with the same time.
        with suppress(KeyError, TypeError, ValueError):
            time = datetime.fromisoformat(content["timestamp"]).astimezone(UTC)
        detail = content.get("exception") or "\n".join(content.get("stackTrace") or ())
        message = str(content.get("message") or content.get("errorMessage") or "")
        fields = {n: v for n, v in content.items() if n not in _USUAL and v is not None}
        return cls(time, function, str(content.get("level", "INFO")), message, fields, str(detail))

    def has_level(self, lowest: str) -> bool:
        """Return whether the level is this one or a higher one."""
        known = self.level if self.level in LEVELS else "INFO"
        return LEVELS.index(known) >= LEVELS.index(lowest)
