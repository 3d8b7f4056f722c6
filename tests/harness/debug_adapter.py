"""A client of the Debug Adapter Protocol, as an editor is."""

from __future__ import annotations

import itertools
import json
import socket
from pathlib import Path
from typing import Any, Self

_SECONDS = 60


class Debugger:
    """An editor that is attached to a debugger's port, with breakpoints."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        self._stream = self._socket.makefile("rwb")
        self._numbers = itertools.count(1)
        self._events: list[dict[str, Any]] = []
        self._frame = 0

    @classmethod
    def attach(cls, port: int, breakpoints: dict[Path, list[int]]) -> Self:
        """Attach, set breakpoints at lines of files, and let the function run."""
        debugger = cls(port)
        debugger._request("initialize", adapterID="test", pathFormat="path")
        attaching = debugger._send("attach", justMyCode=True)
        debugger.wait_for("initialized")
        for file, lines in breakpoints.items():
            answer = debugger._request(
                "setBreakpoints",
                source={"path": str(file)},
                breakpoints=[{"line": line} for line in lines],
            )
            assert all(each["verified"] for each in answer["breakpoints"]), answer
        debugger._request("configurationDone")
        debugger._answer(attaching)
        return debugger

    def wait_for(self, event: str) -> dict[str, Any]:
        """Return the next event of this kind."""
        while True:
            for each in self._events:
                if each["event"] == event:
                    self._events.remove(each)
                    return each.get("body") or {}
            self._receive()

    def stopped_at(self) -> tuple[str, int]:
        """Wait until the function stops. Returns the file and the line."""
        thread = self.wait_for("stopped")["threadId"]
        [frame, *_] = self._request("stackTrace", threadId=thread)["stackFrames"]
        self._frame = frame["id"]
        return frame["source"]["path"], frame["line"]

    def value(self, expression: str) -> str:
        """Return the value of an expression where the function has stopped, as text."""
        answer = self._request("evaluate", expression=expression, frameId=self._frame)
        return str(answer["result"])

    def go_on(self) -> None:
        """Continue after a stop."""
        self._request("continue", threadId=0)

    def close(self) -> None:
        """Detach: the function goes on without a debugger."""
        self._request("disconnect", terminateDebuggee=False)
        self._stream.close()
        self._socket.close()

    def _request(self, command: str, **arguments: Any) -> dict[str, Any]:
        return self._answer(self._send(command, **arguments))

    def _send(self, command: str, **arguments: Any) -> int:
        number = next(self._numbers)
        request = {"seq": number, "type": "request", "command": command, "arguments": arguments}
        content = json.dumps(request).encode()
        self._stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        self._stream.flush()
        return number

    def _answer(self, number: int) -> dict[str, Any]:
        while (message := self._receive()).get("request_seq") != number:
            pass
        assert message["success"], message
        return message.get("body") or {}

    def _receive(self) -> dict[str, Any]:
        length = 0
        while line := self._stream.readline().strip():
            name, _, value = line.partition(b":")
            if name == b"Content-Length":
                length = int(value)
        assert length, "the debugger has closed the connection"
        message: dict[str, Any] = json.loads(self._stream.read(length))
        if message["type"] == "event":
            self._events.append(message)
        return message
