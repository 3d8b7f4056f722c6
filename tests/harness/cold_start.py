"""What the import of a function does, observed in a new process, as at a cold start on Lambda."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

from project import functions
from project.template import ROOT

# A process per function, forked from one that has only imported what all functions import anyway.
# Importing that is most of the work. The X-Ray SDK creates a botocore client; it sends no requests.
_PROBE = """
import json, os, sys, traceback

class Watched(dict):
    def __getitem__(self, name):
        read.add(name)
        return super().__getitem__(name)

    def __contains__(self, name):
        read.add(name)
        return super().__contains__(name)

    def get(self, name, default=None):
        read.add(name)
        return super().get(name, default)

read = set()
os.environ = Watched()

import aws_lambda_powertools.logging, aws_lambda_powertools.metrics
from botocore.session import Session

create_client = Session.create_client

def no_client(session, service, **options):
    assert service == "xray", "a client was made at import"
    return create_client(session, service, **options)

Session.create_client = no_client

def imported():
    try:
        import app
        error = "" if callable(app.handler) else "app.handler is not a function"
    except BaseException:
        error = traceback.format_exc()
    return {"modules": sorted(sys.modules), "variables": sorted(read), "error": error}

layer, *folders = sys.argv[1:]
for folder in folders:
    receiver, sender = os.pipe()
    if not os.fork():
        sys.path[:0] = [folder, layer]
        with open(sender, "w") as output:
            json.dump(imported(), output)
        os._exit(0)
    os.close(sender)
    with open(receiver) as written:
        print(written.read())
    os.wait()
"""


@dataclass(frozen=True)
class Import:
    """The modules that are imported afterwards, the variables that were read, and the failure."""

    modules: set[str]
    variables: set[str]
    error: str


def imported(function_name: str) -> Import:
    """Import `app` of a function in a new process without environment variables."""
    return _imports()[function_name]


@cache
def _imports() -> dict[str, Import]:
    names = functions.functions()
    folders = [ROOT / "layers" / "common", *(ROOT / "src" / name for name in names)]
    probe = subprocess.run(
        [sys.executable, "-c", _PROBE, *map(str, folders)],
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    found = map(json.loads, probe.stdout.splitlines())
    return {
        name: Import(set(each["modules"]), set(each["variables"]), each["error"])
        for name, each in zip(names, found, strict=True)
    }
