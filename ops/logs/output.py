"""Lines as `make logs` prints them: coloured on a terminal."""

from __future__ import annotations

import sys

from ops.dead_letters.output import printable
from ops.logs.lines import LogLine

_COLOURS = {"DEBUG": "2", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}
_QUIET = "2"


def print_line(line: LogLine) -> None:
    """Print one line, and an exception below it."""
    time = coloured(f"{line.time:%H:%M:%S}.{line.time.microsecond // 1000:03}", _QUIET)
    level = coloured(f"{line.level:<8}", _COLOURS.get(line.level, ""))
    text = " ".join([line.message, *(f"{name}={value}" for name, value in line.fields.items())])
    print(f"{time}  {line.function:<17} {level} {printable(text)}", flush=True)
    for each in line.detail.splitlines():
        print(f"    {printable(each)}")


def coloured(text: str, colour: str) -> str:
    """Return the text in a colour of terminals, if the output is one."""
    return f"\033[{colour}m{text}\033[0m" if colour and sys.stdout.isatty() else text
