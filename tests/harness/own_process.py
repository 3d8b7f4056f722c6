"""A command of make in a process of its own, with the stack of the tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from local.stack.local_stack import LocalStack
from project.template import ROOT

# A shell may have started the tests in the background, where Ctrl-C is ignored.
_PROGRAM = """
import signal, sys
from pathlib import Path
from {module} import main
from local.stack.local_stack import LocalStack

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(*{arguments}, stack=LocalStack(Path({directory!r}))))
"""


@contextmanager
def running(
    stack: LocalStack, module: str, *arguments: list[str], until: str
) -> Iterator[subprocess.Popen[str]]:
    """Run `main` of a module until it has printed a text, and kill it afterwards."""
    program = _PROGRAM.format(module=module, arguments=arguments, directory=str(stack.directory))
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        try:
            assert any(until in line for line in process.stdout), f"it ended without {until!r}"
            yield process
        finally:
            process.kill()
