"""The logs of functions, when the emulator reads them slowly because it is busy."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import run

INVOKE = """
import io, json, queue, time, zipfile
from types import SimpleNamespace
from ministack.core import lambda_runtime

CODE = '''
import os, time

def handler(event, _):
    print("first")
    time.sleep(0.5)
    print("last", event, flush=True)
    if event == "crash":
        os._exit(1)
'''

class Slow(queue.Queue):
    def put(self, line):
        time.sleep(0.1)
        super().put(line)

lambda_runtime.queue = SimpleNamespace(Queue=Slow, Empty=queue.Empty)
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as files:
    files.writestr("app.py", CODE)
arn = "arn:aws:lambda:us-east-1:000000000000:function:name"
config = {"Runtime": "python3.13", "Handler": "app.handler", "FunctionArn": arn}
environment = lambda_runtime.Worker("name", config, archive.getvalue())
logs = [environment.invoke(number, "id")["log"] for number in (0, 1, "crash")]
environment.kill()
print(json.dumps(logs))
"""


def logs_of_three_invocations(changes: str = "") -> list[str]:
    """Return their logs, after these changes to the emulator. The last one ends its process."""
    logs: list[str] = run(f"{changes}{INVOKE}")
    return logs


@pytest.mark.slow
def test_the_log_of_an_invocation_has_all_of_its_lines() -> None:
    logs = logs_of_three_invocations("import function_logs")

    assert logs == ["first\nlast 0", "first\nlast 1", "first\nlast crash"]
