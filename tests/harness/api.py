"""Requests of the API to a function, without a gateway."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from project.functions import context, function


@dataclass
class ApiResponse:
    """A function's response to a request of the API, with its body parsed."""

    status: int
    body: Any

    def without_form(self) -> ApiResponse:
        """This response without its upload form, which is signed again in each second."""
        return replace(self, body={**self.body, "upload": None})


def answer(name: str, request: dict[str, Any]) -> ApiResponse:
    """Send a request of the API to a function. Returns the parsed response."""
    answered = function(name).handler(request, context(name))
    return ApiResponse(answered["statusCode"], json.loads(answered["body"] or "null"))
