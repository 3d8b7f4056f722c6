"""make debug: a function of each kind stops at a breakpoint, spoken to as an editor does."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import debugpy
import pytest

from local.api_user import ApiUser
from local.debug.debugging import PortTaken, debugged
from local.development import sessions
from local.development.functions import ALIAS, Functions, UnknownFunction
from local.development.sessions import Session
from local.emulator_clients import Outputs, client
from local.stack.local_stack import LocalStack
from local.stack.ports import free_port
from local.stack_probe import StackProbe, wait_for
from project.template import ROOT
from tests.harness.debug_adapter import Debugger
from tests.harness.own_process import running

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("stops functions"),
]


def session(function: str, port: int) -> Session:
    packages = str(Path(debugpy.__file__).parents[1])
    return Session(str(ROOT), os.getpid(), function, port, packages)


@contextmanager
def stopping(outputs: Outputs, function: str, code: str) -> Iterator[tuple[Debugger, int]]:
    """Debug a function, with a breakpoint at the line of its handler file with this code.

    Returns the debugger and the number of the line.
    """
    file = ROOT / "src" / function / "app.py"
    [line] = [n for n, text in enumerate(file.read_text().splitlines(), 1) if text.strip() == code]
    port = free_port(0)
    with debugged(Functions(outputs), session(function, port)):
        debugger = Debugger.attach(port, {file: [line]})
        try:
            yield debugger, line
        finally:
            debugger.close()


def until_stopped_with(text: str, expression: str, debugger: Debugger) -> tuple[str, int]:
    """Let batches of other tests go on, until an expression contains the text."""
    while (stopped := debugger.stopped_at()) and text not in debugger.value(expression):
        debugger.go_on()
    return stopped


class Live:
    """The version of a function that the stack invokes, by its alias."""

    def __init__(self, outputs: Outputs, function: str) -> None:
        self._lambda, self._function = client("lambda", outputs), function

    def configure(self, **settings: int) -> None:
        self._lambda.update_function_configuration(FunctionName=self._function, **settings)
        version = self._lambda.publish_version(FunctionName=self._function)["Version"]
        self._lambda.update_alias(FunctionName=self._function, Name=ALIAS, FunctionVersion=version)


def test_a_function_of_the_api_stops_longer_than_its_timeout(
    outputs: Outputs, api_user: ApiUser
) -> None:
    functions = Functions(outputs)
    deployed = functions.deployed()["groups"]
    live = Live(outputs, deployed["FunctionName"])
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(api_user.request("GET", "/groups/none").status)

    code = "return groups().get(group_id.lower()).to_json()"
    live.configure(Timeout=1)
    try:
        with stopping(outputs, "groups", code) as (debugger, line):
            asking = threading.Thread(target=ask)
            asking.start()
            stopped = debugger.stopped_at()
            group = debugger.value("group_id")
            began = time.monotonic()
            wait_for("the timeout", lambda: time.monotonic() > began + 1.5)
            debugger.go_on()
            asking.join()
    finally:
        live.configure(Timeout=deployed["Timeout"])

    assert stopped == (str(ROOT / "src/groups/app.py"), line)
    assert group == "'none'"
    assert statuses == [404]


def test_a_request_at_the_start_of_the_session_stops_too(
    outputs: Outputs, api_user: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = threading.Thread(target=lambda: api_user.request("GET", "/groups/none"))
    record = sessions.record

    def record_before_a_request(directory: Path, session: Session) -> None:
        record(directory, session)
        asking.start()
        wait_for("the debugger", lambda: free_port(session.debugger_port) != session.debugger_port)

    monkeypatch.setattr(sessions, "record", record_before_a_request)
    code = "return groups().get(group_id.lower()).to_json()"
    with stopping(outputs, "groups", code) as (debugger, line):
        stopped = debugger.stopped_at()
        debugger.go_on()
        asking.join()

    assert stopped == (str(ROOT / "src/groups/app.py"), line)


def test_a_function_of_a_queue_stops(
    outputs: Outputs, api_user: ApiUser, probe: StackProbe
) -> None:
    with stopping(outputs, "orders_writer", "start = time.time()") as (debugger, line):
        order_id = api_user.request("POST", "/orders", {"item": "tea"}).body["orderID"]
        expression = "[each['messageAttributes']['orderID']['stringValue'] for each in records]"
        stopped = until_stopped_with(order_id, expression, debugger)
        assert probe.stored(order_id) is None
        debugger.go_on()
        wait_for("the order", lambda: probe.stored(order_id))

    assert stopped == (str(ROOT / "src/orders_writer/app.py"), line)


def test_a_function_of_a_stream_stops(
    outputs: Outputs, api_user: ApiUser, probe: StackProbe
) -> None:
    order_id = str(uuid.uuid4())
    code = "before = progress().get(changed)"
    with stopping(outputs, "orders_publisher", code) as (debugger, line):
        api_user.request("PUT", f"/orders/{order_id}", {"item": "tea"})
        expression = "[each.orderID for each in changed.values()]"
        stopped = until_stopped_with(order_id, expression, debugger)
        assert probe.notifications(order_id) == []
        debugger.go_on()
        wait_for("the email", lambda: probe.notifications(order_id))

    assert stopped == (str(ROOT / "src/orders_publisher/app.py"), line)


def test_the_port_is_closed_afterwards_and_no_other_address_is_open(outputs: Outputs) -> None:
    port = free_port(0)

    with debugged(Functions(outputs), session("groups", port)):
        listening = listeners(port)

    assert listening == {"127.0.0.1"}
    wait_for("the end of the debugger", lambda: not listeners(port))


def listeners(port: int) -> set[str]:
    """The addresses of this machine that listen on a port."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, number = local.rpartition(":")
            if state == "0A" and int(number, 16) == port:
                found.add("127.0.0.1" if address == "0100007F" else address)
    return found


def test_a_taken_port_and_an_unknown_function_are_told(outputs: Outputs) -> None:
    taken = int(outputs["GatewayUrl"].rpartition(":")[2])

    with (
        pytest.raises(PortTaken, match=f"port {taken} is taken"),
        debugged(Functions(outputs), session("groups", taken)),
    ):
        pass
    with (
        pytest.raises(UnknownFunction, match="choose from authorizer, "),
        debugged(Functions(outputs), session("writer", free_port(0))),
    ):
        pass


def test_a_function_whose_make_debug_was_killed_answers_again(
    stack: LocalStack, api_user: ApiUser
) -> None:
    port = free_port(0)
    arguments = ["groups", "--port", str(port)]

    with running(stack, "local.debug.__main__", arguments, until="waits for a debugger") as debug:
        debug.kill()

    assert api_user.request("GET", "/groups/none").status == 404
