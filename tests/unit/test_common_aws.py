"""Importing a function reads no environment variable of the template and creates no client."""

from __future__ import annotations

import subprocess
import sys

import pytest

from project import functions
from project.template import ROOT

# The X-Ray SDK creates a botocore client at import. It sends no requests.
IMPORT = """
import os, sys

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

from botocore.session import Session

create_client = Session.create_client

def no_client(session, service, **options):
    assert service == "xray", "a client was made at import"
    return create_client(session, service, **options)

Session.create_client = no_client

import app

assert callable(app.handler)
print(" ".join(sorted(read)))
"""


@pytest.mark.parametrize("name", functions.functions())
def test_importing_a_function_needs_no_environment(name: str) -> None:
    folders = [ROOT / "src" / name, ROOT / "layers" / "common"]
    code = f"import sys; sys.path[:0] = {[str(folder) for folder in folders]}\n{IMPORT}"

    imported = subprocess.run(
        [sys.executable, "-c", code], env={}, capture_output=True, text=True, check=False
    )

    assert imported.returncode == 0, imported.stderr
    variables = {name for name in functions.environment(name) if not name.startswith("POWERTOOLS_")}
    assert variables, f"template.yaml sets no variable for {name}, so this test proves nothing"
    assert variables.isdisjoint(imported.stdout.split())
