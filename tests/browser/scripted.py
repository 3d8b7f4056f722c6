"""A user in front of a web client whose API is a script of the test."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.customer import Customer
from tests.harness.scripted_api import ScriptedApi


@dataclass
class Scripted:
    """A customer whose API is a script: no stack is needed."""

    customer: Customer
    api: ScriptedApi

    def signs_in(self, heading: str = "Orders") -> None:
        self.customer.visits()
        self.customer.signs_in()
        self.customer.sees(heading)
