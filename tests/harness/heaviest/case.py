"""One case: what is sent to a function, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.harness.heaviest.services import Answer


@dataclass(frozen=True, slots=True)
class Case:
    """An event, the services' answers by operation, and changed environment variables."""

    event: dict[str, Any]
    answers: dict[str, Answer] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
