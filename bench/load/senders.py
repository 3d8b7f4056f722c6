"""Where the orders come from: this machine, or functions of a stack of its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.config import Config

from bench.load import sender
from bench.load.limits import Load
from local.api_user import ApiUser
from ops.stack import DeployedStack

STACK = "storefront-load-senders"

_FOLDER = Path(__file__).parent
# The client waits longer than a function may run, and never repeats what has been sent.
_PATIENT = Config(read_timeout=910, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class Sent:
    """What the senders report. `accepted` has the items of the accepted orders, by orderID."""

    accepted: dict[str, list[str]]
    statuses: Counter[str]
    milliseconds: Counter[int]
    seconds: float

    @classmethod
    def of(cls, reports: dict[str, dict[str, Any]]) -> Sent:
        """Add up the reports of senders, by their names."""
        statuses: Counter[str] = Counter()
        milliseconds: Counter[int] = Counter()
        accepted: dict[str, list[str]] = {}
        for name, report in reports.items():
            statuses.update(report["statuses"])
            milliseconds.update({int(k): count for k, count in report["milliseconds"].items()})
            failed = set(report["failed"])
            for number in set(range(report["numbers"])) - failed:
                accepted[sender.order_id(name, number)] = [sender.item(name, number)]
        seconds = max(report["seconds"] for report in reports.values())
        return cls(accepted, statuses, milliseconds, seconds)

    @property
    def orders(self) -> int:
        """How many orders were sent."""
        return self.statuses.total()

    def percentile(self, share: float) -> int:
        """Return the milliseconds within which this share of the requests was answered."""
        seen = 0
        for milliseconds, count in sorted(self.milliseconds.items()):
            seen += count
            if seen >= share * self.orders:
                return milliseconds
        return 0


def send_from_here(load: Load, users: dict[str, ApiUser]) -> Sent:
    """Send all orders from this machine."""
    return _send(load, users, lambda event: sender.send(**event))


def send_from_functions(stack: DeployedStack, load: Load, users: dict[str, ApiUser]) -> Sent:
    """Send the orders from one function per user, in a stack that is deleted afterwards."""
    with _functions(stack) as name:
        invoker = stack.client("lambda", config=_PATIENT)

        def invoke(event: dict[str, Any]) -> dict[str, Any]:
            answer = invoker.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            report: dict[str, Any] = json.loads(answer["Payload"].read())
            if "FunctionError" in answer:
                raise RuntimeError(f"a sender failed: {report}")
            return report

        return _send(load, users, invoke)


def _send(load: Load, users: dict[str, ApiUser], send: Any) -> Sent:
    events = [
        {
            "url": user.api,
            "token": user.id_token,
            "name": name,
            "rate": load.rate / load.parts,
            "seconds": load.seconds,
        }
        for name, user in users.items()
    ]
    with ThreadPoolExecutor(len(events)) as threads:
        return Sent.of(dict(zip(users, threads.map(send, events), strict=True)))


@contextmanager
def _functions(stack: DeployedStack) -> Iterator[str]:
    """The function of the senders during the context."""
    cloudformation = stack.client("cloudformation")
    code = (_FOLDER / "sender.py").read_text()
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=(_FOLDER / "template.yaml").read_text(),
        Parameters=[{"ParameterKey": "Code", "ParameterValue": code}],
        Capabilities=["CAPABILITY_IAM"],
    )
    try:
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=STACK, WaiterConfig={"Delay": 2})
        [described] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        [output] = described["Outputs"]
        yield output["OutputValue"]
    finally:
        cloudformation.delete_stack(StackName=STACK)
