"""One invocation in a new process that may have no more memory than the function on Lambda.

The limit is RLIMIT_DATA: the memory that a process and its threads reserve for writing. The limit
of the address space (RLIMIT_AS) also counts what is reserved and never used, such as 64 MB for each
thread, so it says nothing about the memory that Lambda counts. What is measured is the peak of the
resident memory (VmHWM) of the process and, added to it, of its child processes. RLIMIT_DATA holds
for each process alone, so this sum is what the tests compare with the template.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from project import functions
from project.template import ROOT

# What the runtime does around a handler, too: it reads the event and writes the response. Requests
# have more time than on Lambda, because the machine may be slow, and memory is what is measured.
_INVOCATION = """
import json, os, re, resource, sys
from pathlib import Path
from types import SimpleNamespace

from botocore.httpsession import URLLib3Session

create = URLLib3Session.__init__
URLLib3Session.__init__ = lambda *args, **options: create(*args, **options | {"timeout": 60})

limit, context = json.loads(sys.argv[1])
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

import app

context = SimpleNamespace(**context, get_remaining_time_in_millis=lambda: 60_000)
response = app.handler(json.load(sys.stdin), context)
sent = json.dumps(response, ensure_ascii=False).encode()

tasks = Path("/proc/self/task").glob("*/children")
children = [int(pid) for task in tasks for pid in task.read_text().split()]
statuses = [Path(f"/proc/{pid}/status").read_text() for pid in (os.getpid(), *children)]
peaks = [1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) for status in statuses]
print()
print(json.dumps({"peak": sum(peaks), "sent": len(sent), "response": response}))
sys.stdout.flush()
for pid in children:
    os.kill(pid, 9)
os._exit(0)
"""


@dataclass(frozen=True, slots=True)
class Invocation:
    """The peak of the memory and the length of the response, in bytes, and the response."""

    peak: int
    sent: int
    response: Any


def memory_size(function_name: str) -> int:
    """The bytes of memory that the template gives to a function."""
    megabytes: int = functions.resource(functions.logical_id(function_name))["MemorySize"]
    return megabytes * 1024 * 1024


def invoke(function_name: str, event: Any, environment: dict[str, str]) -> Invocation:
    """Invoke a function in a new process with the memory of the template."""
    folders = [ROOT / "src" / function_name, ROOT / "layers" / "common"]
    context = {name: v for name, v in vars(functions.context()).items() if not callable(v)}
    run = subprocess.run(
        [sys.executable, "-c", _INVOCATION, json.dumps([memory_size(function_name), context])],
        input=json.dumps(event, ensure_ascii=False).encode(),
        env=os.environ
        | functions.environment(function_name)
        | {"PYTHONPATH": os.pathsep.join(map(str, folders))}
        | environment,
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, (run.stdout[-2000:] + run.stderr[-2000:]).decode()
    return Invocation(**json.loads(run.stdout.splitlines()[-1]))
