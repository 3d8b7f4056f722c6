"""The program that runs in the process of a Python function, which other modules change.

Upstream: no, it only helps these modules.
"""

from ministack.core import lambda_runtime


def replace(text: str, by: str) -> None:
    """Replace a text that is in the program once. Raises LookupError otherwise."""
    program = lambda_runtime._PYTHON_WORKER_SCRIPT
    if program.count(text) != 1:
        raise LookupError(f"the emulator has another program for functions, without {text!r}")
    lambda_runtime._PYTHON_WORKER_SCRIPT = program.replace(text, by)
